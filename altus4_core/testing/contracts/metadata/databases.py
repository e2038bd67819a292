"""What a store of databases promises."""

import asyncio

import attrs
import pytest

from altus4_core.errors import Conflict, NotFound
from altus4_core.store import MetadataStore
from altus4_core.testing.contracts.metadata.rows import NOON, UNICODE, a_database, a_search, a_user, new_id


class DatabaseContract:
    """Connected databases."""

    async def test_database_round_trip(self, store: MetadataStore) -> None:
        """Database round trip."""
        user = await a_user(store)
        config = {"tlsMode": "required", "pool": {"size": 4}, "options": [1, 2.5, None, True, UNICODE]}
        row = a_database(
            user.id, name=UNICODE, ssl_enabled=True, config=config, kind="shelf", created_at=NOON, last_connected=NOON
        )
        await store.databases.add(row)
        found = await store.databases.get(user.id, row.id)
        assert found is not None
        assert attrs.evolve(found, updated_at=None) == attrs.evolve(row, updated_at=None)
        assert list(await store.databases.list(user.id)) == [found]

    async def test_databases_are_listed_by_name(self, store: MetadataStore) -> None:
        """Databases are listed by name."""
        user = await a_user(store)
        for name in ("c", "a", "b"):
            await store.databases.add(a_database(user.id, name=name))
        await store.databases.add(a_database(user.id, name="0", is_active=False))
        assert [row.name for row in await store.databases.list(user.id)] == ["a", "b", "c"]

    async def test_inactive_database_is_not_there(self, store: MetadataStore) -> None:
        """Inactive database is not there."""
        user = await a_user(store)
        row = a_database(user.id, is_active=False)
        await store.databases.add(row)
        assert await store.databases.get(user.id, row.id) is None

    async def test_database_is_its_owners(self, store: MetadataStore) -> None:
        """Database is its owners."""
        user, stranger = await a_user(store), await a_user(store)
        row = a_database(user.id)
        await store.databases.add(row)
        assert await store.databases.get(stranger.id, row.id) is None
        assert not await store.databases.update(attrs.evolve(row, user_id=stranger.id, name="Stolen"))
        assert not await store.databases.remove(stranger.id, row.id)
        assert list(await store.databases.list(stranger.id)) == []
        with pytest.raises(Conflict):
            await store.databases.add(attrs.evolve(a_database(stranger.id), id=row.id))
        with pytest.raises(NotFound):
            await store.databases.add(a_database(new_id()))

    async def test_same_database_twice(self, store: MetadataStore) -> None:
        """Same database twice."""
        user, stranger = await a_user(store), await a_user(store)
        row = a_database(user.id, database_name="Shop")
        await store.databases.add(row)
        again = attrs.evolve(row, id=new_id())
        with pytest.raises(Conflict) as caught:
            await store.databases.add(again)
        assert caught.value.error_code == "DATABASE_EXISTS"
        await store.databases.add(attrs.evolve(again, database_name="shop"))
        await store.databases.add(attrs.evolve(again, id=new_id(), user_id=stranger.id))
        other = a_database(user.id)
        await store.databases.add(other)
        with pytest.raises(Conflict):
            await store.databases.update(attrs.evolve(other, database_name="Shop"))
        assert await store.databases.remove(user.id, row.id)
        await store.databases.add(attrs.evolve(row, id=new_id()))

    async def test_version_rises(self, store: MetadataStore) -> None:
        """Version rises."""
        user = await a_user(store)
        row = a_database(user.id)
        await store.databases.add(row)
        assert await store.databases.update(row)
        results = await asyncio.gather(*(store.databases.update(attrs.evolve(row, name="New")) for _ in range(5)))
        assert all(results)
        found = await store.databases.get(user.id, row.id)
        assert found is not None
        assert (found.version, found.name) == (7, "New")
        await store.databases.touch(row.id, NOON)
        touched = await store.databases.get(user.id, row.id)
        assert touched == attrs.evolve(found, last_connected=NOON), "to connect is no change"

    async def test_pages_go_through_everybodys_rows(self, store: MetadataStore) -> None:
        """Pages go through everybody's rows, each once."""
        rows = [a_database((await a_user(store)).id, is_active=number != 1) for number in range(5)]
        for row in rows:
            await store.databases.add(row)
        found: list[str] = []
        after = ""
        while page := await store.databases.page(after, 2):
            assert len(page) <= 2
            found += [row.id for row in page]
            after = page[-1].id
        assert found == sorted(found)
        assert {row.id for row in rows} <= set(found)

    async def test_resealing_is_no_change_and_overwrites_none(self, store: MetadataStore) -> None:
        """Resealing is no change of the row, and overwrites none that somebody else made."""
        user = await a_user(store)
        await store.databases.add(a_database(user.id, config={"pool": {"size": 2}}))
        (before,) = await store.databases.list(user.id)
        after = attrs.evolve(before, password_encrypted=UNICODE, config={"pool": {"size": 2}, "clientKey": "x"})
        assert await store.databases.reseal(before, after)
        found = await store.databases.get(user.id, before.id)
        assert found == after
        assert not await store.databases.reseal(before, after), "it is another row by now"
        assert await store.databases.update(attrs.evolve(after, name="Renamed"))
        assert not await store.databases.reseal(after, before)

    async def test_removed_database_leaves_its_searches(self, store: MetadataStore) -> None:
        """Removed database leaves its searches, which go on saying that it was searched."""
        user = await a_user(store)
        row = a_database(user.id)
        await store.databases.add(row)
        await store.searches.add_many([a_search(user.id, database_id=row.id)])
        assert await store.databases.remove(user.id, row.id)
        assert not await store.databases.remove(user.id, row.id)
        (search,) = await store.searches.list(user.id, limit=9, offset=0)
        assert (search.database_id, [one.id for one in search.databases]) == (None, [row.id])
