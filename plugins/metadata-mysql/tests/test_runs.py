"""`altus4 migrate` as processes against real servers: killed, taken over from others, one script after another."""

import asyncio
import json
import os
import random
import sys
from pathlib import Path

import pytest
from altus4_metadata_mysql.plugin import shipped_files

pytestmark = pytest.mark.mysql

ALTUS4 = Path(sys.executable).with_name("altus4")


class Runner:
    """Runs the command in a folder of its own."""

    def __init__(self, schema, folder):
        self._folder = folder
        self._environ = {
            **{name: value for name, value in os.environ.items() if not name.startswith(("ALTUS4_", "DB_"))},
            "ALTUS4_METADATA_URL": schema.url,
            "ALTUS4_ENABLE": "metadata-mysql",
        }

    async def start(self, *arguments):
        return await asyncio.create_subprocess_exec(
            ALTUS4, "migrate", *arguments, cwd=self._folder, env=self._environ,
            stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
        )  # fmt: skip

    async def run(self, *arguments):
        process = await self.start(*arguments)
        out, err = await process.communicate()
        assert b"Traceback" not in err
        return process.returncode, out.decode(), err.decode()


@pytest.fixture
def runner(schema, tmp_path):
    return Runner(schema, tmp_path)


def folder_of(path, **scripts):
    """Write scripts: `a001_x_up="..."` becomes `001_x.up.sql`."""
    path.mkdir()
    for name, text in scripts.items():
        stem, way = name[1:].rsplit("_", 1)
        (path / f"{stem}.{way}.sql").write_text(text)
    return str(path)


async def test_lock_of_a_killed_runner_is_waited_for(schema, runner, tmp_path):
    path = folder_of(tmp_path / "sql", a001_slow_up="CREATE TABLE a (id INT); INSERT INTO a SELECT 1 + SLEEP(3);")
    first = await runner.start("up", "--path", path)
    async with asyncio.timeout(10):
        while not await schema.query(
            "SELECT 1 FROM information_schema.processlist WHERE info LIKE 'INSERT INTO a%'", schema=False
        ):
            await asyncio.sleep(0.05)
    first.kill()
    await first.communicate()
    code, _, err = await runner.run("up", "--path", path)
    assert (code, err) == (0, "")
    assert await schema.query("SELECT COUNT(*) FROM a") == [(1,)], "not one too many"


async def test_killed_again_and_again(schema, runner, tmp_path):
    """Every statement has its effect exactly once, wherever the runs were killed."""
    scripts = {}
    for number in range(1, 17):
        table = f"t{number}"
        scripts[f"a{number:03d}_make_{table}_up"] = (
            f"SET @number = {number};"
            f"CREATE TABLE {table} (n INT NOT NULL);"
            f"INSERT INTO {table} VALUES (@number);"
            f"ALTER TABLE {table} ADD COLUMN a INT NOT NULL DEFAULT 0, ADD INDEX idx_a (a);"
            f"START TRANSACTION; INSERT INTO {table} VALUES (@number, 1); UPDATE {table} SET n = n + 1; COMMIT;"
            f"CREATE INDEX idx_n ON {table} (n);"
            f"INSERT INTO {table} SELECT n, a FROM {table};"
        )
    path = folder_of(tmp_path / "sql", **scripts)
    chance = random.Random(7)
    kills = partial = 0
    while True:
        process = await runner.start("up", "--path", path)
        # Each run finishes a file at least, and is killed somewhere in the next.
        line = await process.stdout.readline()
        if not line:
            break
        await asyncio.sleep(chance.random() * 0.05)
        process.kill()
        await process.communicate()
        kills += 1
        partial += (await schema.query("SELECT COUNT(*) FROM migrations WHERE state <> 'applied'"))[0][0]
    _, err = await process.communicate()
    assert process.returncode == 0, err.decode()
    assert partial >= 2, f"{kills} kills, {partial} of them in the middle of a file"
    for number in range(1, 17):
        rows = await schema.query(f"SELECT n, a FROM t{number} ORDER BY n, a")
        assert rows == [(number + 1, 0), (number + 1, 0), (number + 1, 1), (number + 1, 1)], f"after {kills} kills"
        indexes = await schema.query(
            "SELECT index_name FROM information_schema.statistics"
            f" WHERE table_schema = '{schema.name}' AND table_name = 't{number}' ORDER BY 1"
        )
        assert indexes == [("idx_a",), ("idx_n",)]
    states = await schema.query("SELECT DISTINCT state FROM migrations")
    assert states == [("applied",)]


async def test_script_leaves_no_trace_in_the_next(schema, runner, tmp_path):
    path = folder_of(
        tmp_path / "sql",
        a001_messy_up="CREATE TABLE a (n TINYINT NOT NULL); SET sql_mode = ''; SET foreign_key_checks = 0;"
        " SET time_zone = '+05:00'; SET NAMES latin1; USE information_schema;",
        a002_strict_up="CREATE TABLE b (n TINYINT NOT NULL, at VARCHAR(9)); INSERT INTO b VALUES (1, @@time_zone);"
        " INSERT INTO b VALUES (1000, '');",
    )
    code, _, err = await runner.run("up", "--path", path)
    assert code == 1
    assert err.count("\n") == 1
    assert "002_strict up, statement 3 of 3" in err
    assert "INSERT INTO b VALUES (1000, '')" in err
    assert await schema.query("SELECT n, at FROM b") == [(1, "+00:00")]


async def test_published_tracking_table_is_taken_over(schema, runner):
    names = [file.filename for file in shipped_files()]
    await schema.query(f"CREATE DATABASE `{schema.name}`", schema=False)
    await schema.query(
        "CREATE TABLE migrations (id INT AUTO_INCREMENT PRIMARY KEY, filename VARCHAR(255) NOT NULL UNIQUE,"
        " applied_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP)",
        f"INSERT INTO migrations (filename) VALUES ('{names[0]}')",
        next(iter(shipped_files())).up[0].sql,
    )
    code, out, _ = await runner.run()
    assert (code, out.splitlines()) == (0, [f"applied {name}" for name in names[1:]])
    code, out, _ = await runner.run("status", "--json")
    assert {line["state"] for line in json.loads(out)} == {"applied"}
