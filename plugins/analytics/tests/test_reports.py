"""Reports of a generated month are those of a plain recomputation, rolled up or not, late rows included."""

import math
import random
from collections import Counter
from datetime import UTC, date, datetime, timedelta

import attrs
import pytest
from altus4_analytics.admin import AdminReports
from altus4_analytics.lately import Advice
from altus4_analytics.period import Days
from altus4_analytics.reader import FigureReader
from altus4_analytics.reports import Reports
from altus4_analytics.roller import Roller

from altus4_core.indexgaps import MEMBER, IndexGap, written
from altus4_core.progress import SilentProgress
from altus4_core.searchlog import DAILY, DATABASES, KEYS, LATENCY, MODES, ResultEvent
from altus4_core.stored import MetricRow
from altus4_core.testing.clock import HeldClock
from altus4_core.testing.contracts.metadata.rows import a_database, a_search, new_id
from altus4_core.testing.memory import MemoryStore

TODAY = datetime(2030, 5, 30, 15, 0, tzinfo=UTC)
MONTH = Days(date(2030, 5, 1), date(2030, 5, 30))
ME, OTHER = "user-1", "user-2"


def failing(chance):
    """Make one search of six one that failed."""
    code = chance.choice(["TIMEOUT", "SEARCH_FAILED", *[None] * 10])
    return lambda row: row if code is None else attrs.evolve(row, error_code=code, result_count=0)


def log(user_id, number, seed):
    chance = random.Random(seed)
    return [
        failing(chance)(
            a_search(
                user_id,
                query=chance.choice(["kettle", "Kettle", "spoon", "slow one", "nothing"]),
                search_mode=chance.choice(["natural", "boolean"]),
                created_at=TODAY - timedelta(seconds=chance.randrange(29 * 86_400)),
                database_id=chance.choice(["d1", "d2"]),
                result_count=chance.choice([0, 3, 40]),
                execution_time_ms=int(chance.lognormvariate(3, 1)),
                environment=chance.choice(["live", None, "test"]),
                api_key_id=chance.choice(["k1", None]),
            )
        )
        for _ in range(number)
    ]


@pytest.fixture
def store():
    return MemoryStore()


@pytest.fixture
def clock():
    return HeldClock(TODAY)


@pytest.fixture
def reader(store, clock):
    return FigureReader(lambda: store, clock)


