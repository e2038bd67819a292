"""Reading migration files, planning them, and running the plan."""

from datetime import UTC, datetime

import attrs
import pytest

from altus4_core.clock import SystemClock
from altus4_core.errors import MigrationFailed
from altus4_core.migrate import MigrationsRefused, drift, pending, plan_down, plan_up, read_files, status
from altus4_core.migraterun import run_steps
from altus4_core.migrationfiles import checksum, digest
from altus4_core.seams import Migrations
from altus4_core.store import AppliedMigration
from altus4_core.testing.memory import MemoryMigrationStore

AT = datetime(2030, 5, 1, 12, 0, tzinfo=UTC)


@pytest.fixture
def write(tmp_path):
    """Write scripts of a namespace: `write("", a_up="...")` makes `a.up.sql`; gives the namespace."""

    def make(name="", after=(), **scripts):
        folder = tmp_path / (name or "metadata")
        folder.mkdir(exist_ok=True)
        for script, text in scripts.items():
            stem, way = script.removeprefix("n").rsplit("_", 1)
            (folder / f"{stem}.{way}.sql").write_bytes(text if isinstance(text, bytes) else text.encode())
        return Migrations(name, str(folder), after)

    return make


@pytest.fixture
def two(write):
    """Two files of two statements each."""
    return write(
        n001_a_up="CREATE TABLE a (id INT);\nCREATE TABLE a2 (id INT);",
        n001_a_down="DROP TABLE a2;\nDROP TABLE a;",
        n002_b_up="CREATE TABLE b (id INT);\nCREATE TABLE b2 (id INT);",
        n002_b_down="DROP TABLE b2;\nDROP TABLE b;",
    )


def names(steps):
    return [(step.file.filename, step.way, step.begin, step.uncertain) for step in steps]


def refused(call, *arguments):
    with pytest.raises(MigrationsRefused) as caught:
        call(*arguments)
    for problem in caught.value.problems:
        assert "\n" not in problem.line()
    return [problem.line() for problem in caught.value.problems]


# Files


def test_files_run_in_the_order_of_their_numbers(write):
    namespace = write(n010_c_up="C", n1000_d_up="D", n002_b_up="B", n001_z_up="Z")
    assert [file.filename for file in read_files([namespace])] == ["001_z", "002_b", "010_c", "1000_d"]


def test_namespaces_come_after_what_they_name_and_after_the_metadata_schema(write):
    metadata = write("", n001_a_up="A")
    first = write("zebra", n001_a_up="A")
    second = write("apple", ("zebra",), n001_a_up="A")
    third = write("mango", ("metadata",), n001_a_up="A")
    files = read_files([second, third, first, metadata])
    assert [file.filename for file in files] == ["001_a", "zebra/001_a", "apple/001_a", "mango/001_a"]


def test_namespaces_in_a_circle(write):
    one, other = write("one", ("other",), n001_a_up="A"), write("other", ("one",), n001_a_up="A")
    assert "one: migration namespaces follow each other in a circle" in refused(read_files, [one, other])
    assert refused(read_files, [write("", ("one",), n001_a_up="A"), write("one", n001_a_up="A")])


def test_namespace_after_one_that_is_not_there(write):
    assert refused(read_files, [write("one", ("gone",), n001_a_up="A")]) == [
        "one: comes after 'gone', which no enabled plugin offers"
    ]


def test_namespace_offered_twice(write):
    line = refused(read_files, [write("one", n001_a_up="A"), write("one", n001_a_up="A")])[0]
    assert line.startswith("one: this migration namespace is offered twice")


@pytest.mark.parametrize(
    ("scripts", "problem"),
    [
        ({"n001_a_up": "A", "n001_b_up": "B"}, "metadata: 001_a and 001_b have the same number"),
        ({"n001_a_up": "A", "n0001_b_up": "B"}, "metadata: 0001_b and 001_a have the same number"),
        ({"n001_a_down": "A"}, "metadata: 001_a has a down script but no up script"),
        ({"n001_a_up": ""}, "metadata: holds no statement"),
        ({"n001_a_up": "-- nothing\n;"}, "metadata: holds no statement"),
        ({"n001_a_up": "SELECT 1;\nSELECT 'a"}, "metadata: line 2: ' is not closed"),
        ({"n001_a_up": b"SELECT '\xff'"}, "metadata: is not UTF-8 text"),
        ({"n01_a_up": "A"}, "metadata: the name is not NNN_name.up.sql"),
        ({"n001_A_up": "A"}, "metadata: the name is not NNN_name.up.sql"),
        ({"n001_a_Up": "A"}, "metadata: the name is not NNN_name.up.sql"),
        ({"n001-a_up": "A"}, "metadata: the name is not NNN_name.up.sql"),
    ],
)
def test_wrong_files_are_refused_with_their_place(write, scripts, problem, tmp_path):
    lines = refused(read_files, [write(**scripts)])
    assert len(lines) == 1
    assert lines[0].startswith(problem)
    assert str(tmp_path / "metadata") in lines[0]


