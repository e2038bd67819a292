-- Columns with an index, in one statement: the server does all of it or nothing. START TRANSACTION would not help,
-- since every statement that changes tables is committed by itself.
ALTER TABLE users
  ADD COLUMN preferences JSON NULL,
  ADD COLUMN timezone VARCHAR(50) DEFAULT 'UTC',
  ADD INDEX idx_users_timezone (timezone);