async def check(reader, rows, environment="live"):
    own = [row for row in rows if (row.environment == "test") == (environment == "test")]
    reports = Reports(reader)
    performance = await reports.performance(ME, MONTH, environment)
    assert performance.summary.total_queries == len(own)
    answered = [row for row in own if row.error_code is None]
    failed = len(own) - len(answered)
    assert failed > 10
    times = sorted(row.execution_time_ms for row in answered)
    summary = performance.summary
    assert summary.average_response_time == round(sum(times) / len(times), 2)
    assert summary.average_results == round(sum(row.result_count for row in answered) / len(answered), 2)
    for percent, told in ((50, summary.p50), (95, summary.p95), (99, summary.p99)):
        true = times[math.ceil(percent / 100 * len(times)) - 1]
        assert abs(told - true) <= true * 0.004
    assert (summary.failed_queries, summary.failure_rate) == (failed, round(failed / len(own), 4))
    codes = Counter(row.error_code for row in own if row.error_code is not None)
    assert [(each.code, each.count) for each in summary.errors] == sorted(codes.items(), key=lambda c: (-c[1], c[0]))
    for day in performance.time_series_data:
        on_it = [row for row in own if row.created_at.date().isoformat() == day.date]
        took = [row.execution_time_ms for row in on_it if row.error_code is None]
        assert day.failed == len(on_it) - len(took)
        assert (day.min_response_time, day.max_response_time) == (min(took, default=None), max(took, default=None))
    by_day = Counter(row.created_at.date().isoformat() for row in own)
    assert {day.date: day.total_queries for day in performance.time_series_data if day.total_queries} == by_day
    assert len(performance.time_series_data) == 30
    modes = Counter(row.search_mode for row in own)
    assert {mode.search_mode: mode.count for mode in performance.search_mode_distribution} == modes
    modes_failed = Counter(row.search_mode for row in own if row.error_code is not None)
    assert {mode.search_mode: mode.failed for mode in performance.search_mode_distribution} == modes_failed
    for empty in (False, True):
        counts = Counter(row.query for row in answered if not empty or not row.result_count)
        found, unlisted = await reports.queries(ME, MONTH, environment, empty=empty, limit=10, offset=0)
        assert unlisted == 0
        assert {row.query_text: row.frequency for row in found} == counts
        assert [row.frequency for row in found] == sorted(counts.values(), reverse=True)
        for row in found:
            same = [one for one in answered if one.query == row.query_text and (not empty or not one.result_count)]
            assert row.avg_time == round(sum(one.execution_time_ms for one in same) / len(same), 2)
            assert row.last_used == max(one.created_at for one in same)
    usage = await reports.usage(ME, MONTH, environment)
    assert {used.id: used.searches for used in usage.keys} == Counter(row.api_key_id for row in own)
    assert {used.id: used.searches for used in usage.databases} == Counter(row.database_id for row in own)
    assert usage.total == len(own)
    assert sum(day.failed for day in usage.days) == sum(used.failed for used in usage.keys) == failed
    for used in usage.databases:
        took = [row.execution_time_ms for row in answered if row.database_id == used.id]
        assert used.avg_time == round(sum(took) / len(took), 2)
        assert used.searches - used.failed == len(took)
    dashboard = await reports.dashboard(ME, MONTH, environment, "month")
    assert dashboard.successful_searches == sum(row.result_count > 0 for row in own)
    empty_handed = sum(not row.result_count for row in answered)
    assert dashboard.summary.zero_result_rate == round(empty_handed / len(answered), 4)
    assert (dashboard.summary.failed_searches, dashboard.trends.failed_queries) == (failed, failed)
    assert (dashboard.trends.query_volume, dashboard.summary.growth.current_period) == (len(own), len(own))


@pytest.mark.parametrize("environment", ["live", "test"])
async def test_a_month(store, clock, reader, environment):
    rows = log(ME, 600, 1)
    await store.searches.add_many([*rows, *log(OTHER, 300, 2)])
    stored = await store.searches.list(ME, limit=1000, offset=0)
    await check(reader, stored, environment)
    roller = Roller(lambda: store, clock, 0, 1)
    assert await roller.roll_up(MONTH.first, MONTH.last) > 40
    assert await roller.roll_up(MONTH.first, MONTH.last) == 0
    await check(reader, stored, environment)
    at = TODAY - timedelta(days=9)
    late = attrs.evolve(
        rows[0], id=new_id(), created_at=at, environment=environment, result_count=0, error_code="TIMEOUT"
    )
    now = attrs.evolve(late, id=new_id(), created_at=TODAY)
    await store.searches.add_many([late, now])
    await check(reader, [*stored, late, now], environment)
    assert await roller.roll_up(MONTH.first, MONTH.last) == 1, "today is not over"
    await check(reader, [*stored, late, now], environment)
    await roller.rebuild(MONTH.first, MONTH.last, SilentProgress())
    await check(reader, [*stored, late, now], environment)


async def test_days_before_the_first_search_cost_a_rebuild_nothing(store, clock):
    class Steps(SilentProgress):
        taken = 0

        def advance(self, step, fraction):
            self.taken += 1

    steps, roller = Steps(), Roller(lambda: store, clock, 0, 1)
    first, last = date(2010, 1, 1), date(9999, 12, 31)
    assert await roller.rebuild(first, last, steps) == 0
    await store.searches.add_many(log(ME, 20, 1))
    assert await roller.rebuild(first, last, steps) > 0
    assert steps.taken < 100


