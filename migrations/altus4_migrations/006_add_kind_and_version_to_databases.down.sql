ALTER TABLE `databases` DROP COLUMN kind, DROP COLUMN row_version;
