-- Who did what to which object, from where, with which result. Rows are added and, when old, cleared away; never changed.
-- No foreign key: an entry outlives the account that it speaks of.
CREATE TABLE audit_log (
  id CHAR(36) CHARACTER SET ascii COLLATE ascii_bin PRIMARY KEY,
  serial BIGINT UNSIGNED NOT NULL AUTO_INCREMENT,
  created_at DATETIME(6) NOT NULL,
  user_id VARCHAR(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NULL,
  scheme VARCHAR(64) NOT NULL DEFAULT '',
  credential_id VARCHAR(255) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NULL,
  action VARCHAR(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
  object_kind VARCHAR(64) NOT NULL DEFAULT '',
  object_id VARCHAR(255) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NULL,
  ip VARCHAR(45) NULL,
  result VARCHAR(16) NOT NULL,
  status SMALLINT NOT NULL DEFAULT 0,
  request_id VARCHAR(64) NOT NULL DEFAULT '',
  details JSON NULL,

  UNIQUE KEY unique_serial (serial),
  INDEX idx_user_id (user_id, created_at),
  INDEX idx_created_at (created_at)
) ENGINE = InnoDB DEFAULT CHARACTER SET = utf8mb4 COLLATE = utf8mb4_unicode_ci;