async def test_a_day_that_is_being_pruned_counts_once(store, clock, reader):
    day = TODAY - timedelta(days=20)
    for user_id, number in ((ME, 4), ("user-2", 3)):
        await store.searches.add_many([a_search(user_id, created_at=day) for _ in range(number)])
    await store.metrics.roll_up(ME, day.date(), final=True)  # and its rows are about to go
    admin = AdminReports(reader)
    for _ in range(2):
        overview, performance = await admin.overview(MONTH, "live"), await admin.performance(MONTH, "live")
        assert overview.total_searches == performance.summary.total_queries == 7
        assert overview.daily_breakdown == performance.time_series_data
        await store.searches.prune(ME, day + timedelta(days=1), most=2)


async def test_pruned_days_keep_their_figures(store, clock, reader):
    await store.searches.add_many(log(ME, 600, 1))
    before = await Reports(reader).performance(ME, MONTH, "live")
    roller = Roller(lambda: store, clock, 0, 1)
    gone = await roller.prune(10)
    assert 300 < gone < 500
    assert await store.searches.count(ME) == 600 - gone
    assert await roller.prune(10) == 0
    await roller.rebuild(MONTH.first, MONTH.last, SilentProgress())
    assert await Reports(reader).performance(ME, MONTH, "live") == before


async def test_clicks_count_for_the_day_of_their_search(store, clock, reader):
    rows = [a_search(ME, result_count=5, created_at=TODAY - timedelta(days=2)) for _ in range(10)]
    failed = [attrs.evolve(row, id=new_id(), result_count=0, error_code="TIMEOUT") for row in rows]
    await store.searches.add_many([*rows, *failed])
    await Roller(lambda: store, clock, 0, 1).roll_up(MONTH.first, MONTH.last)
    for row, position in zip(rows[:4], (1, 1, 2, None), strict=True):
        event = ResultEvent(row.id, ME, "click", "d:t:1", TODAY, position)
        await store.searches.add_result_event(event, row.created_at)
    summary = (await Reports(reader).dashboard(ME, MONTH, "live", "month")).summary
    assert (summary.clicks, summary.click_through_rate, summary.mean_click_position) == (4, 0.4, 1.33)


async def test_insights_show_their_arithmetic(store, reader):
    quick = [a_search(ME, query="quick", result_count=3, execution_time_ms=10) for _ in range(90)]
    slow = [a_search(ME, query="slow one", result_count=3, execution_time_ms=900) for _ in range(10)]
    empty = [a_search(ME, query="unicorn", result_count=0, execution_time_ms=10) for _ in range(7)]
    rows = [attrs.evolve(row, created_at=TODAY) for row in (*quick, *slow, *empty)]
    before = [attrs.evolve(row, id=new_id(), created_at=TODAY - timedelta(days=30)) for row in rows[:50]]
    await store.searches.add_many([*rows, *before])
    found = {one.type: one for one in await Reports(reader).insights(ME, MONTH, "live")}
    assert found["performance"].data["queryText"] == "slow one"
    assert found["performance"].data["arithmetic"].startswith("9000 ms / 10 = 900 ms > ")
    assert (found["content"].data["queryText"], found["content"].data["searches"]) == ("unicorn", 7)
    assert found["trend"].data["arithmetic"] == "(107 - 50) / 50 = 114 %"
    assert await Reports(reader).insights(OTHER, MONTH, "live") == []


async def test_nothing_is_advised_from_searches_whose_databases_were_away(store, reader):
    away = {"search_params": {"limit": 20, "complete": False}, "created_at": TODAY}
    await store.searches.add_many([a_search(ME, query="unicorn", **away) for _ in range(20)])
    await store.searches.add_many([a_search(ME, query="tea", result_count=3, created_at=TODAY) for _ in range(20)])
    reports = Reports(reader)
    assert await reports.insights(ME, MONTH, "live") == []
    overview = await AdminReports(reader).overview(MONTH, "live")
    assert (overview.successful_searches, overview.zero_result_rate) == (20, 0.0)
    assert not (await reports.queries(ME, MONTH, "live", empty=True, limit=10, offset=0))[0]


