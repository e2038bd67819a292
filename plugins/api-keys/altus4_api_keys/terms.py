"""What a key allows: the terms somebody asks for, whether they make sense, and the row that results."""

import uuid
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Final, cast

import attrs

from altus4_api_keys import keyformat
from altus4_api_keys.networks import read_network
from altus4_core.errors import FieldProblem, ValidationFailed
from altus4_core.names import name_problems
from altus4_core.records import Environment, RateLimit
from altus4_core.stored import ApiKey

PERMISSIONS: Final = ("search", "analytics", "admin")
ENVIRONMENTS: Final = ("test", "live")
TIERS: Final = ("free", "pro", "enterprise")
NAME_LENGTH: Final = (3, 255)
LAST_EXPIRY: Final = datetime(2038, 1, 19, 3, 14, 7, tzinfo=UTC)  # the last moment a TIMESTAMP column can hold
MOST_RATE: Final = 1_000_000_000
MOST_NETWORKS: Final = 100
MOST_DATABASES: Final = 1_000


@attrs.frozen
class KeyTerms:
    """What is asked for. None means no expiry, no custom limit, no confinement."""

    name: str
    environment: str = "test"
    permissions: Sequence[str] = ("search",)
    tier: str = "free"
    custom: RateLimit | None = None
    expires_at: datetime | None = None
    allowed_ips: Sequence[str] | None = None
    databases: Sequence[str] | None = None

    @classmethod
    def of(cls, key: ApiKey) -> "KeyTerms":
        """Read the terms of a key."""
        return cls(
            key.name,
            key.environment,
            tuple(key.permissions),
            key.rate_limit_tier,
            key.rate_limit_custom,
            key.expires_at,
            key.allowed_ips,
            key.databases,
        )

    def checked(self, now: datetime) -> "KeyTerms":
        """Give the same terms in their stored form: trimmed, without duplicates, networks written out.

        Raises:
            ValidationFailed: naming every member that is wrong.
        """
        problems = [*self._problems(), *expiry_problems(self.expires_at, now)]
        networks: list[str] = []
        for index, text in enumerate(self.allowed_ips or ()):
            try:
                networks.append(str(read_network(text)))
            except ValueError:
                message = "not an address or CIDR range, for example 203.0.113.0/24 or 2001:db8::/32"
                problems.append(FieldProblem(f"allowedIps[{index}]", message, "invalid_network"))
        if problems:
            raise ValidationFailed.of(problems)
        return attrs.evolve(
            self,
            name=self.name.strip(),
            permissions=tuple(known for known in PERMISSIONS if known in self.permissions),
            expires_at=None if self.expires_at is None else whole_seconds(self.expires_at),
            allowed_ips=None if self.allowed_ips is None else tuple(dict.fromkeys(networks)),
            databases=None if self.databases is None else tuple(dict.fromkeys(self.databases)),
        )

    def _problems(self) -> Iterator[FieldProblem]:
        yield from name_problems("name", self.name.strip(), *NAME_LENGTH)
        if self.environment not in ENVIRONMENTS:
            yield FieldProblem("environment", f"must be one of {', '.join(ENVIRONMENTS)}", "not_allowed")
        if not self.permissions:
            yield FieldProblem("permissions", "must name at least one permission", "empty")
        for index, permission in enumerate(self.permissions):
            if permission not in PERMISSIONS:
                yield FieldProblem(f"permissions[{index}]", f"must be one of {', '.join(PERMISSIONS)}", "not_allowed")
        if self.tier not in TIERS:
            yield FieldProblem("rateLimitTier", f"must be one of {', '.join(TIERS)}", "not_allowed")
        if self.custom is not None:
            for member, value in (
                ("requestsPerHour", self.custom.requests_per_hour),
                ("burst", self.custom.burst),
            ):
                if not 1 <= value <= MOST_RATE:
                    yield FieldProblem(f"rateLimitCustom.{member}", f"must be 1 to {MOST_RATE}", "range")
        if self.allowed_ips is not None and not 1 <= len(self.allowed_ips) <= MOST_NETWORKS:
            yield FieldProblem(
                "allowedIps", f"must have 1 to {MOST_NETWORKS} entries; leave it out for no limit", "length"
            )
        if self.databases is not None and not 1 <= len(self.databases) <= MOST_DATABASES:
            message = f"must have 1 to {MOST_DATABASES} ids; leave it out for all"
            yield FieldProblem("databases", message, "length")


def expiry_problems(expires_at: datetime | None, now: datetime) -> Iterator[FieldProblem]:
    """Say what is wrong with an expiry: it must lie in the future and fit the column."""
    if expires_at is None:
        return
    if expires_at <= now:
        yield FieldProblem("expiresAt", "must be in the future", "past")
    elif expires_at > LAST_EXPIRY:
        yield FieldProblem("expiresAt", "must be at most 2038-01-19T03:14:07Z", "too_late")


def whole_seconds(moment: datetime) -> datetime:
    """Cut fractions of a second, which the columns would round: a key may end early, never late."""
    return moment.astimezone(UTC).replace(microsecond=0)


def mint(terms: KeyTerms, user_id: str, now: datetime) -> tuple[ApiKey, keyformat.NewKey]:
    """Make a key with checked terms.

    Returns:
        The row to store and the key itself, whose text exists nowhere else.
    """
    environment = cast("Environment", terms.environment)
    new = keyformat.generate(environment)
    made = whole_seconds(now)
    row = ApiKey(
        id=str(uuid.uuid4()),
        user_id=user_id,
        key_prefix=new.prefix,
        key_hash=new.digest,
        name=terms.name,
        environment=environment,
        permissions=frozenset(terms.permissions),
        rate_limit_tier=terms.tier,
        rate_limit_custom=terms.custom,
        expires_at=terms.expires_at,
        allowed_ips=None if terms.allowed_ips is None else tuple(terms.allowed_ips),
        databases=None if terms.databases is None else tuple(terms.databases),
        created_at=made,
        updated_at=made,
    )
    return row, new
