"""Migrations on real servers: there and back, many at once, cut off anywhere, refused."""

import asyncio
import json
import os
import sys
from contextlib import suppress
from pathlib import Path

import pytest
from altus4_metadata_mysql.plugin import MetadataMySQL, shipped, shipped_files
from click.testing import CliRunner

from altus4_core.cli.main import main
from altus4_core.clock import SystemClock
from altus4_core.commands import CommandContext
from altus4_core.composing.manager import Selection
from altus4_core.errors import Busy, MigrationFailed
from altus4_core.migrate.plan import plan_down, plan_up, read_files
from altus4_core.migrate.run import run_steps
from altus4_core.migrate.sqlsplit import split_statements
from altus4_core.seams import Migrations
from altus4_core.testing.composing import found

pytestmark = pytest.mark.mysql
KILLED = -9
NAMES = "analytics api_key_usage api_keys audit_log databases search_databases search_events searches sessions users"
TABLES = NAMES.split()


async def states(schema):
    return {row.filename: row.state for row in await schema.migrations().applied()}


def all_applied():
    return {file.filename: "applied" for file in shipped_files()}


async def migrate(schema, namespace=None, way="up"):
    """Migrate in this process."""
    files = read_files([namespace or shipped()])
    async with schema.migrations().session(wait=30) as session:
        applied = await session.applied()
        steps = (plan_up if way == "up" else plan_down)(files, applied)
        await run_steps(session, steps, applied, SystemClock())


@pytest.fixture
def write(tmp_path):
    """Write one file: `write(up, down)`; gives the namespace."""

    def make(up, down="SELECT 1", stem="001_a"):
        (tmp_path / f"{stem}.up.sql").write_text(up)
        (tmp_path / f"{stem}.down.sql").write_text(down)
        return Migrations("", str(tmp_path))

    return make


@pytest.fixture
def command(tmp_path):
    """Run `altus4` in a process that knows the metadata URL and nothing else; gives exit code, output, errors."""
    (tmp_path / "empty").mkdir()

    async def run(schema, *arguments, kill_after=None, **more):
        clean = {name: value for name, value in os.environ.items() if not name.startswith(("ALTUS4_", "DB_"))}
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "altus4_core", *arguments,
            env={**clean, "ALTUS4_METADATA_URL": schema.url, **more}, cwd=tmp_path / "empty",
            stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
        )  # fmt: skip
        if kill_after is not None:
            await asyncio.sleep(kill_after)
            with suppress(ProcessLookupError):
                process.kill()
        async with asyncio.timeout(120):
            out, err = await process.communicate()
        assert b"Traceback" not in err, err
        assert schema.server.password not in err.decode() + out.decode()
        return process.returncode, out.decode(), err.decode()

    return run


