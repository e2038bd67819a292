ALTER TABLE api_keys DROP COLUMN allowed_ips, DROP COLUMN confined_to, DROP COLUMN retired_at;
