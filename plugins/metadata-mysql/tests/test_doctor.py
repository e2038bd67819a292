"""What `altus4 doctor` says of the metadata server."""

import asyncio
import json

import pytest
from altus4_metadata_mysql.checks.clock import judge as judge_clock
from altus4_metadata_mysql.checks.pools import judge as judge_pool
from altus4_metadata_mysql.checks.variables import judge as judge_variables
from altus4_metadata_mysql.plugin import MetadataMySQL
from click.testing import CliRunner

from altus4_core.cli.main import main
from altus4_core.commands import CommandContext
from altus4_core.composing.manager import Selection
from altus4_core.testing.composing import found


async def doctor(url, *arguments, **environ):
    context = CommandContext(
        None, {"ALTUS4_METADATA_URL": url, **environ}, Selection(extra=[found(MetadataMySQL)], none=True)
    )
    return await asyncio.to_thread(CliRunner().invoke, main, ["doctor", *arguments], obj=context)


@pytest.mark.mysql
async def test_everything_is_looked_at(migrated):
    result = await doctor(migrated.url, "--json")
    assert result.exit_code == 0, result.output
    found = {each["name"]: each for each in json.loads(result.stdout)}
    assert {
        "migrations", "grants", "indexes", "clock", "pool", "server: binary log", "server: encryption at rest",
        "server: tls", "server: slow log", "server: fulltext tokens", "server: durability",
    } <= set(found)  # fmt: skip
    assert found["migrations"]["severity"] == "ok"
    assert found["clock"]["severity"] == "ok"
    assert found["indexes"]["severity"] == "ok"
    assert found["server: binary log"]["severity"] == "warning"
    assert found["grants"]["severity"] == "warning", "the tests' account is an administrator"
    assert "words of 3 to 84 characters" in found["server: fulltext tokens"]["message"]
    text = (await doctor(migrated.url, ALTUS4_WORKERS="3")).output
    alone = int(found["pool"]["message"].split()[0])
    assert f"{3 * alone} connections of this gateway" in text, "those of all workers"
    assert migrated.server.password not in text + result.stdout


@pytest.mark.mysql
async def test_table_without_a_key_and_pending_migrations(schema):
    await schema.migrate()
    await schema.query("CREATE TABLE bare (id INT)", "DELETE FROM migrations WHERE filename LIKE '013%'")
    result = await doctor(schema.url, "--json", ALTUS4_METADATA__REQUIRE_MIGRATED="false")
    found = {each["name"]: each for each in json.loads(result.stdout)}
    assert found["indexes"]["message"] == "without a primary key: bare"
    assert found["migrations"]["severity"] == "warning"
    refused = await doctor(schema.url)
    assert refused.exit_code == 1
    assert "altus4 migrate up" in refused.output


async def test_server_that_is_away_is_one_finding():
    result = await doctor("mysql://root@127.0.0.1:1/nowhere")
    assert result.exit_code == 1
    assert "Traceback" not in result.output
    assert "127.0.0.1:1" in result.output


@pytest.mark.parametrize(("apart", "severity"), [(0.0, "ok"), (1.9, "ok"), (2.0, "warning"), (60.0, "error")])
def test_clock(apart, severity):
    assert judge_clock(apart).severity == severity


@pytest.mark.parametrize(
    ("most", "of_user", "used", "severity"),
    [(150, 0, 10, "ok"), (150, 4, 10, "error"), (20, 0, 10, "warning"), (150, 8, 10, "ok")],
)
def test_pool(most, of_user, used, severity):
    assert judge_pool(most, of_user, used, 8).severity == severity


def test_server_as_it_should_be():
    good = {
        "log_bin": "ON", "binlog_expire_logs_seconds": "604800", "binlog_format": "ROW", "slow_query_log": "ON",
        "long_query_time": "1.0", "default_table_encryption": "ON", "innodb_flush_log_at_trx_commit": "1",
        "innodb_ft_min_token_size": "3", "innodb_ft_max_token_size": "84", "sync_binlog": "1",
    }  # fmt: skip
    assert {each.severity.value for each in judge_variables(good, encrypted=True)} == {"ok", "info"}
    messages = {each.name: each.message for each in judge_variables(good, encrypted=True)}
    assert messages["server: binary log"] == "on, kept 7 days, format ROW"


@pytest.mark.parametrize(
    ("binlog_format", "sync", "severity", "said"),
    [
        ("ROW", "1", "ok", "format ROW"),
        ("MIXED", "1", "ok", "format MIXED"),
        ("STATEMENT", "1", "warning", "other rows"),
        ("ROW", "0", "info", "the end of it"),
    ],
)
def test_what_a_recovery_to_a_point_in_time_rests_on(binlog_format, sync, severity, said):
    known = {"log_bin": "ON", "binlog_format": binlog_format, "sync_binlog": sync}
    (found,) = [one for one in judge_variables(known, encrypted=True) if one.name == "server: binary log"]
    assert (found.severity, said in found.message) == (severity, True)
