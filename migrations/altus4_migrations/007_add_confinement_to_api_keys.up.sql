-- Where a key may be used from, what it is confined to, and when a rotated key ends for good.
-- retired_at has microseconds: the grace of a rotated key ends at an exact moment.
ALTER TABLE api_keys
  ADD COLUMN allowed_ips JSON NULL,
  ADD COLUMN confined_to JSON NULL,
  ADD COLUMN retired_at TIMESTAMP(6) NULL;
