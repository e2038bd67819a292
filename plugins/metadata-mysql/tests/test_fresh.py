"""Emptying real schemas: whatever refers to what, views, and half-emptied ones."""

import asyncio

import pytest
from altus4_metadata_mysql.plugin import MetadataMySQL
from click.testing import CliRunner

from altus4_core.cli.main import main
from altus4_core.commands import CommandContext
from altus4_core.composing.manager import Selection
from altus4_core.testing.composing import found

pytestmark = pytest.mark.mysql


async def altus4(schema, *arguments, **environ):
    context = CommandContext(
        None, {"ALTUS4_METADATA_URL": schema.url, **environ}, Selection(extra=[found(MetadataMySQL)], none=True)
    )
    return await asyncio.to_thread(CliRunner().invoke, main, arguments, obj=context)


async def test_fresh_drops_what_anybody_made(schema):
    await schema.migrate()
    whole = await schema.snapshot()
    await schema.query(
        "CREATE TABLE `odd %s ``name``` (id CHAR(36) CHARACTER SET ascii COLLATE ascii_bin,"
        " FOREIGN KEY (id) REFERENCES users (id))",
        "CREATE VIEW seen AS SELECT id FROM users",
    )
    kept = await altus4(schema, "migrate", "fresh")
    assert kept.exit_code == 0, kept.output
    assert await schema.query("SELECT COUNT(*) FROM seen") == [(0,)], "without --drop-views a view stays"
    again = await altus4(schema, "migrate", "fresh", "--drop-views")
    assert again.exit_code == 0, again.output
    assert "dropped seen" in again.output
    assert await schema.snapshot() == whole


async def test_every_way_back_and_forth_leaves_the_same_schema(schema):
    await schema.migrate()
    whole = await schema.snapshot()
    for command in (["refresh"], ["refresh", "--step", "3"], ["rollback"], ["up"], ["reset"], ["up"], ["fresh"]):
        result = await altus4(schema, "migrate", *command)
        assert result.exit_code == 0, result.output
        if command[0] not in {"rollback", "reset"}:
            assert await schema.snapshot() == whole


async def test_another_schema_of_the_same_server(schema, schema_of):
    other = schema_of(schema.server, f"{schema.name}_o")
    try:
        assert (await altus4(schema, "migrate", "up", "--database", other.name)).exit_code == 0
        assert await schema.query(f"SHOW DATABASES LIKE '{schema.name}'", schema=False) == []
        assert len(await other.tables()) > 5
        status = await altus4(schema, "migrate", "status", "--database", other.name)
        assert "pending" not in status.output
    finally:
        await other.query(f"DROP DATABASE IF EXISTS `{other.name}`", schema=False)


async def test_waiting_for_a_transaction_ends_with_one_line(schema):
    """Somebody reads a table for long: the statement that changes it gives up after lock_wait_timeout, 10 s."""
    from altus4_mysql import make_driver, parse_url

    await schema.migrate()
    connection = await make_driver().connect(parse_url(schema.url))
    try:
        await connection.query("START TRANSACTION")
        await connection.query("SELECT * FROM audit_log")
        begun = asyncio.get_running_loop().time()
        result = await altus4(schema, "migrate", "rollback", "--step", "30")
        assert asyncio.get_running_loop().time() - begun < 25
    finally:
        connection.abort()
        await connection.wait_closed()
    assert result.exit_code == 1
    assert "(error 1205)" in result.stderr
    assert result.stderr.count("\n") == 1
    assert (await altus4(schema, "migrate", "up")).exit_code == 0
