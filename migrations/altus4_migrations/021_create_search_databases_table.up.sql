-- The databases of searches over several, whose database_id is NULL. No foreign key to databases: what was searched
-- stays so when the database goes.
CREATE TABLE search_databases (
  search_id CHAR(36) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  database_id CHAR(36) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  status VARCHAR(16) CHARACTER SET ascii COLLATE ascii_bin NOT NULL DEFAULT 'ok',
  result_count INT NOT NULL DEFAULT 0,
  execution_time_ms INT NOT NULL DEFAULT 0,

  PRIMARY KEY (search_id, database_id),

  FOREIGN KEY (search_id) REFERENCES searches(id) ON DELETE CASCADE
) ENGINE = InnoDB DEFAULT CHARACTER SET = utf8mb4 COLLATE = utf8mb4_unicode_ci;
