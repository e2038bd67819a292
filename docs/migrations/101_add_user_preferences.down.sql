ALTER TABLE users
  DROP INDEX idx_users_timezone,
  DROP COLUMN preferences,
  DROP COLUMN timezone;
