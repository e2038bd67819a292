"""What a store of metrics promises."""

import random
from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import pytest

from altus4_core.errors import NotFound
from altus4_core.searchlog import CLICKS, DAILY, DATABASES, FIGURES, LATENCY, NO_RESULTS, ResultEvent
from altus4_core.store import MetadataStore
from altus4_core.stored import MetricRow, SearchedDatabase, SearchRow
from altus4_core.testing.contracts.metadata.rows import NOON, UNICODE, a_database, a_search, a_user, new_id
from altus4_core.testing.memory.figures import figure

MONTH = date(2030, 4, 1)
_GAP = {"database": "d", "table": "bücher", "columns": ["body", "titel"], "reason": "COLUMNS_NOT_EXACT"}
MISSED = (
    {"limit": 20, "indexGaps": [{**_GAP, "sql": "ALTER TABLE `bücher` ..."}]},
    {"indexGaps": [_GAP, {**_GAP, "table": 't"`%s', "columns": [], "reason": "NO_FULLTEXT_INDEX"}]},
    {"limit": 20, "indexGaps": [{**_GAP, "table": "BUCHER", "sql": "ALTER TABLE `BUCHER` ..."}]},
    {"indexGaps": "what no gateway wrote"},
)
UNSETTLED = ({"limit": 20, "complete": False}, {"complete": True}, {"complete": None}, {"complete": 0}, {"x": [False]})
CATEGORIES = (None, *([{"name": name, "count": 3}, {"name": "tools", "count": 1}] for name in ("Bücher", "bucher")))


