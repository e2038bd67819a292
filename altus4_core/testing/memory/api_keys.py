"""API keys in memory."""

from collections.abc import Sequence
from datetime import UTC, datetime

import attrs

from altus4_core.errors import Conflict
from altus4_core.store import KeyHour, KeyUse
from altus4_core.stored import ApiKey
from altus4_core.testing.memory.tables import Tables, text, whole

MOST_USES = 2**31 - 1


class MemoryApiKeys:
    """Satisfies `ApiKeyRepository`."""

    def __init__(self, tables: Tables) -> None:
        self._tables = tables

    async def add(self, key: ApiKey) -> None:
        """Insert."""
        self._tables.reach()
        self._tables.owned(key.user_id)
        if key.id in self._tables.api_keys:
            message = "This API key exists already."
            raise Conflict(message)
        created = whole(key.created_at) if key.created_at else self._tables.now()
        self._tables.api_keys[key.id] = attrs.evolve(_stored(key), created_at=created, updated_at=created)

    async def add_first(self, key: ApiKey, now: datetime) -> bool:
        """Insert unless the user has a key that works."""
        for own in await self.list(key.user_id):
            if all(end is None or end > now for end in (own.expires_at, own.retired_at)):
                return False
        await self.add(key)
        return True

    async def by_hash(self, key_hash: str) -> ApiKey | None:
        """Read the key with this digest, whoever owns it."""
        self._tables.reach()
        return next((key for key in self._tables.api_keys.values() if key.key_hash == key_hash), None)

    async def list(self, user_id: str) -> Sequence[ApiKey]:
        """List a user's active keys, newest first: of one second, the one made last."""
        self._tables.reach()
        own = [key for key in self._tables.api_keys.values() if key.user_id == user_id and key.is_active]
        return sorted(own, key=_created)[::-1]

    async def get(self, user_id: str, key_id: str) -> ApiKey | None:
        """Read one of the user's keys, active or not."""
        self._tables.reach()
        key = self._tables.api_keys.get(key_id)
        return key if key is not None and key.user_id == user_id else None

    async def update(self, key: ApiKey) -> bool:
        """Write everything an owner may change; a key that has ended stays so."""
        self._tables.reach()
        before = self._tables.api_keys.get(key.id)
        if before is None or before.user_id != key.user_id:
            return False
        self._tables.api_keys[key.id] = attrs.evolve(
            _stored(key),
            key_prefix=before.key_prefix,
            key_hash=before.key_hash,
            environment=before.environment,
            is_active=before.is_active and key.is_active,
            retired_at=before.retired_at or key.retired_at,
            last_used=before.last_used,
            last_used_ip=before.last_used_ip,
            usage_count=before.usage_count,
            created_at=before.created_at,
            updated_at=self._tables.now(),
        )
        return True

    async def retire(self, user_id: str, key_id: str, until: datetime) -> bool:
        """Set when a key ends, if it has no end yet."""
        key = await self.get(user_id, key_id)
        if key is None or not key.is_active or key.retired_at is not None:
            return False
        self._tables.api_keys[key_id] = attrs.evolve(key, retired_at=until, updated_at=self._tables.now())
        return True

    async def record_use(self, uses: Sequence[KeyUse]) -> None:
        """Add to the totals and to the hours of many keys at once."""
        self._tables.reach()
        for use in uses:
            key = self._tables.api_keys.get(use.key_id)
            if key is None:
                continue
            at = whole(use.at)
            newest = key.last_used is None or at >= key.last_used
            self._tables.api_keys[key.id] = attrs.evolve(
                key,
                usage_count=min(MOST_USES, key.usage_count + use.count),
                last_used=at if newest else key.last_used,
                last_used_ip=use.ip if newest else key.last_used_ip,
            )
            place = (key.id, use.at.astimezone(UTC).replace(minute=0, second=0, microsecond=0))
            self._tables.hours[place] = self._tables.hours.get(place, 0) + use.count

    async def hours(self, user_id: str, key_id: str, since: datetime) -> Sequence[KeyHour]:
        """Read how often one of the user's keys was used in each hour from `since` on."""
        if await self.get(user_id, key_id) is None:
            return []
        return [
            KeyHour(hour, count)
            for (owner, hour), count in sorted(self._tables.hours.items())
            if owner == key_id and hour >= since
        ]


def _created(key: ApiKey) -> datetime:
    return key.created_at or datetime.min.replace(tzinfo=UTC)


def _stored(key: ApiKey) -> ApiKey:
    return attrs.evolve(
        key, name=text(key.name, 255, "name"), expires_at=whole(key.expires_at) if key.expires_at else None
    )
