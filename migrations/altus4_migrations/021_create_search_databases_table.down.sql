DROP TABLE search_databases;