def test_all_problems_are_told_together(write, tmp_path):
    wrong = write("", n001_a_up="'", n002_b_up="", n002_c_up="C")
    assert len(refused(read_files, [wrong, Migrations("gone", str(tmp_path / "gone"))])) == 4


def test_other_files_are_left_alone(write, tmp_path):
    namespace = write(n001_a_up="A")
    (tmp_path / "metadata" / "README.txt").write_text("read me")
    (tmp_path / "metadata" / "__init__.py").write_text("")
    assert len(read_files([namespace])) == 1


def test_checksum_does_not_depend_on_how_a_file_was_saved(write):
    text = "CREATE TABLE a (id INT);\n-- ü\nSELECT 1;\n"
    plain = read_files([write("", n001_a_up=text)])[0]
    for saved in (text.replace("\n", "\r\n"), f"\ufeff{text}", f"{text}\n\n", f"\ufeff{text}".replace("\n", "\r\n")):
        again = read_files([write("", n001_a_up=saved)])[0]
        assert again.checksum == plain.checksum
        assert [digest(statement) for statement in again.up] == [digest(statement) for statement in plain.up]
    assert checksum(text) != checksum(text.replace("ü", "u"))


# Plans


def applied_rows(files, *states):
    rows = []
    for file, given in zip(files, states, strict=False):
        state, _, done = given.partition(" ")
        script = (file.up if state in {"going-up", "failed-up"} else file.down) or ()
        hashes = tuple(digest(statement) for statement in script[: int(done or 0)])
        rows.append(AppliedMigration(file.filename, AT, 1, file.checksum, state, int(done or 0), hashes))
    return rows


@pytest.mark.parametrize(
    ("states", "steps"),
    [
        ([], [("001_a", "up", 0, 0), ("002_b", "up", 0, 0)]),
        (["applied"], [("002_b", "up", 0, 0)]),
        (["applied", "applied"], []),
        (["applied", "going-up 0"], [("002_b", "up", 0, 1)]),
        (["applied", "going-up 1"], [("002_b", "up", 1, 2)]),
        (["applied", "failed-up 1"], [("002_b", "up", 1, 1)]),
        (["applied", "going-up 2"], [("002_b", "up", 2, 3)]),
        (["applied", "going-down 1"], [("002_b", "down", 1, 2), ("002_b", "up", 0, 0)]),
        (["applied", "failed-down 1"], [("002_b", "down", 1, 1), ("002_b", "up", 0, 0)]),
        (["applied", "undoing 1"], [("002_b", "down", 1, 2), ("002_b", "up", 0, 0)]),
    ],
)
def test_plan_up(two, states, steps):
    files = read_files([two])
    assert names(plan_up(files, applied_rows(files, *states))) == steps


@pytest.mark.parametrize(
    ("states", "steps"),
    [
        ([], []),
        (["applied", "applied"], [("002_b", "down", 0, 0), ("001_a", "down", 0, 0)]),
        (["applied", "going-up 1"], [("002_b", "down", 0, 2), ("001_a", "down", 0, 0)]),
        (["applied", "failed-up 0"], [("002_b", "down", 0, 2), ("001_a", "down", 0, 0)]),
        (["applied", "going-down 1"], [("002_b", "down", 1, 2), ("001_a", "down", 0, 0)]),
        (["applied", "failed-down 1"], [("002_b", "down", 1, 1), ("001_a", "down", 0, 0)]),
        (["applied", "undoing 1"], [("002_b", "down", 1, 2), ("001_a", "down", 0, 0)]),
    ],
)
def test_plan_down(two, states, steps):
    files = read_files([two])
    assert names(plan_down(files, applied_rows(files, *states))) == steps
    assert names(plan_down(files, applied_rows(files, *states), most=1)) == steps[:1]


def test_plan_down_goes_by_the_order_of_application(two):
    files = read_files([two])
    rows = applied_rows(files, "applied", "applied")
    assert [name for name, *_ in names(plan_down(files, rows[::-1]))] == ["001_a", "002_b"]


