ALTER TABLE searches
  DROP INDEX idx_request_id,
  DROP INDEX idx_user_id,
  ADD INDEX idx_user_id (user_id),
  DROP COLUMN environment,
  DROP COLUMN request_id,
  DROP COLUMN api_key_id,
  DROP COLUMN mode_name;
