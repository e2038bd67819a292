"""Schemas with something in them, and the commands run on them in processes of their own."""

import asyncio
import json
import os
import sys
from pathlib import Path

import attrs
import pytest

# Texts that look like the syntax of a dump, so that nobody counts rows by looking for it.
NASTY = [
    "plain",
    "it's; -- ) VALUES (1),(2);",
    'a\\\\b"c`d',
    "line\nINSERT INTO `users` VALUES (1);\n",
    "),(",
    "\u00e9\U0001f600",
    "",
]


@attrs.frozen
class Outcome:
    code: int
    out: str
    err: str

    @property
    def json(self):
        assert self.code == 0, self.err
        return json.loads(self.out)


@pytest.fixture
def altus4(client_programs, tmp_path):
    """Run `altus4`, knowing the metadata URL and the client programs of its server."""

    async def run(schema, *arguments, url=None, shell="", seconds=120, **environ):
        clean = {name: value for name, value in os.environ.items() if not name.startswith(("ALTUS4_", "DB_"))}
        known = {
            "ALTUS4_METADATA_URL": url or schema.url,
            "ALTUS4_PLUGINS__METADATA_MYSQL__CLIENT_PROGRAMS": str(client_programs(schema.server.flavour)),
        }
        words = [sys.executable, "-m", "altus4_core", "--only", "metadata-mysql", *arguments]
        if shell:
            words = ["bash", "-c", f'{shell}; exec "$@"', "bash", *words]
        process = await asyncio.create_subprocess_exec(
            *words, env={**clean, **known, **environ}, cwd=tmp_path, stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )  # fmt: skip
        async with asyncio.timeout(seconds):
            out, err = await process.communicate()
        outcome = Outcome(process.returncode, out.decode(), err.decode())
        assert "Traceback" not in outcome.err, outcome.err
        assert schema.server.password not in outcome.out + outcome.err
        return outcome

    return run


@pytest.fixture
async def filled(schema):
    """A migrated schema with rows, a view, a trigger, a routine and an event."""
    await schema.migrate()
    await fill(schema)
    return schema


async def fill(schema, rows=300):
    values = ", ".join(
        f"('u{number}', {_literal(NASTY[number % len(NASTY)])}, 'u{number}@x', 'p')" for number in range(rows)
    )
    await schema.query(
        f"INSERT INTO users (id, name, email, password) VALUES {values}",
        "INSERT INTO audit_log (id, created_at, action, result, details) VALUES"
        " ('a1', NOW(6), 'x', 'ok', '{\"(\": [1, \"),(\"]}')",
        "CREATE TABLE `odd ``name`` (1)` (id INT PRIMARY KEY, twice INT AS (id * 2) STORED, raw BLOB)",
        "INSERT INTO `odd ``name`` (1)` (id, raw) VALUES (1, x'27292C28'), (2, NULL)",
        "CREATE VIEW seen AS SELECT id FROM users",
        "CREATE TRIGGER fill BEFORE UPDATE ON users FOR EACH ROW BEGIN SET NEW.role = 'a;'; SET NEW.role = 'user'; END",
        "CREATE PROCEDURE noop() BEGIN\nINSERT INTO `users` VALUES (1,2),(3,4);\nEND",
        "CREATE EVENT never ON SCHEDULE AT '2037-01-01 00:00:00' DO SELECT 1",
    )


def _literal(text):
    return "'" + text.replace("\\", "\\\\").replace("'", "''").replace("\n", "\\n") + "'"


async def counts(schema):
    tables = await schema.query(
        "SELECT table_name FROM information_schema.tables"
        f" WHERE table_schema = '{schema.name}' AND table_type <> 'VIEW'"
    )
    names = [name for (name,) in tables]
    return {name: (await schema.query(f"SELECT COUNT(*) FROM `{name.replace('`', '``')}`"))[0][0] for name in names}


async def content(schema):
    """Everything that must come back."""
    routines = await schema.query(
        f"SELECT routine_name FROM information_schema.routines WHERE routine_schema = '{schema.name}'"
    )
    triggers = await schema.query(
        f"SELECT trigger_name, action_statement FROM information_schema.triggers WHERE trigger_schema = '{schema.name}'"
    )
    events = await schema.query(
        f"SELECT event_name FROM information_schema.events WHERE event_schema = '{schema.name}'"
    )
    users = await schema.query("SELECT id, name, HEX(name), email FROM users ORDER BY id")
    odd = await schema.query("SELECT id, twice, HEX(raw) FROM `odd ``name`` (1)` ORDER BY id")
    return await schema.snapshot(), routines, triggers, events, users, odd


@pytest.fixture
def content_of():
    return content


@pytest.fixture
def counts_of():
    return counts


@pytest.fixture
def backups(tmp_path):
    """The folder of the backups."""
    return Path(tmp_path / "backups")


@pytest.fixture(params=["mysql", "mariadb"])
async def large(request, private_server, schema_of):
    """A server of the test's own and a migrated schema on it that takes seconds to dump or to restore."""
    server = await asyncio.to_thread(private_server, request.param)
    schema = schema_of(server.address, "large")
    await schema.migrate()
    again = (
        "INSERT INTO audit_log (id, created_at, action, result, details)"
        " SELECT UUID(), created_at, 'x', 'ok', details FROM audit_log LIMIT 12000"
    )
    await schema.query(
        "INSERT INTO audit_log (id, created_at, action, result, details) SELECT UUID(), NOW(6), 'x', 'ok',"
        " JSON_OBJECT('a', REPEAT(SHA2(RAND(), 512), 20)) FROM information_schema.columns LIMIT 1500",
        *[again] * 3,
    )
    return server, schema
