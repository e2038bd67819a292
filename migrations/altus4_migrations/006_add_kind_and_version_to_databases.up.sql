-- Which plugin opens a row, and a number that changes with it: caches and pools are keyed by (id, row_version).
ALTER TABLE `databases`
  ADD COLUMN kind VARCHAR(32) CHARACTER SET ascii COLLATE ascii_bin NOT NULL DEFAULT 'mysql',
  ADD COLUMN row_version INT NOT NULL DEFAULT 1;
