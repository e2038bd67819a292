ALTER TABLE searches DROP COLUMN search_metadata;
