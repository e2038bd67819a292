"""The accounts that `altus4 grants` prints, made on real servers: each can do its work and nothing else."""

import asyncio
import json
import secrets

import attrs
import pytest
from altus4_metadata_mysql.checks.rights import compare
from altus4_metadata_mysql.plugin import MetadataMySQL
from altus4_metadata_mysql.privileges import Privileges
from altus4_mysql import QueryFailed
from click.testing import CliRunner

from altus4_core.cli.main import main
from altus4_core.commands import CommandContext
from altus4_core.composing.manager import Selection
from altus4_core.testing.composing import found

pytestmark = pytest.mark.mysql


class Plugin(MetadataMySQL):
    """With more tables than it has itself."""

    tables = {"migrations": "SELECT", "users": "SELECT, INSERT", "audit_log": "SELECT, INSERT, UPDATE, DELETE"}


async def altus4(url, *arguments, stdin="", **environ):
    context = CommandContext(None, {"ALTUS4_METADATA_URL": url, **environ}, Selection(extra=[found(Plugin)], none=True))
    return await asyncio.to_thread(CliRunner().invoke, main, arguments, obj=context, input=stdin)


@pytest.fixture
async def accounts(schema):
    """Make accounts from what is printed: `accounts("app")` gives the schema as that account sees it."""
    made = []

    async def make(purpose, **more):
        user = f"{purpose}_{secrets.token_hex(4)}"
        password = secrets.token_hex(8)
        arguments = ["--for", purpose, "--user", user, "--no-tls", "--password-stdin", "--json"]
        arguments += ["--server", schema.server.flavour.value, "--schema", schema.name]
        printed = await altus4(schema.url, "grants", *arguments, stdin=f"{password}\n")
        assert printed.exit_code == 0, printed.output
        statements = json.loads(printed.stdout.splitlines()[-1])[purpose]
        await schema.query(*statements, schema=False)
        made.append(user)
        return type(schema)(attrs.evolve(schema.server, user=user, password=password), schema.name)

    yield make
    for user in made:
        await schema.query(f"DROP USER '{user}'@'%'", schema=False)


async def finding(schema, name):
    result = await altus4(schema.url, "doctor", "--json")
    return [each for each in json.loads(result.stdout) if each["name"] == name], result.exit_code


async def test_migration_account_makes_the_schema_and_the_app_account_serves(schema, accounts):
    migrate = await accounts("migrate")
    for command in (["up"], ["refresh"], ["fresh"], ["rollback"], ["up"]):
        done = await altus4(migrate.url, "migrate", *command)
        assert done.exit_code == 0, done.output
    app = await accounts("app")
    (rights,), code = await finding(app, "grants")
    assert (rights["severity"], code) == ("ok", 0)
    await app.query("SELECT id FROM users", "DELETE FROM audit_log")
    for forbidden in ("DELETE FROM users", "UPDATE users SET name = ''", "DROP TABLE users", "SELECT * FROM api_keys"):
        with pytest.raises(QueryFailed):
            await app.query(forbidden)


async def test_missing_right_is_an_error_with_the_statement_that_helps(schema, accounts):
    await schema.migrate()
    app = await accounts("app")
    await schema.query(f"REVOKE INSERT ON `{schema.name}`.users FROM '{app.server.user}'@'%'")
    (rights,), code = await finding(app, "grants")
    assert (rights["severity"], code) == ("error", 1)
    assert f"'{app.server.user}'@'%' lacks INSERT on users" in rights["message"]
    await schema.query(rights["hint"].removeprefix("run as administrator: "))
    (rights,), code = await finding(app, "grants")
    assert (rights["severity"], code) == ("ok", 0)


async def test_more_than_is_needed_is_a_warning(schema, accounts):
    await schema.migrate()
    app = await accounts("app")
    await schema.query(f"GRANT DROP ON `{schema.name}`.users TO '{app.server.user}'@'%'")
    (rights,), code = await finding(app, "grants")
    assert (rights["severity"], code) == ("warning", 0)
    assert "more than it needs: DROP on users" in rights["message"]
    assert (await altus4(app.url, "doctor", "--strict")).exit_code == 1


async def test_search_account_only_reads(schema, accounts):
    await schema.query(f"CREATE DATABASE `{schema.name}`", schema=False)
    await schema.query("CREATE TABLE t (id INT)", "CREATE VIEW v AS SELECT id FROM t")
    search = await accounts("search")
    await search.query("SELECT * FROM t", "SHOW CREATE VIEW v")
    await search.query(f"SELECT column_name FROM information_schema.columns WHERE table_schema = '{schema.name}'")
    for forbidden in ("INSERT INTO t VALUES (1)", "DROP TABLE t", "CREATE TABLE u (id INT)"):
        with pytest.raises(QueryFailed):
            await search.query(forbidden)


