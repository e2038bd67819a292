"""Altus 4 plugin: customers' MySQL and MariaDB databases."""

from altus4_databases_mysql.plugin import DatabasesMySQL

__all__ = ["DatabasesMySQL"]
