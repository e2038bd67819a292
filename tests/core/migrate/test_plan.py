"""Reading migration files, planning them, and running the plan."""

from datetime import UTC, datetime

import attrs
import pytest

from altus4_core.migrate.files import digest
from altus4_core.migrate.plan import MigrationsRefused, drift, pending, plan_down, plan_up, read_files, status
from altus4_core.store import AppliedMigration

AT = datetime(2030, 5, 1, 12, 0, tzinfo=UTC)


def names(steps):
    return [(step.file.filename, step.way, step.begin, step.uncertain) for step in steps]


def refused(call, *arguments):
    with pytest.raises(MigrationsRefused) as caught:
        call(*arguments)
    for problem in caught.value.problems:
        assert "\n" not in problem.line()
    return [problem.line() for problem in caught.value.problems]


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
    hint = (
        "restore the file as it was applied, and write the change as a new migration; if the edit changes nothing"
        " in the schema, run: altus4 migrate repair --accept 001_a"
    )
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
    assert refused(plan_up, [files[0], *renamed], rows) == [
        (
            "002_b: is applied but its file is gone; 002_renamed has the same content; if it was renamed, name it back,"
            " or run: altus4 migrate repair --renamed 002_b 002_renamed"
        )
    ]


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
