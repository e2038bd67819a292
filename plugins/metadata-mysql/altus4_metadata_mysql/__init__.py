"""The metadata store in MySQL or MariaDB."""

from altus4_metadata_mysql.plugin import MetadataMySQL

__all__ = ["MetadataMySQL"]
