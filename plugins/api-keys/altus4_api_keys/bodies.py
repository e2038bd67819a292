"""Requests and answers of the keys resource."""

from datetime import datetime
from typing import Any, Literal

import attrs

from altus4_api_keys.terms import MOST_DATABASES, MOST_NETWORKS, MOST_RATE, NAME_LENGTH, KeyTerms
from altus4_core.records import RateLimit
from altus4_core.schema.decode import UNSET, Unset, field
from altus4_core.stored import ApiKey

Environment = Literal["test", "live"]
Permission = Literal["search", "analytics", "admin"]
Tier = Literal["free", "pro", "enterprise"]

LONGEST_GRACE = 604_800  # seconds: a week

_NAME = f"{NAME_LENGTH[0]} to {NAME_LENGTH[1]} characters."
_NETWORKS = "Addresses or CIDR ranges the key may be used from; absent: everywhere."
_DATABASES = "Ids of databases the key is confined to; absent: all of the user's."
_EXPIRES = "When the key stops working: in the future, at most 2038-01-19T03:14:07Z."


@attrs.frozen
class CustomLimit:
    """A limit of its own."""

    requests_per_hour: int = field(doc="Requests per hour.", min=1, max=MOST_RATE)
    burst: int = field(doc="Requests that may come at once.", min=1, max=MOST_RATE)

    def rate(self) -> RateLimit:
        """Give it as the core's record."""
        return RateLimit(self.requests_per_hour, self.burst)


@attrs.frozen
class CreateBody:
    """A new key."""

    name: str = field(doc=_NAME)
    environment: Environment = field("test", doc="Which databases the key may reach.")
    permissions: tuple[Permission, ...] = field(("search",), doc="What the key may do.", min_length=1, max_length=10)
    rate_limit_tier: Tier | None = field(None, doc="free unless an administrator asks for more.")
    rate_limit_custom: CustomLimit | None = field(None, doc="Overrides the tier; administrators only.")
    expires_at: datetime | None = field(None, doc=_EXPIRES)
    allowed_ips: tuple[str, ...] | None = field(None, doc=_NETWORKS, min_length=1, max_length=MOST_NETWORKS)
    databases: tuple[str, ...] | None = field(None, doc=_DATABASES, min_length=1, max_length=MOST_DATABASES)

    def terms(self) -> KeyTerms:
        """Give the terms asked for."""
        return KeyTerms(
            self.name,
            self.environment,
            self.permissions,
            self.rate_limit_tier or "free",
            self.rate_limit_custom.rate() if self.rate_limit_custom else None,
            self.expires_at,
            self.allowed_ips,
            self.databases,
        )


@attrs.frozen
class UpdateBody:
    """What to change about a key; what is absent stays, `null` clears."""

    name: str | Unset = field(UNSET, doc=_NAME)
    environment: Environment | Unset = field(UNSET, doc="Cannot change: it is part of the key's text.")
    permissions: tuple[Permission, ...] | Unset = field(UNSET, doc="What the key may do.", min_length=1, max_length=10)
    rate_limit_tier: Tier | Unset = field(UNSET, doc="Administrators only, unless free.")
    rate_limit_custom: CustomLimit | Unset | None = field(UNSET, doc="Overrides the tier; administrators only.")
    expires_at: datetime | Unset | None = field(UNSET, doc=_EXPIRES)
    allowed_ips: tuple[str, ...] | Unset | None = field(UNSET, doc=_NETWORKS, min_length=1, max_length=MOST_NETWORKS)
    databases: tuple[str, ...] | Unset | None = field(UNSET, doc=_DATABASES, min_length=1, max_length=MOST_DATABASES)

    def terms(self, key: ApiKey) -> KeyTerms:
        """Give the terms that result for a key."""
        custom = self.rate_limit_custom
        return KeyTerms(
            _or(self.name, key.name),
            _or(self.environment, key.environment),
            _or(self.permissions, tuple(key.permissions)),
            _or(self.rate_limit_tier, key.rate_limit_tier),
            custom.rate() if isinstance(custom, CustomLimit) else _or(custom, key.rate_limit_custom),
            _or(self.expires_at, key.expires_at),
            _or(self.allowed_ips, key.allowed_ips),
            _or(self.databases, key.databases),
        )


def _or(value: Any, otherwise: Any) -> Any:
    return otherwise if isinstance(value, Unset) else value


@attrs.frozen
class RegenerateBody:
    """How a key is replaced."""

    grace_period_seconds: int = field(0, doc="Seconds for which the old key goes on working.", min=0, max=LONGEST_GRACE)


@attrs.frozen
class SetupBody:
    """The first key of a user."""

    name: str = field("Initial API key", doc=_NAME)
    environment: Environment = field("test", doc="Which databases the key may reach.")


@attrs.frozen
class UsageQuery:
    """Which figures."""

    days: int = field(30, doc="Whole UTC days back from and including today.", min=1, max=365)


@attrs.frozen(kw_only=True)
class KeyData:
    """A key as its owner sees it."""

    id: str
    name: str
    key_prefix: str
    environment: Environment
    permissions: tuple[Permission, ...]
    rate_limit_tier: Tier
    usage_count: int
    is_active: bool
    created_at: datetime | None = None
    updated_at: datetime | None = None
    rate_limit_custom: CustomLimit | None = None
    expires_at: datetime | None = None
    last_used: datetime | None = None
    last_used_ip: str | None = None
    allowed_ips: tuple[str, ...] | None = None
    databases: tuple[str, ...] | None = None


@attrs.frozen(kw_only=True)
class OneKey(KeyData):
    """A key, flat and again under `api_key`."""

    api_key: KeyData


@attrs.frozen(kw_only=True)
class NewKeyData(OneKey):
    """A key just made: `secret_key` is shown this once; `key` is the part that may be shown."""

    key: str
    secret_key: str
    warning: str
    old_key_id: str | None = None


@attrs.frozen
class KeyList:
    """Active keys, newest first; with header `X-Altus4-Compat: sdk` the bare array."""

    api_keys: tuple[KeyData, ...]
    total: int


@attrs.frozen
class Revoked:
    """A key that is revoked."""

    key_id: str
    message: str


@attrs.frozen
class DayCount:
    """Requests of one UTC day."""

    date: str
    request_count: int


@attrs.frozen
class LimitStatus:
    """What may be done right now: `remaining` requests at once, all of the burst again at `reset_time`."""

    tier: str
    remaining: int
    reset_time: datetime


@attrs.frozen
class UsageFigures:
    """How a key was used. `request_count` since it was made; `daily` has every day asked for."""

    api_key_id: str
    request_count: int
    rate_limit_status: LimitStatus
    daily: tuple[DayCount, ...]
    last_used: datetime | None = None


@attrs.frozen
class UsageData:
    """The figures, and the most wanted ones flat. `quota_used` counts this UTC hour against `quota_limit`."""

    usage: UsageFigures
    key_id: str
    total_requests: int
    requests_this_month: int
    rate_limit_tier: str
    quota_used: int
    quota_limit: int


@attrs.frozen
class SetupStatus:
    """Whether a user has keys yet."""

    has_api_keys: bool
    api_key_count: int
    setup_required: bool


@attrs.frozen
class ManagementHealth:
    """Whether keys can be managed."""

    status: str
    timestamp: datetime