async def test_schema_with_an_underscore_is_no_pattern(schema, accounts):
    await schema.query(f"CREATE DATABASE `{schema.name}`", schema=False)
    other = schema.name.replace("_", "x", 1)
    await schema.query(f"CREATE DATABASE `{other}`", f"CREATE TABLE `{other}`.t (id INT)", schema=False)
    try:
        search = await accounts("search")
        with pytest.raises(QueryFailed):
            await search.query(f"SELECT * FROM `{other}`.t", schema=False)
    finally:
        await schema.query(f"DROP DATABASE `{other}`", schema=False)


async def test_text_and_usage(schema):
    printed = await altus4(schema.url, "grants")
    lines = printed.stdout.splitlines()
    assert [line for line in lines if line.startswith("--")] == [
        "-- An account that is there already keeps its password: the one below is not it.",
        "-- altus4 migrate, and altus4 restore",
        "-- altus4 serve and its other commands: what the enabled plugins need; after altus4 migrate up",
        "-- altus4 backup",
    ]
    assert f"GRANT SELECT, INSERT ON `{schema.name}`.`users` TO 'altus4_app'@'%';" in lines
    assert all("REQUIRE SSL" in line for line in lines if line.startswith("CREATE USER"))
    passwords = {line.split("'")[5] for line in lines if line.startswith("CREATE USER")}
    assert len(passwords) == 3
    assert (await altus4(schema.url, "grants", "--for", "search")).exit_code == 2
    assert (await altus4(schema.url, "grants", "--user", "x")).exit_code == 2


@pytest.mark.parametrize(
    ("granted", "severity", "text"),
    [
        ({("m", "t"): {"SELECT"}}, "ok", "no more"),
        ({("m", "*"): {"SELECT"}}, "warning", "SELECT on m.*"),
        ({("*", "*"): {"ALL PRIVILEGES"}}, "warning", "ALL PRIVILEGES everywhere"),
        ({("*", "*"): {"USAGE"}}, "error", "lacks SELECT on t"),
        ({("m", "t"): {"SELECT"}, ("other", "*"): {"SELECT"}}, "warning", "rights on other"),
        ({("m_", "*"): {"SELECT"}}, "error", "lacks"),
        ({("%", "*"): {"SELECT"}}, "warning", "SELECT on m.*"),
        ({("\\m", "t"): {"SELECT"}}, "error", "lacks"),
    ],
)
def test_comparison(granted, severity, text):
    privileges = Privileges({place: frozenset(rights) for place, rights in granted.items()})
    (found,) = compare(privileges, "m", {"t": frozenset({"SELECT"})}, "'a'@'b'")
    assert found.severity == severity
    assert text in found.message


async def test_migrating_without_the_rights_is_one_line(schema, accounts):
    await schema.query(f"CREATE DATABASE `{schema.name}`", schema=False)
    reader = await accounts("search")
    for command in (["up"], ["fresh"], ["repair", "--accept", "001_create_users_table"]):
        result = await altus4(reader.url, "migrate", *command)
        assert result.exit_code == 1, result.output
        assert result.stderr.count("\n") == 1, result.stderr
    assert "grant the user its rights" in (await altus4(reader.url, "migrate", "up")).stderr


@pytest.mark.parametrize(
    ("arguments", "stdin"),
    [
        ((), "\n"),
        ((), "back\\slash\n"),
        ((), "n\0l\n"),
        (("--user", ""), "good\n"),
        (("--host", "a\\b"), "good\n"),
    ],
)
async def test_what_no_statement_can_hold(arguments, stdin):
    """A variable that is not set must not make an account without a password."""
    printed = await altus4(
        "mysql://x@127.0.0.1:1/meta", "grants", "--for", "app", "--password-stdin", *arguments, stdin=stdin
    )
    assert (printed.exit_code, printed.stdout) == (2, "")
    assert "must have characters" in printed.stderr


async def test_any_other_password(schema):
    password = 'it\'s "100%" `x` \u00e9\U0001f600 -- /*'
    user = f"any_{secrets.token_hex(4)}"
    arguments = ["--for", "migrate", "--user", user, "--no-tls", "--schema", schema.name, "--json", "--password-stdin"]
    printed = await altus4(schema.url, "grants", *arguments, stdin=f"{password}\n")
    await schema.query(*json.loads(printed.stdout.splitlines()[-1])["migrate"], schema=False)
    try:
        there = type(schema)(attrs.evolve(schema.server, user=user, password=password), schema.name)
        assert (await there.query("SELECT CURRENT_USER()", schema=False))[0][0] == f"{user}@%"
    finally:
        await schema.query(f"DROP USER '{user}'@'%'", schema=False)
