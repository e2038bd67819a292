DROP TABLE search_events;
