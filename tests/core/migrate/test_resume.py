"""A run that was cut off: what is set again, what is refused, what is named."""

from datetime import UTC, datetime

import pytest

from altus4_core.clock import SystemClock
from altus4_core.migrate.files import digest
from altus4_core.migrate.plan import MigrationsRefused, out_of_order, plan_down, plan_up, read_files
from altus4_core.migrate.run import run_steps
from altus4_core.seams import Migrations
from altus4_core.store import AppliedMigration
from altus4_core.testing.memory import MemoryMigrationStore

AT = datetime(2030, 1, 1, tzinfo=UTC)


@pytest.fixture
def files(tmp_path):
    """Write one file in two directions and read it."""

    def write(up, down="DROP TABLE a;", name="001_a"):
        (tmp_path / f"{name}.up.sql").write_text(up)
        (tmp_path / f"{name}.down.sql").write_text(down)
        return read_files([Migrations("", str(tmp_path))])

    return write


def cut_off(file, state, done):
    statements = file.up if state.endswith("up") else file.down
    hashes = tuple(digest(statement) for statement in statements[:done])
    return AppliedMigration(file.filename, AT, 1, file.checksum, state, done, hashes)


def test_statement_in_doubt_is_refused_with_its_text(files):
    found = files("CREATE TABLE a (id INT);\n\nCALL fill('a');\n")
    with pytest.raises(MigrationsRefused) as caught:
        plan_up(found, [cut_off(found[0], "going-up", 1)])
    (problem,) = caught.value.problems
    line = problem.line()
    assert "\n" not in line
    assert "statement 2 of its up script may have run when a run was cut off: CALL fill('a')" in line
    assert "001_a.up.sql:3" in line
    assert "if so: altus4 migrate repair --ran 001_a; if not: altus4 migrate repair --not-run 001_a" in line


def test_what_the_refusal_says_helps(files):
    found = files("CREATE TABLE a (id INT); CALL fill('a');")
    (step,) = plan_up(found, [cut_off(found[0], "failed-up", 1)])
    assert step.begin == 1
    row = cut_off(found[0], "going-up", 1)
    row = AppliedMigration(row.filename, AT, 1, row.checksum, row.state, 2, row.statement_hashes)
    (step,) = plan_up(found, [row])
    assert step.begin == 2, "nothing is left to run but the note that it is applied"


def test_rollback_in_doubt_is_refused(files):
    found = files("CREATE TABLE a (id INT);", "CALL empty_it(); DROP TABLE a;")
    rows = [cut_off(found[0], "going-down", 0)]
    for plan in (plan_up, plan_down):
        with pytest.raises(MigrationsRefused, match=r"CALL empty_it\(\)"):
            plan(found, rows)


@pytest.mark.parametrize("statement", ["INSERT INTO a VALUES (1)", "CREATE TABLE b (id INT)", "SET @x = 1"])
def test_others_are_repeated(files, statement):
    found = files(f"CREATE TABLE a (id INT); {statement};")
    (step,) = plan_up(found, [cut_off(found[0], "going-up", 1)])
    assert (step.begin, step.uncertain) == (1, 2)


async def test_session_is_set_again(files):
    found = files(
        "SET @prefix = 'x'; CREATE TABLE a (id INT); SET foreign_key_checks = 0; SET GLOBAL x = 1; DROP TABLE b;"
    )
    store = MemoryMigrationStore()
    store.rows["001_a"] = cut_off(found[0], "going-up", 4)
    store.tables = {"a", "b"}
    async with store.session(wait=0) as session:
        applied = await session.applied()
        await run_steps(session, plan_up(found, applied), applied, SystemClock())
    assert store.statements == ["SET @prefix = 'x'", "SET foreign_key_checks = 0", "DROP TABLE b"]
    assert store.rows["001_a"].state == "applied"


async def test_file_of_which_nothing_is_left_to_run_is_reported(files):
    found = files("CREATE TABLE a (id INT);")
    store = MemoryMigrationStore()
    store.rows["001_a"] = cut_off(found[0], "going-up", 1)
    reported = []
    async with store.session(wait=0) as session:
        applied = await session.applied()
        steps = plan_up(found, applied)
        await run_steps(session, steps, applied, SystemClock(), lambda step, done: reported.append((step.way, done)))
    assert reported == [("up", 1)]
    assert store.rows["001_a"].state == "applied"


def test_out_of_order(files):
    for name in ("002_b", "003_c", "004_d"):
        files("SELECT 1;", name=name)
    found = files("SELECT 1;")
    assert out_of_order(found, []) == []
    rows = [cut_off(file, "applied-up", 1) for file in found]
    assert out_of_order(found, rows[:2]) == []
    assert out_of_order(found, [rows[1], rows[2]]) == ["001_a"]
    assert out_of_order(found, [rows[3]]) == ["001_a", "002_b", "003_c"]
