"""What is told to a session before its first use, and what its greeting tells."""

from .driver import Flavour
from .options import SessionOptions


def flavour_of(version: str) -> Flavour:
    """`mariadb` when the version text says so."""
    return "mariadb" if "mariadb" in version.lower() else "mysql"


def clean_version(version: str) -> str:
    """MariaDB 10 and 11 say `5.5.5-10.11.6-MariaDB`, lest old replicas stumble."""
    return version.removeprefix("5.5.5-")


def session_statement(options: SessionOptions, flavour: Flavour) -> str:
    """The one SET statement of a new session: one round trip.

    Args:
        options: validated when built, hence safe to put between quotes.
        flavour: MariaDB before 11.1 knows `tx_read_only` and `tx_isolation` only, MySQL 8 and later the others.
    """
    parts = [
        "NAMES utf8mb4",
        f"sql_mode='{options.sql_mode}'",
        "autocommit=1",
        f"time_zone='{options.time_zone}'",
    ]
    if options.read_only:
        parts.append("tx_read_only=1" if flavour == "mariadb" else "transaction_read_only=1")
    if options.repeatable_read:
        name = "tx_isolation" if flavour == "mariadb" else "transaction_isolation"
        parts.append(f"{name}='REPEATABLE-READ'")
    return "SET " + ", ".join(parts)