async def a_log(
    store: MetadataStore, user_id: str, days: int, searches: int
) -> tuple[list[SearchRow], list[ResultEvent]]:
    """Write a log of some days, from the first of a month on, with everything that figures look at."""
    chance = random.Random(f"{days} {searches}")  # noqa: S311 -- the same log each time
    database = a_database(user_id)
    await store.databases.add(database)
    other, keys = new_id(), [new_id(), new_id(), None]
    rows = []
    for _ in range(searches):
        day = MONTH + timedelta(days=chance.randrange(days))
        several = chance.random() < 0.3
        failed = chance.choice([None, None, None, "TIMEOUT", "SEARCH_FAILED"])
        shares = (SearchedDatabase(database.id, "ok", 2, 5), SearchedDatabase(other, "timeout", 0, 300))
        rows.append(
            a_search(
                user_id,
                query=chance.choice(["Kettle", "kettle", "kettles", "käse", "spoon 100%", UNICODE.strip(), "a" * 1000]),
                search_mode=chance.choice(["natural", "boolean", "fuzzy"]),
                created_at=datetime.combine(day, time(), UTC) + timedelta(seconds=chance.randrange(86_400)),
                database_id=None if several else database.id,
                databases=shares if several else (),
                error_code=failed,
                result_count=0 if failed else chance.choice([0, 1, 7, 2**31 - 1]),
                search_params=chance.choice([None, {"limit": 20}, *UNSETTLED, *MISSED]),
                execution_time_ms=int(chance.lognormvariate(3, 2.5)),
                categories=chance.choice(CATEGORIES),
                api_key_id=chance.choice(keys),
                environment=chance.choice(["test", "live", "live", None]),
            )
        )
    await store.searches.add_many(rows)
    events = []
    for row in chance.sample(rows, len(rows) // 3):
        for result in ("d:t:1", "d:t:2"):
            kind = chance.choice(["click", "click", "conversion"])
            position = chance.choice([None, 1, 9])
            events.append(ResultEvent(row.id, user_id, kind, result, row.created_at, position))  # type: ignore[arg-type]
            assert await store.searches.add_result_event(events[-1], row.created_at)
    return rows, events


def recomputed(name: str, rows: list[SearchRow], events: list[ResultEvent]) -> Mapping[date, Any]:
    """Compute a figure day by day, plainly."""
    days = sorted({row.created_at.date() for row in rows})
    found = {day: figure(name, [row for row in rows if row.created_at.date() == day], events) for day in days}
    return {day: data for day, data in found.items() if data}


class MetricContract:
    """Aggregated figures."""

    async def test_figure_is_replaced(self, store: MetadataStore) -> None:
        """Figure is replaced."""
        user, stranger = await a_user(store), await a_user(store)
        days = [date(2030, 5, day) for day in (1, 2, 3)]
        for day in days:
            await store.metrics.put(MetricRow(new_id(), user.id, day, "daily", {"n": day.day, "t": UNICODE}))
        await store.metrics.put(MetricRow(new_id(), user.id, days[0], "daily", {"n": 9}))
        await store.metrics.put(MetricRow(new_id(), user.id, days[0], "Daily", {"n": 1}))
        await store.metrics.put(MetricRow(new_id(), stranger.id, days[0], "daily", {"n": 2}))
        found = await store.metrics.list(user.id, "daily", NOON, NOON + timedelta(days=1))
        assert [(row.day, row.data) for row in found] == [(days[0], {"n": 9}), (days[1], {"n": 2, "t": UNICODE})]
        with pytest.raises(NotFound):
            await store.metrics.put(MetricRow(new_id(), new_id(), days[0], "daily", {"n": 2}))

    async def test_nothing_found_while_a_database_was_away(self, store: MetadataStore) -> None:
        """Such a search counts, but not among those that found nothing, raw and rolled up."""
        user = await a_user(store)
        away: dict[str, object] = {"search_params": {"limit": 20, "complete": False}}
        rows = [
            *[a_search(user.id, query="tea", **away) for _ in range(3)],
            *[a_search(user.id, query="tea", result_count=2, **away) for _ in range(2)],
            a_search(user.id, query="rare"),
        ]
        await store.searches.add_many(rows)
        day = NOON.date()
        begin = datetime.combine(day, time(), UTC)
        raw = {
            name: (await store.metrics.compute(user.id, name, [(begin, begin + timedelta(days=1))]))[day]
            for name in (DAILY, NO_RESULTS)
        }
        assert await store.metrics.roll_up(user.id, day)
        rolled = {name: (await store.metrics.list(user.id, name, begin, begin))[0].data for name in raw}
        assert rolled == raw
        daily = raw[DAILY]["live"]
        assert (daily["searches"], daily["noResults"], daily["unsettled"]) == (6, 1, 3)
        assert [query[:2] for query in raw[NO_RESULTS]["live"]["queries"]] == [["rare", 1]]

    async def test_figures_of_a_month(self, store: MetadataStore) -> None:
        """Figures of a month are what a plain recomputation gives, and stay so when they are rolled up."""
        user, stranger = await a_user(store), await a_user(store)
        rows, events = await a_log(store, user.id, 30, 400)
        more, their_events = await a_log(store, stranger.id, 2, 20)
        begin = datetime.combine(MONTH, time(), UTC)
        spans = [(begin, begin + timedelta(days=9)), (begin + timedelta(days=9), begin + timedelta(days=31))]
        for name in FIGURES:
            expected = recomputed(name, rows, events)
            assert await store.metrics.compute(user.id, name, spans) == expected, name
            everybody = await store.metrics.compute(None, name, spans)
            assert everybody == recomputed(name, [*rows, *more], [*events, *their_events]), name
            assert await store.metrics.compute(user.id, name, []) == {}
            (day, data) = next(iter(expected.items()))
            at = datetime.combine(day, time(), UTC)
            assert await store.metrics.compute(user.id, name, [(at, at + timedelta(days=1))]) == {day: data}
        due = await store.metrics.due(MONTH, MONTH + timedelta(days=30), most=100)
        days = {row.created_at.date() for row in rows}
        assert {day for owner, day in due if owner == user.id} == days
        for owner, day in due:
            assert await store.metrics.roll_up(owner, day)
            assert await store.metrics.roll_up(owner, day), "once more changes nothing"
        assert await store.metrics.due(MONTH, MONTH + timedelta(days=30), most=100) == []
        for name in FIGURES:
            stored = await store.metrics.list(user.id, name, begin, begin + timedelta(days=30))
            assert {row.day: row.data for row in stored if row.data} == recomputed(name, rows, events), name
        both = await store.metrics.list_all(DAILY, begin, begin)
        assert {row.user_id for row in both} == {user.id, stranger.id}

    async def test_figures_stay_when_a_database_goes(self, store: MetadataStore) -> None:
        """Figures stay when a database goes: what was searched in it was, whether it has been rolled up or not."""
        user = await a_user(store)
        database, kept = a_database(user.id), a_database(user.id, database_name="kept")
        for one in (database, kept):
            await store.databases.add(one)
        codes = (None, "TIMEOUT", "SEARCH_FAILED")
        rows = [a_search(user.id, database_id=database.id, error_code=code, execution_time_ms=9) for code in codes]
        rows += [a_search(user.id, database_id=database.id) for _ in range(2500)]
        shares = (SearchedDatabase(database.id, "ok", 1, 7), SearchedDatabase(kept.id, "ok", 1, 8))
        rows += [a_search(user.id, databases=shares), a_search(user.id, database_id=kept.id)]
        await store.searches.add_many(rows)
        begin = datetime.combine(NOON.date(), time(), UTC)
        spans = [(begin, begin + timedelta(days=1))]
        before = await store.metrics.compute(user.id, DATABASES, spans)
        assert before[NOON.date()]["live"][database.id][0] == 2504
        assert not await store.databases.remove(new_id(), database.id)
        assert await store.databases.remove(user.id, database.id)
        assert await store.metrics.compute(user.id, DATABASES, spans) == before
        assert await store.metrics.roll_up(user.id, NOON.date())
        (stored,) = await store.metrics.list(user.id, DATABASES, begin, begin)
        assert stored.data == before[NOON.date()]
        found = {row.id: row for row in await store.searches.list(user.id, limit=3000, offset=0)}
        statuses = [found[row.id].databases[0].status for row in rows[:3]]
        assert statuses == ["ok", "timeout", "error"]
        assert (found[rows[0].id].database_id, found[rows[-1].id].database_id) == (None, kept.id)

    async def test_figures_are_never_out_of_date(self, store: MetadataStore) -> None:
        """Figures are never out of date: a late row deletes those of its day, an event that of clicks alone."""
        user = await a_user(store)
        row = a_search(user.id)
        await store.searches.add_many([row, a_search(user.id, created_at=NOON - timedelta(days=1))])
        days = [NOON.date(), NOON.date() - timedelta(days=1)]

        async def stored(name: str) -> set[date]:
            return {one.day for one in await store.metrics.list(user.id, name, NOON - timedelta(days=9), NOON)}

        for day in days:
            assert await store.metrics.roll_up(user.id, day)
        await store.metrics.put(MetricRow(new_id(), user.id, days[0], "of a plugin", 1))
        assert await stored(DAILY) == await stored(CLICKS) == set(days)
        event = ResultEvent(row.id, user.id, "click", "d:t:1", NOON, 3)
        assert await store.searches.add_result_event(event, row.created_at)
        assert (await stored(DAILY), await stored(CLICKS)) == (set(days), {days[1]})
        assert await store.metrics.roll_up(user.id, days[0])
        assert not await store.searches.add_result_event(event, row.created_at)
        assert await stored(CLICKS) == set(days), "the same told twice is nothing new"
        await store.searches.add_many([a_search(user.id)])
        assert await stored(DAILY) == await stored(LATENCY) == {days[1]}
        assert await stored("of a plugin") == {days[0]}
        assert await store.metrics.due(days[1], days[0], most=9) == [(user.id, days[0])]
        assert await store.metrics.forget(days[1], days[0]) == len(FIGURES)
        assert await stored("of a plugin") == {days[0]}

    async def test_final_figures_stay(self, store: MetadataStore) -> None:
        """Final figures stay when their rows go."""
        user = await a_user(store)
        await store.searches.add_many([a_search(user.id, environment="live")])
        assert await store.metrics.roll_up(user.id, NOON.date(), final=True)
        assert await store.searches.prune(user.id, NOON + timedelta(days=1), most=9) == 1
        assert not await store.metrics.roll_up(user.id, NOON.date())
        assert await store.metrics.forget(NOON.date(), NOON.date()) == 0
        await store.searches.add_many([a_search(user.id)])
        (row,) = await store.metrics.list(user.id, DAILY, NOON, NOON)
        assert (row.data["live"]["searches"], row.data["final"]) == (1, True)

    async def test_days_without_searches_have_no_figures(self, store: MetadataStore) -> None:
        """Days without searches have no figures."""
        user = await a_user(store)
        assert await store.metrics.roll_up(user.id, NOON.date())
        assert await store.metrics.list(user.id, DAILY, NOON, NOON) == []
        with pytest.raises(NotFound):
            await store.metrics.roll_up(new_id(), NOON.date())
