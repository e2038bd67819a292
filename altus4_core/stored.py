"""Records of what the metadata store keeps: users, API keys, databases, searches, daily metrics."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

import attrs

from altus4_core.records import Environment, RateLimit


@attrs.frozen
class User:
    """An account. `password` is a password hash, never the password; empty means no password login."""

    id: str
    email: str
    name: str
    password: str = attrs.field(repr=False, default="")
    role: str = "user"
    created_at: datetime | None = None
    updated_at: datetime | None = None


@attrs.frozen
class Session:
    """A login. `generation` counts its refresh tokens: only the newest one is good.

    It ends at `expires_at`, whatever is refreshed, or earlier at `revoked_at`.
    """

    id: str
    user_id: str
    created_at: datetime
    last_used_at: datetime
    expires_at: datetime
    generation: int = 1
    ip: str | None = None
    revoked_at: datetime | None = None


@attrs.frozen
class ApiKey:
    """An API key as stored: the hash of the whole key, never the key.

    `allowed_ips` are CIDR ranges it may be used from, `databases` ids it is confined to (None: no confinement).
    `retired_at` is when a key that was rotated stops working; unlike `expires_at` nobody can move it.
    """

    id: str
    user_id: str
    key_prefix: str
    key_hash: str = attrs.field(repr=False)
    name: str
    environment: Environment = "test"
    permissions: frozenset[str] = frozenset({"search"})
    rate_limit_tier: str = "free"
    rate_limit_custom: RateLimit | None = None
    expires_at: datetime | None = None
    last_used: datetime | None = None
    last_used_ip: str | None = None
    usage_count: int = 0
    is_active: bool = True
    created_at: datetime | None = None
    updated_at: datetime | None = None
    allowed_ips: tuple[str, ...] | None = None
    databases: tuple[str, ...] | None = None
    retired_at: datetime | None = None


@attrs.frozen
class Database:
    """A tenant's connected database. `password_encrypted` is ciphertext; `config` holds further options.

    `version` changes whenever the row does: caches and pools are keyed by (id, version).
    """

    id: str
    user_id: str
    name: str
    host: str
    port: int
    database_name: str
    username: str
    password_encrypted: str = attrs.field(repr=False, default="")
    ssl_enabled: bool = False
    config: Mapping[str, Any] = attrs.field(factory=dict)
    kind: str = "mysql"
    is_active: bool = True
    last_connected: datetime | None = None
    created_at: datetime | None = None
    updated_at: datetime | None = None
    version: int = 1


@attrs.frozen
class SearchedDatabase:
    """One of several databases of a search, or the only one of a search if it has been removed since."""

    id: str
    status: str = "ok"
    result_count: int = 0
    execution_time_ms: int = 0


@attrs.frozen
class SearchRow:
    """One logged search.

    `database_id` is None when several databases were searched: then `databases` has them; and when the only one has
    been removed since: then `databases` has that one. `error_code` is the code of the answer to a search that failed,
    None of one that was answered, with or without results.
    """

    id: str
    user_id: str
    query: str
    search_mode: str
    created_at: datetime
    database_id: str | None = None
    search_params: Mapping[str, Any] | None = None
    result_count: int = 0
    execution_time_ms: int = 0
    categories: Any = None
    api_key_id: str | None = None
    request_id: str = ""
    environment: str | None = None
    databases: tuple[SearchedDatabase, ...] = ()
    error_code: str | None = None


@attrs.frozen
class AuditEntry:
    """What somebody did or tried. Entries are never changed, and outlive the account that they speak of.

    `user_id` is whose entry it is (None: nobody's who is known), `scheme` and `credential_id` what they came with.
    `action` is `kind.verb`; `result` is `success`, `denied` (401, 403, 429) or `failed`, `status` the HTTP status.
    """

    id: str
    at: datetime
    action: str
    result: str
    request_id: str = ""
    status: int = 0
    user_id: str | None = None
    scheme: str = ""
    credential_id: str | None = None
    object_kind: str = ""
    object_id: str | None = None
    ip: str | None = None
    details: Mapping[str, Any] | None = None


@attrs.frozen
class MetricRow:
    """One aggregated figure of one user and UTC day."""

    id: str
    user_id: str
    day: date
    name: str
    data: Any
