-- What a row of the log could not say: by which key and request, in which environment, in which mode of a plugin.
-- The index begins with user_id as before, and serves every report that looks at some days of one user.
ALTER TABLE searches
  ADD COLUMN mode_name VARCHAR(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NULL,
  ADD COLUMN api_key_id CHAR(36) CHARACTER SET ascii COLLATE ascii_bin NULL,
  ADD COLUMN request_id VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL DEFAULT '',
  ADD COLUMN environment ENUM('test', 'live') NULL,
  ADD INDEX idx_request_id (request_id),
  DROP INDEX idx_user_id,
  ADD INDEX idx_user_id (user_id, created_at);
