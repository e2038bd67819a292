-- The code of the answer to a search that failed; NULL: it was answered, with or without results.
-- Neither server adds a column at once to a table with a FULLTEXT index: the table is written anew, and rows that come
-- meanwhile wait with their gateways, on disk if need be.
ALTER TABLE searches
  ADD COLUMN error_code VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NULL;
