"""What the operations under `/api/v1/databases` take and give."""

from datetime import datetime
from typing import Any, Literal

import attrs

from altus4_core.schema.field import UNSET, Unset, field
from altus4_databases_mysql.terms import (
    LONGEST_NAME,
    LONGEST_PASSWORD,
    LONGEST_PEM,
    LONGEST_SCHEMA,
    LONGEST_USER,
    POOL_RANGES,
)

Mode = Literal["disabled", "required", "verify-ca", "verify-identity"]
Environments = tuple[Literal["test", "live"], ...]


def _pool(name: str, doc: str) -> Any:
    low, high = POOL_RANGES[name]
    return field(None, doc=doc, min=low, max=high)


@attrs.frozen
class PoolBody:
    """Bounds of the connection pool; the operator's own bounds hold as well. Times in milliseconds."""

    size: int | None = _pool("size", "Connections at once.")
    acquire_timeout_ms: int | None = _pool("acquireTimeoutMs", "Longest wait for a connection.")
    query_timeout_ms: int | None = _pool("queryTimeoutMs", "Longest time of one statement.")
    idle_timeout_ms: int | None = _pool("idleTimeoutMs", "Time until an unused connection is closed.")

    def given(self) -> dict[str, int]:
        """Give what was given, by its name in JSON."""
        values = {
            "size": self.size,
            "acquireTimeoutMs": self.acquire_timeout_ms,
            "queryTimeoutMs": self.query_timeout_ms,
            "idleTimeoutMs": self.idle_timeout_ms,
        }
        return {name: value for name, value in values.items() if value is not None}


@attrs.frozen
class ConnectBody:
    """A database to connect."""

    name: str = field(doc="What it is called in answers.", min_length=1, max_length=LONGEST_NAME)
    host: str = field(doc="Host name or address.", min_length=1, max_length=LONGEST_NAME)
    database: str = field(doc="The schema.", min_length=1, max_length=LONGEST_SCHEMA)
    username: str = field(
        doc="An account that may SELECT there and nothing else.", min_length=1, max_length=LONGEST_USER
    )
    password: str = field(doc="Its password; may be empty.", max_length=LONGEST_PASSWORD, repr=False)
    port: int = field(3306, doc="TCP port.", min=1, max=65535)
    ssl: bool | None = field(None, doc="true: tlsMode verify-identity; false: disabled. tlsMode wins.")
    tls_mode: Mode | None = field(None, doc="How the connection is encrypted; required when neither is given.")
    ca: str | None = field(None, doc="PEM text of the CA that the server's certificate is of.", max_length=LONGEST_PEM)
    client_cert: str | None = field(None, doc="PEM text of a client certificate.", max_length=LONGEST_PEM)
    client_key: str | None = field(None, doc="PEM text of its private key.", max_length=LONGEST_PEM, repr=False)
    pool: PoolBody | None = field(None, doc="Bounds of the connection pool.")
    environments: Environments | None = field(
        None, doc="Which keys may reach it; both when absent.", min_length=1, max_length=2
    )
    options: dict[str, Any] | None = field(None, doc="Further options: connectTimeoutMs.")


@attrs.frozen
class ChangeBody:
    """What to change. New host, port, user or TLS need the password again."""

    name: str | None = field(None, doc="New name.", min_length=1, max_length=LONGEST_NAME)
    host: str | None = field(None, doc="New host.", min_length=1, max_length=LONGEST_NAME)
    port: int | None = field(None, doc="New port.", min=1, max=65535)
    database: str | None = field(None, doc="New schema.", min_length=1, max_length=LONGEST_SCHEMA)
    username: str | None = field(None, doc="New account.", min_length=1, max_length=LONGEST_USER)
    password: str | None = field(None, doc="Its password.", max_length=LONGEST_PASSWORD, repr=False)
    ssl: bool | None = field(None, doc="true: tlsMode verify-identity; false: disabled. tlsMode wins.")
    tls_mode: Mode | None = field(None, doc="New TLS mode.")
    ca: str | Unset | None = field(UNSET, doc="New CA; null clears.", max_length=LONGEST_PEM)
    client_cert: str | Unset | None = field(UNSET, doc="New certificate; null clears.", max_length=LONGEST_PEM)
    client_key: str | Unset | None = field(
        UNSET, doc="Its private key; null clears.", max_length=LONGEST_PEM, repr=False
    )
    pool: PoolBody | Unset | None = field(UNSET, doc="New bounds of the pool; null gives the defaults.")
    environments: Environments | None = field(None, doc="Which keys may reach it.", min_length=1, max_length=2)
    options: dict[str, Any] | Unset | None = field(UNSET, doc="New options; null clears.")


@attrs.frozen
class ConnectionData:
    """A connected database. The password never leaves."""

    id: str
    name: str
    host: str
    port: int
    database: str
    username: str
    ssl: bool
    tls_mode: str
    is_active: bool
    status: str
    environments: tuple[str, ...]
    pool: dict[str, int]
    last_connected: datetime | None = None
    created_at: datetime | None = None
    updated_at: datetime | None = None


@attrs.frozen
class SchemaQuery:
    """How to show the schema."""

    format: Literal["array", "object"] = field("array", doc="array of tables, or an object {database, tables}.")


@attrs.frozen
class TestData:
    """What a test of the connection found."""

    connected: bool
    message: str
    response_time: float = field(doc="Round trip of a trivial statement, milliseconds.")
    grants: tuple[str, ...] = field(doc="As the server shows them, without password hashes.")
    warnings: tuple[dict[str, Any], ...] = field(doc="What is missing or dangerous: {code, message, ...}.")
    version: str | None = None


@attrs.frozen
class PoolData:
    """The pool's counts of this moment, in this process."""

    total_connections: int
    active_connections: int
    idle_connections: int
    queued_requests: int


@attrs.frozen
class RefreshData:
    """Whether the schema was read again, or is being read."""

    status: Literal["refreshed", "refreshing"]


@attrs.frozen
class Done:
    """It is done."""

    success: bool = True


@attrs.frozen
class EstimateData:
    """What carrying an advice out takes; `bytes` of disk, negative: given back. `basis` is the arithmetic."""

    rows: int
    seconds: float
    bytes: int
    basis: str


@attrs.frozen
class AdviceItem:
    """One piece of advice; `ddl` is for whoever may change the table, the gateway never runs it."""

    type: Literal["missing", "incomplete", "duplicate", "overlapping", "unused", "cjkParser", "collation"]
    table: str
    columns: tuple[str, ...]
    description: str
    impact: Literal["high", "medium", "low"]
    ddl: tuple[str, ...]
    index: str | None = None
    estimate: EstimateData | None = None


@attrs.frozen
class AdviceData:
    """Advice on the FULLTEXT indexes of a database, what matters most first."""

    database: str
    read_at: datetime
    tables: int
    advice: tuple[AdviceItem, ...]
    warnings: tuple[dict[str, Any], ...]
