"""`altus4 migrate` beyond up and down: plan, rollback, reset, refresh, fresh, one file, seeds."""

import json

import pytest

BACK = "rolled back 002_b\nrolled back 001_a\n"
UP = "applied 001_a\napplied 002_b\n"
PRODUCTION = {"ALTUS4_ENVIRONMENT": "production"}
DESTRUCTIVE = [
    ("down",),
    ("down", "--file", "002_b"),
    ("rollback",),
    ("reset",),
    ("refresh",),
    ("fresh",),
    ("repair", "--forget", "009_z"),
]


@pytest.fixture
def batches(altus4, folder):
    """Two files in a batch each."""
    altus4("migrate", "up", "--file", "001_a")
    altus4("migrate", "up")


def test_plan_says_what_up_would_do(altus4, store, folder):
    assert altus4("migrate", "plan").stdout == "up 001_a: 2 statements\nup 002_b: 2 statements\n"
    assert store.rows == {}
    (folder / "002_b.up.sql").write_text("CREATE TABLE b (id INT); NONSENSE;")
    altus4("migrate")
    assert altus4("migrate", "plan").stdout == "up 002_b: 2 statements from statement 2\n"
    (folder / "002_b.up.sql").write_text("CREATE TABLE b (id INT); SELECT 1;")
    altus4("migrate")
    nothing = altus4("migrate", "plan")
    assert (nothing.stdout, nothing.stderr) == ("", "nothing to do\n")


def test_plan_counts_one_statement_as_one(altus4, folder):
    (folder / "001_a.up.sql").write_text("CREATE TABLE a (id INT);")
    assert altus4("migrate", "plan").stdout.splitlines()[0] == "up 001_a: 1 statement"


def test_plan_names_what_is_out_of_order(altus4, folder):
    altus4("migrate", "up", "--file", "002_b")
    line = altus4("migrate", "plan").stdout
    assert line == "up 001_a: 2 statements, though files that come after it are applied\n"
    (told,) = json.loads(altus4("migrate", "plan", "--json").stdout)
    assert told == {"filename": "001_a", "way": "up", "statements": 2, "begin": 0, "outOfOrder": True}
    assert "note: 001_a comes before files that are applied already" in altus4("migrate").stderr


@pytest.mark.usefixtures("batches")
def test_rollback_takes_the_newest_batch(altus4, store):
    assert [row.batch for row in store.rows.values()] == [1, 2]
    assert altus4("migrate", "rollback").stdout == "rolled back 002_b\n"
    assert altus4("migrate", "rollback").stdout == "rolled back 001_a\n"
    assert altus4("migrate", "rollback").stderr == "nothing to do\n"


@pytest.mark.usefixtures("batches")
def test_rollback_of_a_batch_and_of_steps(altus4, store):
    wrong = altus4("migrate", "rollback", "--batch", "7")
    assert (wrong.exit_code, wrong.stderr) == (1, "altus4: there is no batch 7; batches: 1, 2\n")
    assert altus4("migrate", "rollback", "--batch", "1").stdout == "rolled back 001_a\n"
    altus4("migrate")
    assert altus4("migrate", "rollback", "--step", "1").stdout == "rolled back 001_a\n", "the newest, not the last"
    assert altus4("migrate", "rollback", "--step", "5").stdout == "rolled back 002_b\n"
    assert altus4("migrate", "rollback", "--step", "1", "--batch", "1").exit_code == 2
    assert altus4("migrate", "rollback", "--step", "0").exit_code == 2


def test_reset(altus4, store):
    altus4("migrate")
    assert altus4("migrate", "reset").stdout == BACK
    assert store.rows == {}


def test_refresh(altus4, store):
    altus4("migrate")
    assert altus4("migrate", "refresh").stdout == BACK + UP
    assert altus4("migrate", "refresh", "--step", "1").stdout == "rolled back 002_b\napplied 002_b\n"
    assert store.tables == {"a", "b"}


def test_refresh_that_could_not_be_finished_begins_nothing(altus4, folder, store):
    altus4("migrate")
    (folder / "001_a.up.sql").write_text("CREATE TABLE other (id INT)")
    refused = altus4("migrate", "refresh", "--step", "1")
    assert refused.exit_code == 1
    assert "001_a: was edited after it was applied" in refused.stderr
    assert store.tables == {"a", "b"}


def test_fresh(altus4, store):
    altus4("migrate")
    store.tables.add("somebody_elses")
    result = altus4("migrate", "fresh")
    assert result.stdout == "dropped a\ndropped b\ndropped somebody_elses\n" + UP
    assert store.tables == {"a", "b"}
    assert [row.batch for row in store.rows.values()] == [1, 1]


def test_fresh_helps_where_nothing_else_does(altus4, store, folder):
    altus4("migrate")
    (folder / "001_a.up.sql").write_text("CREATE TABLE a (id BIGINT)")
    assert altus4("migrate").exit_code == 1
    assert altus4("migrate", "fresh").exit_code == 0
    assert altus4("migrate").stderr == "nothing to do\n"