async def test_the_most_frequent_error_is_named(store, reader):
    codes = [*["TIMEOUT"] * 4, *["SEARCH_FAILED"] * 5, *[None] * 91]
    await store.searches.add_many([a_search(ME, created_at=TODAY, result_count=1, error_code=code) for code in codes])
    (found,) = await Reports(reader).insights(ME, MONTH, "live")
    assert found.description == "9 % of the searches failed, most often with SEARCH_FAILED (5)."
    assert found.data["arithmetic"] == "9 / 100 = 9 % > 1%"
    assert found.data["errors"] == {"SEARCH_FAILED": 5, "TIMEOUT": 4}


async def test_days_rolled_up_before_failures_were_logged_are_read(store, clock, reader):
    """As an earlier release stored them, for good: their rows are gone."""
    await store.searches.add_many([a_search(ME, created_at=TODAY, result_count=1, error_code="TIMEOUT")])
    day = MONTH.first
    earlier = {
        DAILY: {"searches": 9, "noResults": 2, "totalMs": 90, "minMs": 5, "maxMs": 20, "totalResults": 18},
        LATENCY: {"10": 9},
        MODES: {"natural": [9, 90]},
        KEYS: {"": [9, 90]},
        DATABASES: {"d1": [9, 90]},
    }
    for name, figure in earlier.items():
        await store.metrics.put(MetricRow(new_id(), ME, day, name, {"live": figure, "final": True}))
    performance = await Reports(reader).performance(ME, MONTH, "live")
    summary = performance.summary
    assert (summary.total_queries, summary.failed_queries, summary.failure_rate) == (10, 1, 0.1)
    assert (summary.average_response_time, summary.p95) == (10.0, 10)
    assert [(mode.count, mode.failed, mode.avg_time) for mode in performance.search_mode_distribution] == [(10, 1, 10)]
    usage = await Reports(reader).usage(ME, MONTH, "live")
    assert [(used.id, used.searches, used.failed) for used in usage.databases] == [("d1", 9, 0)]
    assert [(used.searches, used.failed, used.avg_time) for used in usage.keys] == [(10, 1, 10)]
    assert (await AdminReports(reader).overview(MONTH, "live")).zero_result_rate == round(2 / 9, 4)


async def test_indexes_that_were_missed(store, clock, reader):
    shop, gone = attrs.evolve(a_database(ME), name="shop"), a_database(ME)
    for database in (shop, gone):
        await store.databases.add(database)

    def missing(database, number, *, columns=(), reason="NO_FULLTEXT_INDEX", **changes):
        gap = IndexGap(database.id, "articles", columns, reason, "ALTER TABLE `articles` ...")
        params = {"limit": 20, MEMBER: written([gap])}
        at = TODAY - timedelta(days=2)
        changes = {"execution_time_ms": 10, "database_id": database.id, "result_count": 3, **changes}
        return [a_search(ME, created_at=at, search_params=params, **changes) for _ in range(number)]

    await store.searches.add_many(
        [
            *missing(shop, 6),
            *missing(shop, 7, columns=("body", "title"), reason="COLUMNS_NOT_EXACT"),
            *missing(shop, 4, columns=("note",), reason="COLUMNS_NOT_INDEXED"),
            *missing(shop, 9, environment="test"),
            *missing(gone, 20),
            *[a_search(ME, database_id=shop.id, created_at=TODAY, execution_time_ms=10) for _ in range(7)],
        ]
    )
    await store.databases.remove(ME, gone.id)
    for _ in range(2):
        found = [one for one in await Reports(reader).insights(ME, MONTH, "live") if one.type == "index"]
        assert [(one.data["columns"], one.data["searches"]) for one in found] == [(["body", "title"], 7), ([], 6)]
        assert found[0].data["arithmetic"] == "7 searches / 24 of the database = 29.2 %"
        assert found[0].data["lastSearched"] == "2030-05-28T15:00:00.000Z"
        assert found[0].data["sqlSuggestion"].startswith("ALTER TABLE")
        assert found[1].description == (
            "Table 'articles' of database 'shop' was asked for in 6 searches; it has no FULLTEXT index and was skipped."
        )
        dashboard = await Reports(reader).dashboard(ME, MONTH, "live", "month")
        assert [one for one in dashboard.insights if one.type == "index"] == found
        await Roller(lambda: store, clock, 0, 1).roll_up(MONTH.first, MONTH.last)
    (advised,) = [one for one in await Advice(reader).of(ME, "test") if one["type"] == "index"]
    assert (advised["impact"], advised["sqlSuggestion"]) == ("high", "ALTER TABLE `articles` ...")
    assert advised["description"].startswith("In the last 7 days: Table 'articles'")


