-- Composite indexes for frequent questions. ALGORITHM and LOCK make the server refuse rather than lock the table.
ALTER TABLE searches
  ADD INDEX idx_searches_user_created (user_id, created_at),
  ALGORITHM = INPLACE, LOCK = NONE;

ALTER TABLE api_keys
  ADD INDEX idx_api_keys_usage (usage_count, last_used),
  ADD INDEX idx_api_keys_active_tier (is_active, rate_limit_tier),
  ALGORITHM = INPLACE, LOCK = NONE;

ALTER TABLE `databases`
  ADD INDEX idx_databases_user_active_name (user_id, is_active, name),
  ALGORITHM = INPLACE, LOCK = NONE;
