"""`altus4 migrate repair`: what is wrong, and the corrections that a person decides on."""

import attrs
import pytest


@pytest.fixture
def applied(altus4):
    altus4("migrate")


def test_nothing_to_repair(altus4, applied):
    result = altus4("migrate", "repair")
    assert (result.exit_code, result.stdout) == (0, "nothing to repair\n")


def test_edited_file_is_accepted(altus4, applied, folder, store):
    (folder / "001_a.up.sql").write_text("-- a better comment\nCREATE TABLE a (id INT);\nSELECT 1;\n")
    told = altus4("migrate", "repair")
    assert told.exit_code == 1
    assert "altus4 migrate repair --accept 001_a" in told.stderr
    assert altus4("migrate", "repair", "--accept", "001_a").stdout == "accepted 001_a as it is now\n"
    assert altus4("migrate").stderr == "nothing to do\n"
    assert list(store.rows) == ["001_a", "002_b"]


def test_renamed_file(altus4, applied, folder, store):
    for way in ("up", "down"):
        (folder / f"001_a.{way}.sql").rename(folder / f"001_users.{way}.sql")
    refused = altus4("migrate")
    assert refused.exit_code == 1
    assert refused.stderr == (
        "altus4: 001_a: is applied but its file is gone; 001_users has the same content; if it was renamed,"
        " name it back, or run: altus4 migrate repair --renamed 001_a 001_users\n"
    )
    assert altus4("migrate", "repair", "--renamed", "001_a", "002_b").exit_code == 1
    assert altus4("migrate", "repair", "--renamed", "001_a", "001_users").stdout == "renamed 001_a to 001_users\n"
    assert list(store.rows) == ["001_users", "002_b"]
    assert altus4("migrate").stderr == "nothing to do\n"


def test_file_that_is_gone_for_good(altus4, applied, folder, store):
    assert "roll it back" in altus4("migrate", "repair", "--forget", "002_b").stderr
    for way in ("up", "down"):
        (folder / f"002_b.{way}.sql").unlink()
    assert altus4("migrate").exit_code == 1
    assert altus4("migrate", "repair", "--forget", "002_b").stdout.startswith("forgot 002_b")
    assert altus4("migrate").stderr == "nothing to do\n"
    assert store.tables == {"a", "b"}


@pytest.mark.parametrize(("answer", "runs"), [("--ran", []), ("--not-run", ["CALL fill('b')"])])
def test_statement_in_doubt(altus4, folder, store, answer, runs):
    (folder / "002_b.up.sql").write_text("CREATE TABLE b (id INT);\nCALL fill('b');\n")
    store.before = lambda statement: store.statements.append(statement) if statement.startswith("CALL") else None
    store.rows = {}
    altus4("migrate")
    row = store.rows["002_b"]
    store.rows["002_b"] = attrs.evolve(row, state="going-up", statements_done=1)
    store.statements.clear()
    refused = altus4("migrate")
    assert refused.exit_code == 1
    assert "may have run when a run was cut off: CALL fill('b')" in refused.stderr
    assert store.statements == []
    assert altus4("migrate", "repair", answer, "002_b").exit_code == 0
    altus4("migrate")
    assert store.statements[: len(runs)] == runs
    assert (store.statements == []) is (answer == "--ran")


def test_wrong_corrections_are_one_line(altus4, applied):
    for correction in (
        ("--accept", "001_typo"),
        ("--forget", "001_typo"),
        ("--ran", "001_a"),
        ("--not-run", "001_typo"),
        ("--renamed", "001_a", "001_typo"),
    ):
        result = altus4("migrate", "repair", *correction)
        assert result.exit_code == 1
        assert result.stderr.count("\n") == 1
    assert altus4("migrate", "repair", "--ran", "001_a", "--accept", "001_a").exit_code == 2
    assert altus4("migrate", "repair", "--accept", "001_a").stdout == "001_a is as it was applied: nothing to accept\n"
