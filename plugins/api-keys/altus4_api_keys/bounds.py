"""What a caller may give away: never more than they have."""

from collections.abc import Collection, Sequence
from datetime import datetime

import attrs

from altus4_api_keys.known import SCHEME, deadline_of
from altus4_api_keys.networks import is_within, read_network
from altus4_api_keys.terms import KeyTerms, whole_seconds
from altus4_core.errors import PermissionDenied
from altus4_core.records import Identity, RateLimit
from altus4_core.stored import ApiKey


@attrs.frozen
class Bounds:
    """The most that a caller may give a key. None: no bound of that kind."""

    permissions: frozenset[str]
    is_admin: bool
    environment: str | None = None
    databases: frozenset[str] | None = None
    networks: Sequence[str] | None = None
    ends_at: datetime | None = None
    custom: RateLimit | None = None

    @classmethod
    def of(cls, identity: Identity, own: ApiKey | None) -> "Bounds":
        """Read the bounds from an identity and, where that is one of our keys, its row."""
        permissions = identity.permissions
        if "admin" in permissions:
            permissions |= {"search", "analytics"}
        key = own if identity.scheme == SCHEME else None
        return cls(
            permissions=permissions,
            is_admin=identity.role == "admin",
            environment=identity.environment,
            databases=identity.databases,
            networks=key.allowed_ips if key is not None else None,
            ends_at=deadline_of(key) if key is not None else None,
            custom=identity.rate_limit,
        )

    def inherited(self, terms: KeyTerms) -> KeyTerms:
        """Give terms in which what was left open is bounded as the caller is."""
        return attrs.evolve(
            terms,
            expires_at=terms.expires_at or (whole_seconds(self.ends_at) if self.ends_at is not None else None),
            allowed_ips=self.networks if terms.allowed_ips is None else terms.allowed_ips,
            databases=_listed(self.databases) if terms.databases is None else terms.databases,
            custom=terms.custom or self.custom,
        )

    def check(self, terms: KeyTerms) -> None:
        """Refuse terms beyond the bounds.

        Raises:
            PermissionDenied: naming what is too much and what there is.
        """
        excess = set(terms.permissions) - self.permissions
        if excess:
            raise _too_much("permissions", sorted(terms.permissions), sorted(self.permissions))
        if self.environment is not None and terms.environment != self.environment:
            raise _too_much("environment", [terms.environment], [self.environment])
        if self.databases is not None and not (terms.databases is not None and set(terms.databases) <= self.databases):
            raise _too_much("databases", sorted(terms.databases or ["all"]), sorted(self.databases))
        if self.networks is not None and not _within(terms.allowed_ips, self.networks):
            raise _too_much("allowedIps", sorted(terms.allowed_ips or ["all"]), sorted(self.networks))
        if self.ends_at is not None and (terms.expires_at is None or terms.expires_at > self.ends_at):
            raise _too_much("expiresAt", ["later"], ["the end of the calling key"])

    def check_control(self, terms: KeyTerms) -> None:
        """Refuse to change or end a key that can do more: what can do less must not narrow or stop it.

        Raises:
            PermissionDenied: as `check`; but a key that goes on for longer can do no more for that.
        """
        attrs.evolve(self, ends_at=None).check(terms)

    def check_rate(self, own: int, other: int) -> None:
        """Refuse to hand out the text of a key that may do more often than the calling key. Requests per hour.

        Raises:
            PermissionDenied: as `check`; never for an administrator, who gives tiers anyway.
        """
        if other > own and not self.is_admin:
            raise _too_much("requests per hour", [str(other)], [str(own)])

    def check_limits(self, terms: KeyTerms, before: ApiKey | None = None) -> None:
        """Refuse tiers and custom limits that only administrators give; what a key has already may stay.

        Raises:
            PermissionDenied: code `INSUFFICIENT_PRIVILEGES`.
        """
        tier, custom = ("free", self.custom) if before is None else (before.rate_limit_tier, before.rate_limit_custom)
        if not self.is_admin and (terms.tier not in {"free", tier} or terms.custom != custom):
            message = "Tiers other than free and custom limits are given by administrators only."
            raise PermissionDenied(message, code="INSUFFICIENT_PRIVILEGES")


def _within(networks: Sequence[str] | None, bounds: Sequence[str]) -> bool:
    if networks is None:
        return False
    outer = [read_network(text) for text in bounds]
    return all(any(is_within(read_network(text), one) for one in outer) for text in networks)


def _listed(ids: Collection[str] | None) -> Sequence[str] | None:
    return None if ids is None else sorted(ids)


def _too_much(what: str, required: Sequence[str], available: Sequence[str]) -> PermissionDenied:
    message = f"A key cannot have more than its maker: {what}."
    return PermissionDenied(message, details={"required": list(required), "available": list(available)})
