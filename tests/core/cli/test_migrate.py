"""`altus4 migrate` as it is typed, on a store in memory."""

import asyncio
import json
from contextlib import asynccontextmanager

import pytest
from click.testing import CliRunner

from altus4_core.cli.main import main
from altus4_core.commands import CommandContext
from altus4_core.composing.manager import Selection
from altus4_core.hookspecs import hookimpl
from altus4_core.plugin import Plugin
from altus4_core.seams import Migrations, Service


def said(result):
    return [line.split() for line in result.stdout.splitlines()]


@pytest.mark.parametrize("arguments", [(), ("up",), ("--wait", "1")])
def test_up(altus4, store, arguments):
    result = altus4("migrate", *arguments)
    assert (result.exit_code, result.stdout) == (0, "applied 001_a\napplied 002_b\n")
    assert store.tables == {"a", "b"}
    again = altus4("migrate", *arguments)
    assert (again.exit_code, again.stdout, again.stderr) == (0, "", "nothing to do\n")


def test_status(altus4, store):
    before = said(altus4("migrate", "status"))
    assert before == [
        ["MIGRATION", "STATE", "BATCH", "APPLIED", "TOOK", "BY"],
        ["001_a", "pending", "-", "-", "-", "-"],
        ["002_b", "pending", "-", "-", "-", "-"],
    ]
    assert store.rows == {}
    assert store.statements == []
    altus4("migrate")
    after = said(altus4("migrate", "status"))
    assert [line[:3] for line in after[1:]] == [["001_a", "applied", "1"], ["002_b", "applied", "1"]]
    lines = json.loads(altus4("migrate", "status", "--json").stdout)
    assert [(line["filename"], line["state"], line["batch"]) for line in lines] == [
        ("001_a", "applied", 1),
        ("002_b", "applied", 1),
    ]
    assert lines[0]["applied_at"].endswith("Z")
    assert lines[0]["applied_by"] == "memory"
    assert lines[0]["duration_ms"] >= 0


def test_json(altus4):
    pretended = json.loads(altus4("migrate", "up", "--pretend", "--json").stdout)
    assert pretended[0] == {
        "filename": "001_a",
        "way": "up",
        "statements": 2,
        "sql": ["CREATE TABLE a (id INT)", "SELECT 1"],
    }
    done = json.loads(altus4("migrate", "up", "--json").stdout)
    assert done == [{"filename": name, "way": "up", "statements": 2} for name in ("001_a", "002_b")]
    assert json.loads(altus4("migrate", "up", "--json").stdout) == []


def test_pretend_prints_a_script_and_writes_nothing(altus4, store):
    result = altus4("migrate", "--pretend")
    assert result.stdout == (
        "-- 001_a up\nCREATE TABLE a (id INT);\nSELECT 1;\n-- 002_b up\nCREATE TABLE b (id INT);\nSELECT 1;\n"
    )
    assert store.rows == {}
    assert store.statements == []
    altus4("migrate")
    ran = list(store.statements)
    assert (
        altus4("migrate", "down", "--pretend").stdout == "-- 002_b down\nDROP TABLE b;\n-- 001_a down\nDROP TABLE a;\n"
    )
    assert store.statements == ran


def test_down(altus4, store):
    assert altus4("migrate", "down").stderr == "nothing to do\n"
    altus4("migrate")
    result = altus4("migrate", "down")
    assert (result.exit_code, result.stdout) == (0, "rolled back 002_b\nrolled back 001_a\n")
    assert store.tables == set()
    assert store.rows == {}


def test_production_refuses_down_without_force(altus4, store):
    production = {"ALTUS4_ENVIRONMENT": "production"}
    altus4("migrate", environ=production)
    refused = altus4("migrate", "down", environ=production)
    assert refused.exit_code == 1
    assert refused.stderr == "altus4: migrate down destroys data; in production it needs --force\n"
    assert store.tables == {"a", "b"}
    assert altus4("migrate", "down", "--pretend", environ=production).exit_code == 0
    assert store.tables == {"a", "b"}
    assert altus4("migrate", "down", "--force", environ=production).exit_code == 0
    assert store.tables == set()


def test_busy(altus4, store):
    async def hold():
        async with store.session(wait=0):
            return await asyncio.to_thread(altus4, "migrate", "--wait", "0.2")

    result = asyncio.run(hold())
    assert result.exit_code == 75
    assert result.stderr == (
        "altus4: somebody else is migrating this schema; waited 0.2 s: try again later, or with --wait\n"
    )


@pytest.mark.parametrize("arguments", [("--wait", "-1"), ("--wait", "x"), ("sideways",), ("--path", "/no/such/folder")])
def test_wrong_usage(altus4, arguments):
    assert altus4("migrate", *arguments).exit_code == 2


@pytest.mark.parametrize("flag", ["-h", "--help"])
def test_help(altus4, flag):
    result = altus4("migrate", flag)
    assert result.exit_code == 0
    assert "up " in result.stdout
    assert "status " in result.stdout


