"""Backups of the metadata schema: taking, checking, keeping and restoring them."""
