ALTER TABLE `databases` DROP INDEX idx_databases_user_active_name, ALGORITHM = INPLACE, LOCK = NONE;

ALTER TABLE api_keys
  DROP INDEX idx_api_keys_active_tier,
  DROP INDEX idx_api_keys_usage,
  ALGORITHM = INPLACE, LOCK = NONE;

ALTER TABLE searches DROP INDEX idx_searches_user_created, ALGORITHM = INPLACE, LOCK = NONE;