async def test_administrators_see_everybody(store, clock, reader):
    rows = [*log(ME, 200, 1), *log(OTHER, 100, 2)]
    await store.searches.add_many(rows)
    live = [row for row in rows if row.environment != "test"]
    for _ in range(2):
        admin = AdminReports(reader)
        overview = await admin.overview(MONTH, "live")
        assert (overview.total_searches, overview.active_users) == (len(live), 2)
        failed = [row for row in live if row.error_code is not None]
        assert (overview.failed_searches, overview.failure_rate) == (len(failed), round(len(failed) / len(live), 4))
        assert {each.code: each.count for each in overview.errors} == Counter(row.error_code for row in failed)
        assert overview.successful_searches == sum(row.result_count > 0 for row in live)
        activity = await admin.activity(MONTH, "live", 10, 0)
        assert {row.user_id: row.searches for row in activity} == Counter(row.user_id for row in live)
        assert {row.user_id: row.failed for row in activity} == Counter(row.user_id for row in failed)
        assert (await admin.activity(MONTH, "live", 1, 1)) == activity[1:]
        assert (await admin.performance(MONTH, "live")).summary.total_queries == len(live)
        await Roller(lambda: store, clock, 0, 1).roll_up(MONTH.first, MONTH.last)


async def test_everybody_together_is_the_same_whoever_is_rolled_up(store, clock, reader):
    rows = [*log(ME, 300, 1), *log(OTHER, 200, 2)]
    await store.searches.add_many(rows)
    admin = AdminReports(reader)
    plain = await admin.performance(MONTH, "live")
    assert plain.summary.total_queries == sum(row.environment != "test" for row in rows)
    for day in MONTH.each()[5:20:2]:  # one of them, as when a node stops in the middle
        await store.metrics.roll_up(ME, day)
    assert await admin.performance(MONTH, "live") == plain
    await Roller(lambda: store, clock, 0, 1).prune(keep_days=15)
    assert await admin.performance(MONTH, "live") == plain
    mine = await Reports(reader).performance(ME, MONTH, "live")
    others = await Reports(reader).performance(OTHER, MONTH, "live")
    assert mine.summary.total_queries + others.summary.total_queries == plain.summary.total_queries


async def test_reports_about_many_users_ask_for_all_at_once(store, reader, monkeypatch):
    await store.searches.add_many([a_search(f"user-{n}", created_at=TODAY, environment="live") for n in range(40)])
    asked, compute = [], store.metrics.compute

    async def counted(*arguments):
        asked.append(arguments)
        return await compute(*arguments)

    monkeypatch.setattr(store.metrics, "compute", counted)
    assert (await AdminReports(reader).performance(MONTH, "live")).summary.total_queries == 40
    assert len(asked) == 3