async def cut_off(schema, runs, folder="shipped"):
    """Run `cut_off.py`; gives how the runs ended."""
    program = Path(__file__).with_name("cut_off.py")
    process = await asyncio.create_subprocess_exec(
        sys.executable, program, folder, *runs,
        stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    async with asyncio.timeout(300):
        out, err = await process.communicate(schema.url.encode())
    assert process.returncode == 0, err.decode()
    ends = json.loads(out)
    assert set(ends) <= {KILLED, 0}, err.decode()
    return ends


# There and back


async def test_up_down_up_leaves_the_same_schema(schema):
    await migrate(schema)
    first = await schema.snapshot()
    assert await schema.tables() == TABLES
    assert await states(schema) == all_applied()
    await migrate(schema, way="down")
    assert await schema.tables() == []
    assert await states(schema) == {}
    await migrate(schema)
    assert await schema.snapshot() == first
    assert all(first.values())


async def test_each_file_alone_goes_there_and_back(schema):
    files = shipped_files()
    before = []
    async with schema.migrations().session(wait=5) as session:
        for number in range(len(files)):
            applied = await session.applied()
            await run_steps(session, plan_up(files[: number + 1], applied), applied, SystemClock())
            before.append(await schema.snapshot())
        for number in reversed(range(1, len(files))):
            applied = await session.applied()
            await run_steps(session, plan_down(files, applied, most=1), applied, SystemClock())
            assert await schema.snapshot() == before[number - 1], files[number].filename


# Many at once


@pytest.mark.parametrize("runners", [2, 10])
async def test_many_runners_apply_each_file_once(schema, command, runners):
    ends = await asyncio.gather(*(command(schema, "migrate", "up", "--wait", "100") for _ in range(runners)))
    assert [code for code, _, _ in ends] == [0] * runners
    applied = sorted(line for _, out, _ in ends for line in out.splitlines())
    assert applied == sorted(f"applied {name}" for name in all_applied())
    assert await states(schema) == all_applied()
    assert await schema.tables() == TABLES


async def test_lock_held_by_somebody_else(schema, command):
    async with schema.migrations().session(wait=5):
        code, out, err = await command(schema, "migrate", "--wait", "1")
        assert (code, out) == (75, "")
        assert err.count("\n") == 1
        assert "somebody else is migrating" in err
        assert (await command(schema, "migrate", "status"))[0] == 0, "looking needs no lock"
    assert (await command(schema, "migrate", "--wait", "1"))[0] == 0


async def test_schemas_do_not_wait_for_each_other(schema, schema_of):
    other = schema_of(schema.server, f"{schema.name}_other_with_a_name_that_is_as_long_as_may_be".ljust(64, "x"))
    try:
        async with schema.migrations().session(wait=0), other.migrations().session(wait=0):
            with pytest.raises(Busy):
                async with other.migrations().session(wait=0):
                    pass
    finally:
        await other.query(f"DROP DATABASE IF EXISTS `{other.name}`", schema=False)


# Cut off

STEP = 1 if os.environ.get("ALTUS4_TEST_EVERY_STATEMENT") == "1" else 17  # each is slow; `nox -s thorough`: all


def killed(way, most, *, step=1, kinds="~+"):
    return [f"{way}:{number}{kind}" for number in range(1, most + 1, step) for kind in kinds]


def statements_of_all():
    """How many statements a run sends after its plan: two for the table of migrations, and for each file its own
    ones with the progress of each, one before, one after, and two that set the session again.
    """
    return 2 + sum(4 + 2 * len(file.up) for file in shipped_files())


@pytest.mark.parametrize("kind", ["+", "~"], ids=["after", "during"])
async def test_up_killed_anywhere_finishes(schema, kind):
    await migrate(schema)
    whole = await schema.snapshot()
    await migrate(schema, way="down")
    places = killed("up", statements_of_all(), step=STEP, kinds=kind)
    ends = await cut_off(schema, [*(part for place in places for part in (place, "up:", "down:")), "up:"])
    assert ends == [KILLED, 0, 0] * len(places) + [0]
    assert await states(schema) == all_applied()
    assert await schema.snapshot() == whole


async def test_up_killed_again_and_again_finishes(schema):
    places = [f"up:{number}{kind}" for _ in shipped_files() for number in (3, 4, 5) for kind in "~+"]
    assert (await cut_off(schema, [*places, "up:"]))[-1] == 0
    assert await states(schema) == all_applied()
    assert await schema.tables() == TABLES


async def test_down_killed_anywhere_up_finishes(schema):
    await migrate(schema)
    whole = await schema.snapshot()
    places = killed("down", statements_of_all(), step=STEP)
    ends = await cut_off(schema, [part for place in places for part in (place, "up:")])
    assert ends == [KILLED, 0] * len(places)
    assert await states(schema) == all_applied()
    assert await schema.snapshot() == whole


async def test_down_killed_anywhere_down_finishes(schema):
    places = killed("down", statements_of_all(), step=13)
    ends = await cut_off(schema, [part for place in places for part in ("up:", place, "down:")])
    assert ends == [0, KILLED, 0] * len(places)
    assert await schema.tables() == []
    assert await states(schema) == {}


async def test_rows_are_changed_once_however_often_it_is_killed(schema, write):
    namespace = write(
        "CREATE TABLE n (id INT AUTO_INCREMENT PRIMARY KEY, x INT);\n"
        "INSERT INTO n (x) VALUES (1), (2);\n"
        "/* a change that is not the same twice */ UPDATE n SET x = x + 10;\n"
        "INSERT INTO n (x) SELECT x + 100 FROM n;\n"
        "DELETE FROM n ORDER BY id LIMIT 1;\n",
    )
    ends = await cut_off(schema, [*killed("up", 8), "up:"], namespace.folder)
    assert ends[-1] == 0
    assert ends.count(KILLED) >= 5
    assert [row[0] for row in await schema.query("SELECT x FROM n ORDER BY id")] == [12, 111, 112]


async def test_transaction_of_a_script_is_whole_however_often_it_is_killed(schema, write):
    namespace = write(
        "CREATE TABLE n (x INT);\nSTART TRANSACTION;\nINSERT INTO n VALUES (1);\nINSERT INTO n VALUES (2);\nCOMMIT;\n"
        "ALTER TABLE n ADD COLUMN y INT;\nCREATE INDEX idx_y ON n (y);\n",
    )
    ends = await cut_off(schema, [*killed("up", 6), *killed("up", 12), "up:"], namespace.folder)
    assert ends[-1] == 0
    assert [row[0] for row in await schema.query("SELECT x FROM n ORDER BY x")] == [1, 2]


async def test_command_killed_at_any_moment(schema, command):
    for delay in (0.3, 0.5, 0.7, 0.9):
        await command(schema, "migrate", kill_after=delay)
    assert (await command(schema, "migrate"))[0] == 0
    assert await states(schema) == all_applied()


# Refused


async def test_statement_that_failed_half_way_is_corrected(schema, write):
    wrong = write("CREATE TABLE n (x INT);\nINSERT INTO n VALUES (1);\nALTER TABLE n ADD COLUMN x INT;\nSELECT 1;\n")
    for _ in range(2):
        with pytest.raises(MigrationFailed) as caught:
            await migrate(schema, wrong)
        line = caught.value.message
        assert line.startswith("001_a up, statement 3 of 4 (line 3): the server refused it (error 1060): ALTER TABLE n")
        assert "Duplicate" not in line
        assert "\n" not in line
    assert await states(schema) == {"001_a": "failed-up"}
    await migrate(
        schema, write("CREATE TABLE n (x INT);\nINSERT INTO n VALUES (1);\nALTER TABLE n ADD COLUMN y INT;\n")
    )
    assert await states(schema) == {"001_a": "applied"}
    assert len(await schema.query("SELECT x, y FROM n")) == 1


async def test_transaction_that_failed_half_way_is_undone(schema, write):
    script = (
        "CREATE TABLE n (x INT);\nSTART TRANSACTION;\nINSERT INTO n VALUES (1);\nINSERT INTO {} VALUES (2);\nCOMMIT;"
    )
    with pytest.raises(MigrationFailed, match="statement 4 of 5"):
        await migrate(schema, write(script.format("gone")))
    assert await schema.query("SELECT * FROM n") == []
    await migrate(schema, write(script.format("n")))
    assert len(await schema.query("SELECT * FROM n")) == 2


@pytest.mark.parametrize("script", ["START TRANSACTION; INSERT INTO n VALUES (1)", "SET autocommit = 0"])
async def test_script_that_leaves_a_transaction_open_is_refused(schema, write, script):
    with pytest.raises(MigrationFailed, match="end the script with COMMIT"):
        await migrate(schema, write(f"CREATE TABLE n (x INT); {script}"))
    assert (await states(schema))["001_a"] != "applied"


async def test_rollback_that_failed_half_way_is_corrected(schema, write):
    up = "CREATE TABLE n (x INT); CREATE TABLE m (x INT)"
    await migrate(schema, write(up))
    with pytest.raises(MigrationFailed, match="001_a down, statement 2 of 2"):
        await migrate(schema, write(up, "DROP TABLE n; DROP TABLE typo"), way="down")
    await migrate(schema, write(up, "DROP TABLE n; DROP TABLE m"), way="down")
    assert await schema.tables() == []


async def test_connection_that_is_lost_is_one_line_and_the_next_run_goes_on(schema, write, command):
    namespace = write("CREATE TABLE n (x INT);\nSELECT SLEEP(30);\nCREATE TABLE m (x INT);\n")
    running = asyncio.ensure_future(command(schema, "migrate", "--path", namespace.folder))
    sql = "SELECT id FROM information_schema.processlist WHERE info LIKE 'SELECT SLEEP(30)%'"
    for _ in range(200):
        threads = await schema.query(sql, schema=False)
        if threads:
            break
        await asyncio.sleep(0.05)
    await schema.query(f"KILL {threads[0][0]}", schema=False)
    code, _, err = await running
    assert code == 1
    assert err.count("\n") == 1
    assert "statement 2 of 3 (line 2)" in err
    assert "run the same command again" in err
    await migrate(schema, write("CREATE TABLE n (x INT);\nSELECT 2;\nCREATE TABLE m (x INT);\n"))
    assert await schema.tables() == ["m", "n"]


# Scripts


async def test_routines_and_comments(schema, write):
    namespace = write(
        "\ufeffCREATE TABLE n (x INT, note VARCHAR(50)); -- it's; fine\r\n"
        "/*!99999 NONSENSE */;\r\n"
        "/*M!999999 NONSENSE */;\r\n"
        "DELIMITER //\r\n"
        "CREATE TRIGGER fill BEFORE INSERT ON n FOR EACH ROW BEGIN\r\n"
        "  SET NEW.note = CONCAT('a;', NEW.x); SET NEW.x = NEW.x + 1;\r\n"
        "END //\r\n"
        "DELIMITER ;\r\n"
        "INSERT INTO n (x) VALUES (1); # '\r\n"
    )
    await migrate(schema, namespace)
    assert await schema.query("SELECT x, note FROM n") == [(2, "a;1")]


async def test_script_that_changes_the_schema_in_use(schema, write):
    await migrate(schema, write("USE information_schema; SELECT 1"))
    assert await states(schema) == {"001_a": "applied"}


# What is written, and what not


async def in_process(schema, *arguments):
    """Run a command without the cost of a new process; gives its exit code."""
    environ = {"ALTUS4_METADATA_URL": schema.url}
    context = CommandContext(None, environ, Selection(extra=[found(MetadataMySQL)], none=True))
    result = await asyncio.to_thread(CliRunner().invoke, main, arguments, obj=context)
    return result.exit_code


async def test_nothing_is_written_by_looking(private_server, schema_of, flavour_with_log):
    server = await asyncio.to_thread(private_server, *flavour_with_log)
    schema = schema_of(server.address, "looked_at")
    show = "SHOW BINARY LOG STATUS" if server.flavour.name == "MYSQL" else "SHOW MASTER STATUS"

    async def position():
        return (await schema.query(show, schema=False))[0][:2]

    looks = [("status",), ("status", "--json"), ("up", "--pretend"), ("--pretend",), ("down", "--pretend"), ("down",)]
    before = await position()
    for look in looks:
        assert await in_process(schema, "migrate", *look) == 0
    assert await position() == before
    assert await schema.query("SHOW DATABASES LIKE 'looked_at'", schema=False) == []
    assert await in_process(schema, "migrate") == 0
    before = await position()
    for look in [*looks[:-1], ("up",)]:
        assert await in_process(schema, "migrate", *look) == 0
    assert await position() == before


@pytest.fixture(params=["mysql", "mariadb"])
def flavour_with_log(request):
    from altus4_sandbox import ServerOptions

    return request.param, ServerOptions(binlog=True)


async def test_pretended_script_is_what_up_runs(schema, command):
    code, script, _ = await command(schema, "migrate", "--pretend")
    assert code == 0
    await schema.query(
        f"CREATE DATABASE `{schema.name}` CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci", schema=False
    )

    await schema.query(*(statement.sql for statement in split_statements(script)))
    pretended = await schema.snapshot()
    await schema.query(f"DROP DATABASE `{schema.name}`", schema=False)
    await migrate(schema)
    await schema.query("DROP TABLE migrations")
    assert await schema.snapshot() == pretended


async def test_production_refuses_down(schema, command):
    await migrate(schema)
    code, out, err = await command(schema, "migrate", "down", ALTUS4_ENVIRONMENT="production")
    assert (code, out) == (1, "")
    assert "--force" in err
    assert await schema.tables() == TABLES
    code, _, _ = await command(schema, "migrate", "down", "--force", ALTUS4_ENVIRONMENT="production")
    assert code == 0
    assert await schema.tables() == []
