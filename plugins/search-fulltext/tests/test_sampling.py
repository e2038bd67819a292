"""Samples of real tables: spread over the key, bounded, the same again, and in the background."""

import asyncio
import logging
import time
import uuid
from collections.abc import AsyncIterator
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

import attrs
import pytest
from altus4_mysql import Pool, QueryFailed
from altus4_sandbox.address import ServerAddress
from altus4_search_fulltext.planner import TablePlan, plan_table
from altus4_search_fulltext.ranking.sampler import Sampler
from altus4_search_fulltext.ranking.samples import Place, Samples
from altus4_search_fulltext.ranking.sampling import CHARACTERS, ROWS, sampled_rows, spread
from altus4_search_fulltext.tokens import rules_of

from altus4_core.testing.clock import HeldClock

from .support import Target, opened

pytestmark = pytest.mark.mysql

MANY = 6000
KEYS = {
    "numbers": ("id INT PRIMARY KEY", lambda number: (number * 7,)),
    "negatives": ("id BIGINT PRIMARY KEY", lambda number: (number - 3000,)),
    "uuids": ("id CHAR(36) PRIMARY KEY", lambda number: (str(uuid.UUID(int=number * 2**115 % 2**128)),)),
    "bytes": ("id BINARY(16) PRIMARY KEY", lambda number: ((number * 2**115 % 2**128).to_bytes(16, "big"),)),
    "pairs": ("a INT, b INT, PRIMARY KEY (a, b)", lambda number: (number // 10, number % 10)),
    "days": ("id DATETIME PRIMARY KEY", lambda number: (datetime(2020, 1, 1) + timedelta(hours=number),)),
    "prices": ("id DECIMAL(10,2) PRIMARY KEY", lambda number: (Decimal(number) / 4,)),
    "keyless": ("id INT", lambda number: (number,)),
}


async def _fill(pool: Pool) -> None:
    for name, (columns, key) in KEYS.items():
        await pool.fetch(f"CREATE TABLE {name} ({columns}, body TEXT, FULLTEXT KEY ft (body)) ENGINE=InnoDB")
        for start in range(0, MANY, 2000):
            rows = [(*key(number), f"the word{number // 60} and more") for number in range(start, start + 2000)]
            one = f"({', '.join(['%s'] * len(rows[0]))})"
            await pool.fetch(
                f"INSERT INTO {name} VALUES {', '.join([one] * len(rows))}", [v for row in rows for v in row]
            )
    await pool.fetch("CREATE TABLE small (id INT PRIMARY KEY, title TEXT, body TEXT, FULLTEXT KEY ft (title, body))")
    await pool.fetch("INSERT INTO small VALUES (1, NULL, %s), (2, 'two', ''), (3, NULL, NULL)", ("x" * 5000,))


@pytest.fixture
async def target(any_server: ServerAddress) -> AsyncIterator[Target]:
    async with opened(any_server, _fill) as opened_target:
        yield opened_target


def plan_of(target: Target, name: str) -> TablePlan:
    table = target.known.table(name)
    assert table is not None
    plan = plan_table(
        target.known.server, table, None, lambda table, index: rules_of(target.known.server, table, index)
    )
    assert isinstance(plan, TablePlan)
    return plan


def place_of(target: Target, plan: TablePlan) -> Place:
    return Place(target.id, 1, plan.table.name, plan.index.name, plan.index.columns)


async def read(target: Target, name: str) -> list[tuple[Any, list[str]]]:
    return [(row.key, list(row.texts)) async for rows in sampled_rows(target, plan_of(target, name)) for row in rows]


async def test_samples_are_spread_over_the_whole_table_and_bounded(target: Target) -> None:
    for name in KEYS:
        target.statements.clear()
        rows = await read(target, name)
        assert ROWS // 3 <= len(rows) <= ROWS, name
        assert await read(target, name) == rows, f"{name} is read differently the second time"
        assert not any("RAND" in statement for statement in target.statements)
        words = {text.split()[1] for _, (text,) in rows}
        if name != "keyless":
            assert len(target.statements) <= 24
            assert len({key for key, _ in rows}) == len(rows)
            assert len(words) >= 30, f"{name} is read in few places only: {sorted(words)}"


async def test_no_statement_reads_more_than_it_gives(target: Target, any_server: ServerAddress) -> None:
    """Each place is a range of the key with a LIMIT: the server reads the rows it sends."""
    if target.known.server.flavour == "mariadb":
        pytest.skip("its EXPLAIN does not show a limit's effect")
    await read(target, "numbers")
    statement = next(statement for statement in target.statements if "UNION ALL" in statement)
    plan = await target.pool.fetch(f"EXPLAIN FORMAT=TRADITIONAL {statement}", [0] * statement.count("%s"))
    by_name = [dict(zip([column.name for column in plan.columns], row, strict=True)) for row in plan]
    assert {row["type"] for row in by_name if row["table"] == "numbers"} == {"range"}
    assert all("filesort" not in (row["Extra"] or "") for row in by_name)


async def test_a_small_table_is_read_whole_and_cut(target: Target) -> None:
    assert await read(target, "small") == [((1,), ["x" * CHARACTERS]), ((2,), ["two"]), ((3,), [])]


@pytest.mark.parametrize(
    ("low", "high", "count"),
    [
        (1, 10**18, 100), (-5, 5, 10), (7, 7, 1), (1.5, 2.5, 100), (Decimal(1), Decimal("1.01"), 100),
        (date(2020, 1, 1), date(2021, 1, 1), 100), (timedelta(0), timedelta(1), 100),
        (b"\0\0", b"\xff\xff", 100), ("a", "z", 100), ("user-0001", "user-9999", 100), ("日本", "日本", 1),
        ("", "zz", 100),
        (None, None, 0), ((1,), (2,), 0),
    ],
)  # fmt: skip
def test_places_lie_in_order_between_the_ends(low: Any, high: Any, count: int) -> None:
    places = spread(low, high, 100)
    assert len(places) == count
    assert places == sorted(places)
    assert not places or places[-1] <= high


@pytest.fixture
def clock() -> HeldClock:
    return HeldClock()


@pytest.fixture
async def sampler(clock: HeldClock) -> AsyncIterator[Sampler]:
    made = Sampler(Samples(8 << 20, clock.monotonic), clock.monotonic, logging.getLogger("test"), refresh=900)
    made.start()
    yield made
    await made.aclose()


async def until(ready: Any, seconds: float = 10) -> None:
    ends = time.monotonic() + seconds
    while not ready():
        assert time.monotonic() < ends, "it did not come"
        await asyncio.sleep(0.01)


async def test_only_what_is_wanted_is_read_and_again_when_it_is_old(
    target: Target, sampler: Sampler, clock: HeldClock
) -> None:
    plan = plan_of(target, "small")
    place = place_of(target, plan)
    assert sampler.current(place, target, plan) is None
    await until(lambda: len(sampler.samples) == 1)
    first = sampler.current(place, target, plan)
    assert first is not None
    assert (first.sampled, first.rows, first.count("two")) == (3, 3, 1)
    assert [each.table for each in sampler.of(target.id)] == ["small"]
    read_once = len(target.statements)
    clock.advance(899)
    assert sampler.current(place, target, plan) is first
    await asyncio.sleep(0.05)
    assert len(target.statements) == read_once
    clock.advance(2)
    assert sampler.current(place, target, plan) is first, "the old one serves until the new one is there"
    await until(lambda: sampler.samples.age(place) == 0)
    assert len(target.statements) == 2 * read_once
    again = sampler.current(place, target, plan)
    assert again is not None
    assert again.generation == first.generation


async def test_searches_never_wait_for_it(target: Target, sampler: Sampler) -> None:
    """Asking for statistics takes no time, and reading them gives the event loop back at once."""
    held = 0.0
    for name in KEYS:
        plan = plan_of(target, name)
        started = time.perf_counter()
        assert sampler.current(place_of(target, plan), target, plan) is None
        held = max(held, time.perf_counter() - started)
    assert held < 0.05
    longest = 0.0
    while len(sampler.samples) < len(KEYS):
        started = time.perf_counter()
        await asyncio.sleep(0)
        longest = max(longest, time.perf_counter() - started)
    assert longest < 0.15


async def test_work_goes_to_the_connection_aside(target: Target, sampler: Sampler) -> None:
    class WithAside(Target):
        def __init__(self, inner: Target) -> None:
            super().__init__(inner.pool, inner.known)
            self.aside = 0

        async def fetch_aside(self, sql: str, params: Any = (), *, deadline: float, limits: Any = None) -> Any:
            self.aside += 1
            return await self.pool.fetch(sql, params, deadline=deadline, limits=limits)

    plan, beside = plan_of(target, "numbers"), WithAside(target)
    sampler.current(place_of(target, plan), beside, plan)
    await until(lambda: len(sampler.samples) == 1)
    assert beside.aside >= 11
    assert beside.statements == []


async def test_a_failure_is_tried_again_later_and_ends_nothing(
    target: Target, sampler: Sampler, clock: HeldClock
) -> None:
    plan = plan_of(target, "small")
    broken = attrs.evolve(plan, table=attrs.evolve(plan.table, name="gone"))
    gone = place_of(target, broken)
    with pytest.raises(QueryFailed):
        await anext(sampled_rows(target, broken))
    target.statements.clear()
    for _ in range(20):
        assert sampler.current(gone, target, broken) is None
        await asyncio.sleep(0.01)
    assert len(target.statements) == 1
    sampler.current(place_of(target, plan), target, plan)
    await until(lambda: len(sampler.samples) == 1)
    clock.advance(61)
    sampler.current(gone, target, broken)
    await until(lambda: sum("gone" in statement for statement in target.statements) == 2)


async def test_after_its_end_it_does_nothing(target: Target, sampler: Sampler) -> None:
    await sampler.aclose()
    plan = plan_of(target, "small")
    assert sampler.current(place_of(target, plan), target, plan) is None
    await asyncio.sleep(0.05)
    assert target.statements == []
