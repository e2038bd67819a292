"""A key as the gateway remembers it: the row, and what is worked out of it once instead of at every request."""

from datetime import datetime

import attrs

from altus4_api_keys.networks import Network, holds, read_network
from altus4_core.lookup import Lookup
from altus4_core.records import Identity
from altus4_core.stored import ApiKey

SCHEME = "api-key"


@attrs.frozen
class KnownKey:
    """A key, the identity it stands for, when it ends and from where it may be used (None: everywhere)."""

    key: ApiKey
    identity: Identity
    ends_at: datetime | None
    networks: tuple[Network, ...] | None

    def is_allowed_from(self, remote: str) -> bool:
        """Say whether a peer's address is among the allowed ones; what is no address never is.

        An IPv4 address that a dual-stack socket shows as `::ffff:a.b.c.d` is judged as the IPv4 address it is.
        """
        return self.networks is None or holds(self.networks, remote)


def deadline_of(key: ApiKey) -> datetime | None:
    """Give the moment at which a key stops working: its expiry, or the end of its grace after a rotation."""
    ends = [moment for moment in (key.expires_at, key.retired_at) if moment is not None]
    return min(ends, default=None)


def know(key: ApiKey, role: str) -> KnownKey:
    """Work out what a key stands for.

    Args:
        key: The row.
        role: Its owner's role. It comes with permission `admin` only: a key for searching stays one, whoever
            made it.
    """
    ends_at = deadline_of(key)
    networks = None
    if key.allowed_ips is not None:
        networks = tuple(read_network(text) for text in key.allowed_ips)
    identity = Identity(
        user_id=key.user_id,
        scheme=SCHEME,
        credential_id=key.id,
        name=key.name,
        role=role if "admin" in key.permissions else "user",
        permissions=key.permissions,
        environment=key.environment,
        databases=None if key.databases is None else frozenset(key.databases),
        tier=key.rate_limit_tier,
        rate_limit=key.rate_limit_custom,
        expires_at=ends_at,
    )
    return KnownKey(key, identity, ends_at, networks)


class KeyLookup(Lookup[KnownKey]):
    """What is remembered of keys, by their digest."""

    def forget_user(self, user_id: str) -> None:
        """Drop all keys of a user, at once."""
        self.forget_where(lambda known: known.key.user_id == user_id)

    def forget_key(self, key_id: str) -> None:
        """Drop one key, at once."""
        self.forget_where(lambda known: known.key.id == key_id)