def test_edited_applied_file_is_drift(two, write):
    files = read_files([two])
    rows = applied_rows(files, "applied", "applied")
    edited = read_files([write(n001_a_up="CREATE TABLE a (id BIGINT);")])
    hint = "restore the file as it was applied, and write the change as a new migration"
    assert refused(plan_up, edited, rows) == [f"001_a: was edited after it was applied; {hint}"]
    assert [line.state for line in status(edited, rows)] == ["changed", "applied"]


def test_row_without_a_checksum_is_believed(two):
    files = read_files([two])
    rows = [AppliedMigration("001_a", AT), AppliedMigration("002_b", AT)]
    assert plan_up(files, rows) == []
    assert [line.state for line in status(files, rows)] == ["applied", "applied"]


def test_file_that_is_gone(two, tmp_path):
    files = read_files([two])
    rows = applied_rows(files, "applied", "applied")
    problem = "002_b: is applied but its file is gone; bring the file or its plugin back"
    assert refused(plan_up, files[:1], rows) == [problem]
    assert refused(plan_down, files[:1], rows) == [problem]
    assert [line.state for line in status(files[:1], rows)] == ["applied", "missing"]
    renamed = [attrs.evolve(files[1], filename="002_renamed")]
    assert refused(plan_up, [files[0], *renamed], rows) == [problem]


def test_files_of_a_plugin_that_was_disabled_do_not_keep_the_others_from_being_migrated(two):
    files = read_files([two])
    rows = [*applied_rows(files, "applied"), AppliedMigration("outsider/001_x", AT, checksum="c")]
    assert names(plan_up(files, rows)) == [("002_b", "up", 0, 0)]
    assert drift(files, rows) == []
    assert refused(plan_down, files, rows) == [
        "outsider/001_x: is applied but its file is gone; bring the file or its plugin back"
    ]


def test_missing_file_of_a_plugin_that_is_there_is_refused(two, write):
    files = read_files([two, write("outsider", n001_x_up="X")])
    rows = [AppliedMigration("outsider/002_y", AT)]
    assert refused(plan_up, files, rows) == [
        "outsider/002_y: is applied but its file is gone; bring the file or its plugin back"
    ]


def test_what_has_run_of_a_file_under_way_may_not_be_edited(two, write):
    files = read_files([two])
    rows = applied_rows(files, "failed-up 1")
    edited = read_files([write(n001_a_up="-- new\nCREATE TABLE x (id INT);\nCREATE TABLE a2 (id INT);")])
    what = "statement 1 of its up script was edited after it had run [001_a.up.sql:2]"
    hint = "restore that statement; only what has not run yet may be changed"
    assert refused(plan_up, edited, rows) == [f"001_a: {what}; {hint}"]
    shorter = read_files([write(n001_a_up="CREATE TABLE a (id INT);")])
    line = refused(plan_up, shorter, applied_rows(files, "going-up 2"))[0]
    assert line == "001_a: 2 statements of its up script have run, but it holds 1; restore the file"


def test_what_has_not_run_of_a_file_under_way_may_be_edited(two, write):
    files = read_files([two])
    rows = applied_rows(files, "failed-up 1")
    fixed = read_files([write(n001_a_up="/* fixed */\nCREATE TABLE a (id INT); CREATE TABLE a3 (id INT); SELECT 1")])
    step = plan_up(fixed, rows)[0]
    assert (step.begin, step.uncertain) == (1, 1)
    assert [statement.sql for statement in step.statements[step.begin :]] == ["CREATE TABLE a3 (id INT)", "SELECT 1"]


def test_what_has_run_of_a_rollback_under_way_may_not_be_edited(two, write):
    files = read_files([two])
    rows = applied_rows(files, "applied", "going-down 1")
    edited = read_files([write(n002_b_down="DROP TABLE b3; DROP TABLE b;")])
    for plan in (plan_up, plan_down):
        assert "statement 1 of its down script was edited" in refused(plan, edited, rows)[0]


def test_no_down_script(write):
    files = read_files([write(n001_a_up="A")])
    assert refused(plan_down, files, applied_rows(files, "applied")) == [
        "001_a: has no down script; add 001_a.down.sql"
    ]


def test_status_and_pending(two):
    files = read_files([two])
    rows = [AppliedMigration("001_a", AT, 4, files[0].checksum, "going-up", 1), AppliedMigration("x/1", AT)]
    lines = status(files, rows)
    assert [(line.filename, line.state, line.batch) for line in lines] == [
        ("001_a", "partial", 4),
        ("002_b", "pending", None),
        ("x/1", "missing", 1),
    ]
    assert lines[0].applied_at == "2030-05-01T12:00:00.000Z"
    assert pending(files, rows) == ["001_a", "002_b"]
    assert pending(files, applied_rows(files, "applied", "applied")) == []


# Runs


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
