-- The order in which keys were made: created_at knows seconds only.
ALTER TABLE api_keys
  ADD COLUMN serial BIGINT UNSIGNED NOT NULL AUTO_INCREMENT,
  ADD UNIQUE KEY unique_serial (serial);
