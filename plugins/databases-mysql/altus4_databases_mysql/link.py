"""How to reach a registered database: from its row to connection options."""

from collections.abc import Mapping
from typing import Any, cast

import attrs
from altus4_mysql import (
    TLS_MODES,
    ConnectOptions,
    InvalidOptions,
    Limits,
    PoolSettings,
    SessionOptions,
    TLSMode,
    TLSOptions,
)

from altus4_core.stored import Database
from altus4_core.vault import CredentialVault, SecretPlace
from altus4_databases_mysql.faults import failure
from altus4_databases_mysql.settings import DatabasesMySQLSettings

TABLE = "databases"
PASSWORD_COLUMN = "password_encrypted"  # noqa: S105 - the name of a column
KEY_COLUMN = "connection_config.clientKey"

SYSTEM_SCHEMAS = frozenset({"mysql", "information_schema", "performance_schema", "sys"})


@attrs.frozen
class Link:
    """Everything a pool needs. Holds the password, so it is never printed."""

    options: ConnectOptions = attrs.field(repr=False)
    pool: PoolSettings
    schema: str


def password_place(database_id: str, user_id: str) -> SecretPlace:
    """Say where a database's password is stored."""
    return SecretPlace(TABLE, PASSWORD_COLUMN, database_id, user_id)


def key_place(database_id: str, user_id: str) -> SecretPlace:
    """Say where the private key of a database's client certificate is stored."""
    return SecretPlace(TABLE, KEY_COLUMN, database_id, user_id)


def tls_mode(database: Database) -> TLSMode:
    """Give the TLS mode: the row's own, else what its `ssl_enabled` stands for.

    Raises:
        TargetFailed: the row holds a mode that does not exist (`INVALID_OPTIONS`).
    """
    mode = shown_tls_mode(database)
    if mode not in TLS_MODES:
        raise failure("INVALID_OPTIONS")
    return cast("TLSMode", mode)


def shown_tls_mode(database: Database) -> str:
    """Give what the row says, right or wrong."""
    return str(database.config.get("tlsMode") or ("verify-identity" if database.ssl_enabled else "disabled"))


def make_link(database: Database, vault: CredentialVault, settings: DatabasesMySQLSettings) -> Link:
    """Build the options of connections to a database. Pure computation.

    Raises:
        TargetFailed: `CREDENTIALS_UNREADABLE`, `NOT_ALLOWED` (a system schema) or `INVALID_OPTIONS`.
    """
    if database.database_name.casefold() in SYSTEM_SCHEMAS:
        raise failure("NOT_ALLOWED")
    config = database.config
    password = vault.decrypt(database.password_encrypted, password_place(database.id, database.user_id))
    sealed_key = config.get("clientKey")
    key = vault.decrypt(sealed_key, key_place(database.id, database.user_id)) if sealed_key else None
    pool = _mapping(config.get("pool"))
    extra = _mapping(config.get("options"))
    try:
        options = ConnectOptions(
            host=database.host,
            port=database.port,
            user=database.username,
            password=password,
            database=database.database_name,
            tls=TLSOptions(tls_mode(database), config.get("ca") or None, config.get("clientCert") or None, key),
            # Whether a loopback address may be reached at all is the operator's decision, judged elsewhere.
            loopback_key=True,
            connect_timeout=_milliseconds(extra, "connectTimeoutMs", settings.connect_timeout),
            query_timeout=_milliseconds(pool, "queryTimeoutMs", settings.query_timeout),
            limits=Limits(max_response_bytes=settings.max_response_bytes, max_rows=settings.max_rows),
            session=SessionOptions(read_only=True),
        )
        size = min(int(pool.get("size", settings.pool_size)), settings.pool_size_limit)
        pool_settings = PoolSettings(
            size=max(size, 1),
            max_waiters=settings.max_waiters,
            acquire_timeout=_milliseconds(pool, "acquireTimeoutMs", settings.acquire_timeout),
            idle_timeout=_milliseconds(pool, "idleTimeoutMs", settings.idle_timeout),
        )
    except (InvalidOptions, ValueError, TypeError) as error:
        raise failure("INVALID_OPTIONS") from error
    return Link(options, pool_settings, database.database_name)


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _milliseconds(values: Mapping[str, Any], name: str, default: float) -> float:
    """Give a time in seconds; the row may shorten what the operator set, never lengthen it."""
    value = values.get(name)
    return default if value is None else min(float(value) / 1000, default)
