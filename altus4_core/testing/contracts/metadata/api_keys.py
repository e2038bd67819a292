"""What a store of API keys promises."""

import asyncio
from datetime import timedelta

import attrs
import pytest

from altus4_core.errors import NotFound
from altus4_core.records import RateLimit
from altus4_core.store import KeyUse, MetadataStore
from altus4_core.testing.contracts.metadata.rows import NOON, UNICODE, a_key, a_user, new_id


class ApiKeyContract:
    """API keys."""

    async def test_key_round_trip(self, store: MetadataStore) -> None:
        """Key round trip."""
        user = await a_user(store)
        key = a_key(
            user.id,
            name=UNICODE,
            environment="live",
            permissions=frozenset({"search", "admin"}),
            rate_limit_tier="pro",
            rate_limit_custom=RateLimit(5000, 100),
            expires_at=NOON + timedelta(days=1),
            allowed_ips=("10.0.0.0/8", "2001:db8::/32"),
            databases=(new_id(),),
            created_at=NOON,
        )
        await store.api_keys.add(key)
        found = await store.api_keys.by_hash(key.key_hash)
        assert found is not None
        assert attrs.evolve(found, updated_at=None) == attrs.evolve(key, updated_at=None)
        assert await store.api_keys.get(user.id, key.id) == found

    async def test_absent_key(self, store: MetadataStore) -> None:
        """Absent key."""
        user, stranger = await a_user(store), await a_user(store)
        key = a_key(user.id)
        await store.api_keys.add(key)
        assert await store.api_keys.get(stranger.id, key.id) is None
        assert not await store.api_keys.update(attrs.evolve(key, user_id=stranger.id, name="Stolen"))
        for absent in (key.key_hash + " ", key.key_hash.upper() + "x", "é", "", "nul\0"):
            assert await store.api_keys.by_hash(absent) is None
        for absent in (key.id + " ", key.id.upper() + "x", "é" * 3):
            assert await store.api_keys.get(user.id, absent) is None
        assert list(await store.api_keys.list(stranger.id)) == []

    async def test_key_of_nobody(self, store: MetadataStore) -> None:
        """Key of nobody."""
        with pytest.raises(NotFound):
            await store.api_keys.add(a_key(new_id()))

    async def test_first_key(self, store: MetadataStore) -> None:
        """First key: of several at once one is made, and none beside a key that works."""
        for _ in range(3):
            user, other = await a_user(store), await a_user(store)
            keys = [a_key(user.id) for _ in range(4)]
            made = await asyncio.gather(*(store.api_keys.add_first(key, NOON) for key in keys))
            assert sorted(made) == [False, False, False, True]
            (first,) = await store.api_keys.list(user.id)
            assert first.id == keys[made.index(True)].id
            assert await store.api_keys.add_first(a_key(other.id), NOON)
        assert await store.api_keys.retire(user.id, first.id, NOON)
        assert not await store.api_keys.add_first(a_key(user.id), NOON - timedelta(seconds=1))
        assert await store.api_keys.add_first(a_key(user.id), NOON)
        with pytest.raises(NotFound):
            await store.api_keys.add_first(a_key(new_id()), NOON)
        owner = await a_user(store)
        await store.api_keys.add(a_key(owner.id, expires_at=NOON))
        assert not await store.api_keys.add_first(a_key(owner.id), NOON - timedelta(seconds=1))
        assert await store.api_keys.add_first(a_key(owner.id), NOON)

    async def test_keys_are_listed_newest_first(self, store: MetadataStore) -> None:
        """Keys are listed newest first."""
        user = await a_user(store)
        keys = [a_key(user.id, created_at=NOON + timedelta(minutes=minute)) for minute in (1, 3, 2)]
        for key in keys:
            await store.api_keys.add(key)
        assert [key.id for key in await store.api_keys.list(user.id)] == [keys[1].id, keys[2].id, keys[0].id]
        made_in_one_second = [a_key(user.id, created_at=NOON) for _ in range(5)]
        for key in made_in_one_second:
            await store.api_keys.add(key)
        assert [key.id for key in await store.api_keys.list(user.id)][3:] == [key.id for key in made_in_one_second][
            ::-1
        ]
        for key in made_in_one_second:
            assert await store.api_keys.update(attrs.evolve(key, is_active=False))
        assert await store.api_keys.update(attrs.evolve(keys[1], is_active=False))
        assert [key.id for key in await store.api_keys.list(user.id)] == [keys[2].id, keys[0].id]
        found = await store.api_keys.get(user.id, keys[1].id)
        assert found is not None
        assert not found.is_active

    async def test_key_changes(self, store: MetadataStore) -> None:
        """Key changes."""
        user = await a_user(store)
        end = NOON.replace(microsecond=250_000)
        key = a_key(user.id, expires_at=NOON, allowed_ips=("10.0.0.0/8",), rate_limit_custom=RateLimit(1, 1))
        await store.api_keys.add(key)
        changed = attrs.evolve(
            key, name="New", permissions=frozenset({"analytics"}), expires_at=None, allowed_ips=None,
            rate_limit_custom=None, rate_limit_tier="enterprise", retired_at=end, environment="live",
        )  # fmt: skip
        assert await store.api_keys.update(changed)
        assert await store.api_keys.update(changed)
        assert await store.api_keys.update(attrs.evolve(changed, retired_at=end + timedelta(days=9)))
        found = await store.api_keys.get(user.id, key.id)
        assert found is not None
        assert (found.name, found.permissions, found.expires_at) == ("New", frozenset({"analytics"}), None)
        assert (found.allowed_ips, found.rate_limit_custom, found.rate_limit_tier) == (None, None, "enterprise")
        assert found.retired_at == end, "nobody can move the end of a rotated key"
        assert found.environment == "test", "the environment is part of the key's text"

    async def test_ended_key_stays_ended(self, store: MetadataStore) -> None:
        """Ended key stays ended."""
        user, stranger = await a_user(store), await a_user(store)
        key = a_key(user.id)
        await store.api_keys.add(key)
        assert await store.api_keys.update(attrs.evolve(key, is_active=False))
        assert await store.api_keys.update(attrs.evolve(key, is_active=True))
        found = await store.api_keys.get(user.id, key.id)
        assert found is not None
        assert not found.is_active
        assert not await store.api_keys.retire(user.id, key.id, NOON)
        other = a_key(user.id)
        await store.api_keys.add(other)
        assert not await store.api_keys.retire(stranger.id, other.id, NOON)
        results = await asyncio.gather(*(store.api_keys.retire(user.id, other.id, NOON) for _ in range(8)))
        assert sorted(results) == [False] * 7 + [True]

    async def test_use_is_counted(self, store: MetadataStore) -> None:
        """Use is counted."""
        user, stranger = await a_user(store), await a_user(store)
        key, other = a_key(user.id), a_key(user.id)
        await store.api_keys.add(key)
        await store.api_keys.add(other)
        later = NOON + timedelta(minutes=70)
        await store.api_keys.record_use([])
        await store.api_keys.record_use([KeyUse(key.id, 3, later, "10.0.0.2"), KeyUse(new_id(), 1, NOON, "10.0.0.9")])
        await store.api_keys.record_use(
            [KeyUse(key.id, 2, NOON, "10.0.0.1"), KeyUse(other.id, 1, NOON, "::1"), KeyUse(key.id, 1, NOON, "10.0.0.1")]
        )
        found = await store.api_keys.get(user.id, key.id)
        assert found is not None
        assert (found.usage_count, found.last_used, found.last_used_ip) == (6, later, "10.0.0.2")
        hours = await store.api_keys.hours(user.id, key.id, NOON - timedelta(hours=1))
        assert [(hour.hour, hour.count) for hour in hours] == [(NOON, 3), (NOON + timedelta(hours=1), 3)]
        assert list(await store.api_keys.hours(stranger.id, key.id, NOON - timedelta(hours=1))) == []

    async def test_use_is_counted_at_once(self, store: MetadataStore) -> None:
        """Use is counted at once."""
        user = await a_user(store)
        keys = [a_key(user.id) for _ in range(4)]
        for key in keys:
            await store.api_keys.add(key)
        orders = [keys, keys[::-1], keys, keys[::-1], keys, keys[::-1]]
        await asyncio.gather(
            *(store.api_keys.record_use([KeyUse(key.id, 1, NOON, "::1") for key in order]) for order in orders)
        )
        assert [key.usage_count for key in await store.api_keys.list(user.id)] == [6] * 4
