ALTER TABLE searches DROP COLUMN error_code;
