"""What a store of searches promises."""

from collections.abc import Sequence
from datetime import UTC, datetime, time, timedelta
from typing import Any

import attrs

from altus4_core.searchlog import DATABASES
from altus4_core.store import MetadataStore
from altus4_core.stored import SearchedDatabase
from altus4_core.testing.contracts.metadata.rows import NOON, UNICODE, a_database, a_search, a_user, new_id


class SearchContract:
    """The search log."""

    async def test_search_round_trip(self, store: MetadataStore) -> None:
        """Search round trip."""
        user = await a_user(store)
        database = a_database(user.id)
        await store.databases.add(database)
        row = a_search(
            user.id,
            query=UNICODE,
            search_mode="boolean",
            database_id=database.id,
            search_params={"limit": 20, "databases": [database.id], "query": UNICODE},
            result_count=7,
            execution_time_ms=12,
            categories=[{"name": "books", "count": 7}],
            api_key_id=new_id(),
            request_id="request-1",
            environment="test",
        )
        assert await store.searches.add_many([row]) == 1
        assert list(await store.searches.list(user.id, limit=10, offset=0)) == [row]

    async def test_failed_search_keeps_its_code(self, store: MetadataStore) -> None:
        """Failed search keeps its code, beside one that was answered, whatever somebody called the error."""
        user = await a_user(store)
        rows = [a_search(user.id, error_code=code) for code in (None, "TIMEOUT", "", "nul \0 é", "X" * 99)]
        assert await store.searches.add_many(rows) == 5
        found = {row.id: row.error_code for row in await store.searches.list(user.id, limit=10, offset=0)}
        assert [found[row.id] for row in rows] == [None, "TIMEOUT", "", "nul ? ?", "X" * 64]

    async def test_search_over_several_databases(self, store: MetadataStore) -> None:
        """Search over several databases."""
        user = await a_user(store)
        ids = sorted([new_id(), new_id()])
        shares = (SearchedDatabase(ids[0], "ok", 7, 12), SearchedDatabase(ids[1], "timeout", 0, 2000))
        row = a_search(user.id, databases=shares)
        assert await store.searches.add_many([row, a_search(new_id(), databases=shares)]) == 1
        assert await store.searches.add_many([row]) == 0
        assert list(await store.searches.list(user.id, limit=10, offset=0)) == [row]
        assert await store.searches.present([row.id, new_id(), "é"]) == {row.id}

    async def test_search_is_found_by_its_request(self, store: MetadataStore) -> None:
        """Search is found by its request, by its owner alone."""
        user, stranger = await a_user(store), await a_user(store)
        old, new = (a_search(user.id, request_id="r-1", created_at=NOON + timedelta(hours=n)) for n in (0, 1))
        await store.searches.add_many([old, new, a_search(user.id), a_search(stranger.id, request_id="r-2")])
        assert await store.searches.by_request(user.id, "r-1") == new
        for unknown in ("r-2", "R-1", "", "é", "r-1 "):
            assert await store.searches.by_request(user.id, unknown) is None

    async def test_searches_are_found_by_their_words(self, store: MetadataStore) -> None:
        """Searches are found by their words."""
        user, stranger = await a_user(store), await a_user(store)
        rows = [a_search(user.id, query=text) for text in ("granite kettle", "kettle handle", "wooden spoon")]
        await store.searches.add_many([*rows, a_search(stranger.id, query="kettle")])
        found = await store.searches.list(user.id, limit=10, offset=0, text="KETTLE")
        assert {row.id for row in found} == {rows[0].id, rows[1].id}
        assert await store.searches.count(user.id, text="kettle") == 2
        assert await store.searches.count(user.id, text="kett* *kettle*") == 2
        for nothing in ("+)(*", "*", "* *", '*"', "\t"):
            assert await store.searches.count(user.id, text=nothing) == 0
            assert list(await store.searches.list(user.id, limit=10, offset=0, text=nothing)) == []

    async def test_old_searches_are_pruned(self, store: MetadataStore) -> None:
        """Old searches are pruned: one user's, the oldest first, no more than asked for."""
        user, stranger = await a_user(store), await a_user(store)
        rows = [a_search(user.id, created_at=NOON - timedelta(days=days)) for days in range(5)]
        await store.searches.add_many([*rows, a_search(stranger.id, created_at=NOON - timedelta(days=9))])
        before = NOON - timedelta(days=1)
        assert await store.searches.oldest(before) == (stranger.id, (NOON - timedelta(days=9)).date())
        assert await store.searches.prune(user.id, before, most=2) == 2
        assert [row.id for row in await store.searches.list(user.id, limit=9, offset=0)] == [r.id for r in rows[:3]]
        assert await store.searches.prune(user.id, before, most=2) == 1
        assert await store.searches.prune(user.id, before, most=2) == 0
        assert await store.searches.count(stranger.id) == 1
        assert await store.searches.oldest(NOON - timedelta(days=10)) is None

    async def test_mode_of_a_plugin_is_kept(self, store: MetadataStore) -> None:
        """Mode of a plugin is kept."""
        user = await a_user(store)
        rows = [a_search(user.id, search_mode="exact", search_params={"a": 1}), a_search(user.id, search_mode="fuzzy")]
        assert await store.searches.add_many(rows) == 2
        found = {row.id: row for row in await store.searches.list(user.id, limit=10, offset=0)}
        assert found == {row.id: row for row in rows}

    async def test_batch_may_come_again(self, store: MetadataStore) -> None:
        """Batch may come again."""
        user = await a_user(store)
        rows = [a_search(user.id) for _ in range(5)]
        assert await store.searches.add_many([]) == 0
        assert await store.searches.add_many(rows[:3]) == 3
        assert await store.searches.add_many(rows) == 2
        assert await store.searches.add_many([attrs.evolve(row, query="other") for row in rows]) == 0
        assert {row.query for row in await store.searches.list(user.id, limit=10, offset=0)} == {"mysql tuning"}

    async def test_large_batch(self, store: MetadataStore) -> None:
        """Large batch."""
        user = await a_user(store)
        assert await store.searches.add_many([a_search(user.id, query="q" * 1000) for _ in range(1500)]) == 1500
        assert await store.searches.count(user.id) == 1500

    async def test_rows_of_the_gone_do_not_hold_up_the_others(self, store: MetadataStore) -> None:
        """Rows of the gone do not hold up the others."""
        user, stranger = await a_user(store), await a_user(store)
        foreign = a_database(stranger.id)
        await store.databases.add(foreign)
        rows = [
            a_search(user.id),
            a_search(new_id()),
            a_search(user.id, database_id=new_id()),
            a_search(user.id, database_id=foreign.id),
        ]
        assert await store.searches.add_many(rows) == 3
        found = await store.searches.list(user.id, limit=10, offset=0)
        assert {row.id for row in found} == {rows[0].id, rows[2].id, rows[3].id}
        assert {row.database_id for row in found} == {None}

    async def test_rows_that_come_after_their_database_has_gone(self, store: MetadataStore) -> None:
        """They keep it as those do that were there when it went, whenever they come and how often."""
        user, stranger = await a_user(store), await a_user(store)
        gone, kept, foreign = a_database(user.id), a_database(user.id, database_name="kept"), a_database(stranger.id)
        for one in (gone, kept, foreign):
            await store.databases.add(one)
        early, *late = [
            a_search(user.id, database_id=gone.id, result_count=3, execution_time_ms=9, error_code=code)
            for code in (None, None, "TIMEOUT", "SEARCH_FAILED")
        ]
        await store.searches.add_many([early])
        assert await store.databases.remove(user.id, gone.id)
        assert await store.metrics.roll_up(user.id, NOON.date())
        others = [a_search(user.id, database_id=one.id) for one in (kept, foreign)]
        assert await store.searches.add_many([*late, *others]) == 5
        assert await store.searches.add_many([early, *late]) == 0
        found = {row.id: row for row in await store.searches.list(user.id, limit=10, offset=0)}
        statuses = ("ok", "ok", "timeout", "error")
        for row, status in zip((early, *late), statuses, strict=True):
            noted = (SearchedDatabase(gone.id, status, 3, 9),)
            assert (found[row.id].database_id, found[row.id].databases) == (None, noted)
        assert [(found[row.id].database_id, found[row.id].databases) for row in others] == [(kept.id, ()), (None, ())]
        begin = datetime.combine(NOON.date(), time(), UTC)
        figures = await store.metrics.compute(user.id, DATABASES, [(begin, begin + timedelta(days=1))])
        assert figures[NOON.date()]["live"][gone.id] == [4, 18, 2]
        assert await store.metrics.list(user.id, DATABASES, begin, begin) == []

    async def test_impossible_rows_do_not_hold_up_the_others(self, store: MetadataStore) -> None:
        """Impossible rows do not hold up the others."""
        user = await a_user(store)
        good = [a_search(user.id) for _ in range(3)]
        bad = [
            a_search(user.id, search_params={"what": object()}),
            a_search(user.id, id="x" * 100),
            a_search(user.id, id="é" * 36),
        ]
        assert await store.searches.add_many([good[0], *bad, *good[1:]]) == 3
        odd = [
            a_search(user.id, query="nul \0 and surrogate \ud800"),
            a_search(user.id, query="\U0001f600" * 2000),
            a_search(user.id, result_count=2**40, execution_time_ms=-5),
        ]
        assert await store.searches.add_many(odd) == 3
        found = {row.id: row for row in await store.searches.list(user.id, limit=10, offset=0)}
        assert set(found) == {row.id for row in [*good, *odd]}
        assert len(found[odd[1].id].query) == 1000
        assert (found[odd[2].id].result_count, found[odd[2].id].execution_time_ms) == (2**31 - 1, 0)

    async def test_searches_are_listed_newest_first(self, store: MetadataStore) -> None:
        """Searches are listed newest first."""
        user, stranger = await a_user(store), await a_user(store)
        rows = [a_search(user.id, created_at=NOON + timedelta(minutes=minute)) for minute in range(6)]
        await store.searches.add_many([*rows[::2], a_search(stranger.id), *rows[1::2]])
        found = [row.id for row in await store.searches.list(user.id, limit=4, offset=1)]
        assert found == [row.id for row in rows[::-1]][1:5]
        assert await store.searches.count(user.id) == 6
        span = (NOON + timedelta(minutes=1), NOON + timedelta(minutes=4))
        found = [row.id for row in await store.searches.list(user.id, limit=9, offset=0, span=span)]
        assert found == [row.id for row in (rows[3], rows[2], rows[1])]
        assert await store.searches.count(user.id, span=span) == 3
        assert await store.searches.count(user.id, text="tuning", span=span) == 3
        assert await store.searches.count(user.id, text="kettle", span=span) == 0

    async def test_searches_of_one_key(self, store: MetadataStore) -> None:
        """Searches of one key: no others of the user, and none of another user that has noted the same key."""
        user, stranger = await a_user(store), await a_user(store)
        mine, other = new_id(), new_id()
        made = [(user, mine), (user, other), (user, None), (user, mine), (stranger, mine)]
        rows = [
            a_search(owner.id, api_key_id=key, created_at=NOON + timedelta(minutes=minute))
            for minute, (owner, key) in enumerate(made)
        ]
        await store.searches.add_many(rows)

        async def listed(**narrow: Any) -> Sequence[str]:
            return [row.id for row in await store.searches.list(user.id, limit=9, offset=0, **narrow)]

        assert await listed(key_id=mine) == [rows[3].id, rows[0].id]
        assert await listed(key_id=mine, span=(NOON, NOON + timedelta(minutes=1))) == [rows[0].id]
        assert await listed(key_id=new_id()) == []
        assert await listed(key_id="nul \0") == []