def test_path_takes_the_place_of_the_shipped_files(altus4, tmp_path, store):
    other = tmp_path / "other"
    other.mkdir()
    (other / "001_x.up.sql").write_text("CREATE TABLE x (id INT)")
    assert altus4("migrate", "up", "--path", str(other)).stdout == "applied 001_x\n"
    assert store.tables == {"x"}
    assert said(altus4("migrate", "status", "--path", str(other)))[1][:2] == ["001_x", "applied"]


def test_failing_statement_is_one_line(altus4, folder, store):
    (folder / "002_b.up.sql").write_text("CREATE TABLE b (id INT);\nNONSENSE;\n")
    result = altus4("migrate")
    assert result.exit_code == 1
    assert result.stdout == "applied 001_a\n"
    assert result.stderr == (
        "altus4: 002_b up, statement 2 of 2 (line 2): the server refused it: NONSENSE;"
        " what ran before it is kept: correct the file and run: altus4 migrate up\n"
    )
    assert said(altus4("migrate", "status"))[2][:2] == ["002_b", "partial"]
    (folder / "002_b.up.sql").write_text("CREATE TABLE b (id INT);\nSELECT 2;\n")
    assert altus4("migrate").stdout == "applied 002_b\n"


def test_every_problem_is_a_line(altus4, folder):
    altus4("migrate")
    (folder / "001_a.up.sql").write_text("CREATE TABLE other (id INT)")
    (folder / "002_b.up.sql").unlink()
    (folder / "002_b.down.sql").unlink()
    result = altus4("migrate")
    assert result.exit_code == 1
    assert [line.split(":")[:2] for line in result.stderr.splitlines()] == [["altus4", " 001_a"], ["altus4", " 002_b"]]
    (folder / "wrong name.sql").write_text("SELECT 1")
    assert altus4("migrate", "status").exit_code == 1


def test_no_store(tmp_path):
    context = CommandContext(None, {}, Selection(none=True))
    result = CliRunner().invoke(main, ["migrate"], obj=context)
    assert result.exit_code == 1
    assert result.stderr == "altus4: altus4: no enabled plugin offers MigrationStore; enable one that does\n"


@pytest.mark.parametrize("command", [("migrate",), ("migrate", "down"), ("migrate", "status")])
def test_wrong_settings(altus4, command):
    result = altus4(*command, toml="[server]\nport = 'many'\n")
    assert result.exit_code == 2
    assert result.stderr.count("\n") == 1
    assert "server.port" in result.stderr


class Raising(Plugin):
    """Fails in a hook."""

    name = "raising"

    @hookimpl
    def altus4_checks(self):
        message = "broken"
        raise RuntimeError(message)


class Unmade(Plugin):
    """Cannot be made."""

    name = "unmade"

    def __init__(self, settings=None):
        message = "no secret was set"
        raise RuntimeError(message)


class Needy(Plugin):
    """Needs a service that nobody offers."""

    name = "needy"
    requires = (dict,)

    @hookimpl
    def altus4_services(self):
        @asynccontextmanager
        async def fail():
            message = "must not be started"
            raise RuntimeError(message)
            yield

        return [Service(list, fail)]


def test_problems_of_other_plugins_are_no_hindrance(altus4, store):
    result = altus4("migrate", plugins=[Raising, Unmade, Needy], toml="[plugins.raising]\nunknown = 1\n")
    assert (result.exit_code, result.stdout, result.stderr) == (0, "applied 001_a\napplied 002_b\n", "")
    assert store.tables == {"a", "b"}


class Outsider(Plugin):
    """Brings migrations of its own."""

    name = "outsider"

    def __init__(self, folder):
        super().__init__()
        self.folder = folder

    @hookimpl
    def altus4_migrations(self):
        return [Migrations("outsider", str(self.folder))]


def test_outsiders_migrations(altus4, store, tmp_path):
    own = tmp_path / "own"
    own.mkdir()
    (own / "001_x.up.sql").write_text("CREATE TABLE x (id INT)")
    (own / "001_x.down.sql").write_text("DROP TABLE x")
    outsider = Outsider(own)
    assert altus4("migrate", plugins=[outsider]).stdout == "applied 001_a\napplied 002_b\napplied outsider/001_x\n"
    assert said(altus4("migrate", "status"))[3][:2] == ["outsider/001_x", "missing"]
    assert altus4("migrate").stderr == "nothing to do\n"
    refused = altus4("migrate", "down")
    assert refused.exit_code == 1
    assert "outsider/001_x: is applied but its file is gone" in refused.stderr
    down = altus4("migrate", "down", plugins=[outsider])
    assert down.stdout == "rolled back outsider/001_x\nrolled back 002_b\nrolled back 001_a\n"


def test_metadata_namespace_has_a_name_where_it_is_shown(altus4):
    result = altus4("plugins")
    assert "migrations: metadata" in result.stdout
    report = json.loads(altus4("plugins", "--json").stdout)
    assert report["plugins"][0]["provides"]["migrations"] == ["metadata"]
