"""Reading migration files, planning them, and running the plan."""

from datetime import UTC, datetime

import pytest

from altus4_core.clock import SystemClock
from altus4_core.errors import MigrationFailed
from altus4_core.migrate.plan import MigrationsRefused, plan_down, plan_up, read_files
from altus4_core.migrate.run import run_steps
from altus4_core.testing.memory import MemoryMigrationStore

AT = datetime(2030, 5, 1, 12, 0, tzinfo=UTC)


def names(steps):
    return [(step.file.filename, step.way, step.begin, step.uncertain) for step in steps]


def refused(call, *arguments):
    with pytest.raises(MigrationsRefused) as caught:
        call(*arguments)
    for problem in caught.value.problems:
        assert "\n" not in problem.line()
    return [problem.line() for problem in caught.value.problems]


async def up(store, namespace, report=lambda _step, _done: None):
    files = read_files([namespace])
    async with store.session(wait=0) as session:
        applied = await session.applied()
        await run_steps(session, plan_up(files, applied), applied, SystemClock(), report)


async def down(store, namespace):
    files = read_files([namespace])
    async with store.session(wait=0) as session:
        applied = await session.applied()
        await run_steps(session, plan_down(files, applied), applied, SystemClock())


async def test_up_and_down(two):
    store = MemoryMigrationStore()
    said = []
    await up(store, two, lambda step, done: said.append((step.file.filename, step.way, done)))
    assert said == [("001_a", "up", 1), ("001_a", "up", 2), ("002_b", "up", 1), ("002_b", "up", 2)]
    assert store.tables == {"a", "a2", "b", "b2"}
    rows = list(await store.applied())
    assert [(row.filename, row.state, row.batch, row.statements_done) for row in rows] == [
        ("001_a", "applied", 1, 2),
        ("002_b", "applied", 1, 2),
    ]
    assert all(len(row.statement_hashes) == 2 and row.duration_ms >= 0 for row in rows)
    before = list(store.statements)
    await up(store, two)
    assert store.statements == before, "nothing was pending"
    await down(store, two)
    assert store.tables == set()
    assert list(await store.applied()) == []


async def test_batches(two, write):
    store = MemoryMigrationStore()
    await up(store, two)
    await up(store, write(n003_c_up="CREATE TABLE c (id INT)", n003_c_down="DROP TABLE c"))
    assert [(row.filename, row.batch) for row in await store.applied()] == [("001_a", 1), ("002_b", 1), ("003_c", 2)]


async def test_failing_statement_is_named_and_goes_on_when_it_was_corrected(two, write):
    store = MemoryMigrationStore()
    wrong = write(n002_b_up="CREATE TABLE b (id INT);\n\nNONSENSE TABLE b2 (id INT);\nCREATE TABLE b3 (id INT);")
    for _ in range(2):
        with pytest.raises(MigrationFailed) as caught:
            await up(store, wrong)
        assert caught.value.message.startswith("002_b up, statement 2 of 3 (line 3): ")
        assert "NONSENSE TABLE b2" in caught.value.message
        assert "\n" not in caught.value.message
    row = (await store.applied())[1]
    assert (row.filename, row.state, row.statements_done) == ("002_b", "failed-up", 1)
    await up(store, write(n002_b_up="CREATE TABLE b (id INT);\n\nCREATE TABLE b2 (id INT);\nCREATE TABLE b3 (id INT);"))
    assert store.statements.count("CREATE TABLE b (id INT)") == 1
    assert store.tables == {"a", "a2", "b", "b2", "b3"}
    assert [row.state for row in await store.applied()] == ["applied", "applied"]


async def test_table_of_somebody_else_is_not_taken_for_our_own_at_the_second_try(two):
    store = MemoryMigrationStore()
    store.tables.add("a2")
    for _ in range(3):
        with pytest.raises(MigrationFailed, match="statement 2 of 2"):
            await up(store, two)


class Killed(BaseException):
    pass


def kill_at(count, *, after):
    """Make a `before` that ends the run at the statement with this number; `after`: when it has had its effect."""
    seen = 0

    def before(store, statement):
        nonlocal seen
        seen += 1
        if seen == count:
            if after:
                store.tables.add(statement.split()[2]) if "CREATE" in statement else store.tables.discard(
                    statement.split()[2]
                )
            raise Killed

    return before


@pytest.mark.parametrize("after", [False, True])
@pytest.mark.parametrize("count", [1, 2, 3, 4])
async def test_cut_off_at_any_statement_up_finishes(two, count, after):
    store = MemoryMigrationStore()
    before = kill_at(count, after=after)
    store.before = lambda statement: before(store, statement)
    with pytest.raises(Killed):
        await up(store, two)
    await up(store, two)
    assert store.tables == {"a", "a2", "b", "b2"}
    assert [row.state for row in await store.applied()] == ["applied", "applied"]


@pytest.mark.parametrize("then", [up, down])
@pytest.mark.parametrize("after", [False, True])
@pytest.mark.parametrize("count", [1, 2, 3, 4])
async def test_rollback_cut_off_at_any_statement(two, count, after, then):
    store = MemoryMigrationStore()
    await up(store, two)
    before = kill_at(count, after=after)
    store.before = lambda statement: before(store, statement)
    with pytest.raises(Killed):
        await down(store, two)
    await then(store, two)
    assert store.tables == ({"a", "a2", "b", "b2"} if then is up else set())
    assert [row.state for row in await store.applied()] == (["applied"] * 2 if then is up else [])


@pytest.mark.parametrize("again", [1, 2, 3, 4])
@pytest.mark.parametrize("count", [1, 2, 3, 4])
async def test_file_that_was_never_whole_is_rolled_back_even_when_that_is_cut_off(two, count, again):
    store = MemoryMigrationStore()
    first, second = kill_at(count, after=True), kill_at(again, after=True)
    store.before = lambda statement: first(store, statement)
    with pytest.raises(Killed):
        await up(store, two)
    store.before = lambda statement: second(store, statement)
    try:
        await down(store, two)
    except Killed:
        await down(store, two)
    assert store.tables == set()
    assert list(await store.applied()) == []
