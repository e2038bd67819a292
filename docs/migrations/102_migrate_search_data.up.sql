-- A change of data. It fills only what is not filled, so running it again changes nothing. The old column stays: gateways
-- that are still running write it. It goes in a later file, when none does.
ALTER TABLE searches ADD COLUMN search_metadata JSON NULL;

UPDATE searches
SET search_metadata = JSON_OBJECT(
  'legacy_params', JSON_EXTRACT(search_params, '$'),
  'migrated_at', DATE_FORMAT(UTC_TIMESTAMP(), '%Y-%m-%dT%H:%i:%sZ')
)
WHERE search_params IS NOT NULL AND search_metadata IS NULL;
