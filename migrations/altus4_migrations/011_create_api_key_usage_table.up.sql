-- How often each key was used in each hour (UTC), beside the totals in api_keys.
CREATE TABLE api_key_usage (
  key_id CHAR(36) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  used_hour DATETIME NOT NULL,
  requests INT NOT NULL DEFAULT 0,

  PRIMARY KEY (key_id, used_hour),

  FOREIGN KEY (key_id) REFERENCES api_keys(id) ON DELETE CASCADE
) ENGINE = InnoDB DEFAULT CHARACTER SET = utf8mb4 COLLATE = utf8mb4_unicode_ci;