def test_pretended_fresh_and_refresh(altus4, store):
    altus4("migrate")
    ran, rows = list(store.statements), dict(store.rows)
    sql = altus4("migrate", "fresh", "--drop-views", "--pretend").stdout
    assert sql.startswith("-- every table and view of the schema is dropped\n-- 001_a up\nCREATE TABLE a")
    assert altus4("migrate", "refresh", "--pretend").stdout.count("\n-- ") == 3
    assert (store.statements, store.rows) == (ran, rows)


def test_one_file(altus4, store):
    ahead = altus4("migrate", "up", "--file", "002_b.up.sql")
    assert (ahead.stdout, ahead.stderr) == ("applied 002_b\n", "note: 001_a is pending, too, and comes before\n")
    assert altus4("migrate", "up", "--file", "002_b").stderr == "nothing to do\n"
    assert altus4("migrate", "up", "--file", "001").stdout == "applied 001_a\n"
    assert altus4("migrate", "down", "--file", "001_a").stdout == "rolled back 001_a\n"
    assert store.tables == {"b"}
    wrong = altus4("migrate", "up", "--file", "001_typo")
    assert wrong.stderr == "altus4: there is no migration '001_typo': altus4 migrate status lists them\n"
    assert wrong.exit_code == 1


@pytest.mark.parametrize("command", DESTRUCTIVE, ids=" ".join)
def test_production_refuses_what_destroys(altus4, store, command):
    altus4("migrate")
    rows = dict(store.rows)
    refused = altus4("migrate", *command, environ=PRODUCTION)
    assert refused.exit_code == 1
    assert refused.stderr.endswith("destroys data; in production it needs --force\n")
    assert store.rows == rows
    assert "needs --force" not in altus4("migrate", *command, "--force", environ=PRODUCTION).stderr


def test_seeds_run_after_up(altus4, store, folder):
    assert "no files seeds/" in altus4("migrate", "up", "--seed").stderr
    (folder / "seeds").mkdir()
    (folder / "seeds" / "001_rows.sql").write_text("INSERT INTO a VALUES (1);\nINSERT INTO a VALUES (2);")
    assert altus4("migrate", "up", "--seed").stdout == "seeded 001_rows\n"
    assert store.statements[-4:] == [
        "START TRANSACTION", "INSERT INTO a VALUES (1)", "INSERT INTO a VALUES (2)", "COMMIT",
    ]  # fmt: skip
    assert altus4("migrate", "fresh", "--seed").stdout.endswith("applied 002_b\nseeded 001_rows\n")
    assert altus4("migrate", "refresh", "--seed").stdout.endswith("applied 002_b\nseeded 001_rows\n")
    told = json.loads(altus4("migrate", "up", "--seed", "--json").stdout)
    assert told == [{"filename": "001_rows", "way": "seed"}]
    assert altus4("migrate", "up", "--seed", environ=PRODUCTION).exit_code == 1
    assert altus4("migrate", "up", "--seed", "--force", environ=PRODUCTION).exit_code == 0


def test_seed_that_fails_is_one_line(altus4, folder):
    (folder / "seeds").mkdir()
    (folder / "seeds" / "001_rows.sql").write_text("INSERT INTO a VALUES (1);\n\nNONSENSE;")
    result = altus4("migrate", "--seed")
    assert result.exit_code == 1
    assert result.stderr == (
        "altus4: seed 001_rows (line 3): the server refused it: NONSENSE; nothing of this seed is kept\n"
    )
    (folder / "seeds" / "Wrong.sql").write_text("SELECT 1")
    assert "the name of a seed is not NNN_name.sql" in altus4("migrate", "--seed").stderr


def test_another_schema(altus4):
    long = altus4("migrate", "status", "--database", "x" * 65)
    assert long.exit_code == 2
    assert "1 to 64 printable characters" in long.stderr


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        (b"CREATE TABLE x (note VARCHAR(9) DEFAULT 'half", "line 1: ' is not closed"),
        (b"CREATE TABLE x (id INT) /* half", "line 1: a comment is not closed"),
        (b"", "holds no statement"),
        (b"CREATE TABLE x (note VARCHAR(9) DEFAULT '\xff')", "is not UTF-8 text"),
        (b"DELIMITER\nSELECT 1", "line 1: DELIMITER names none"),
    ],
)
def test_half_a_file(altus4, folder, store, content, complaint):
    (folder / "003_c.up.sql").write_bytes(content)
    result = altus4("migrate")
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr.count("\n") == 1
    assert complaint in result.stderr
    assert store.rows == {}


def test_mark_and_line_ends_of_other_systems_are_no_drift(altus4, folder, store):
    altus4("migrate")
    script = (folder / "001_a.up.sql").read_text()
    (folder / "001_a.up.sql").write_bytes(b"\xef\xbb\xbf" + script.replace("\n", "\r\n").encode())
    assert altus4("migrate").stderr == "nothing to do\n"
