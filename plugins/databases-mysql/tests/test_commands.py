"""`altus4 databases` and `altus4 secrets`, run as an operator runs them."""

import json

import pytest
from altus4_databases_mysql import DatabasesMySQL
from altus4_databases_mysql.credentials import Vault
from altus4_databases_mysql.keyring import Keyring, new_key_entry
from altus4_databases_mysql.link import password_place
from click.testing import CliRunner

from altus4_core.commands import CommandContext
from altus4_core.composing.manager import Selection
from altus4_core.stored import Database, User
from altus4_core.testing.composing import found


@pytest.fixture
def altus4(tmp_path, memory):
    """Run one command of the plugin; give (exit code, output, errors)."""
    config = tmp_path / "altus4.toml"
    config.write_text("")

    def run(*arguments, toml=None, stdin=None, **environ):
        if toml is not None:
            config.write_text(toml)
        given = {"ALTUS4_ENCRYPTION_KEYS": new_key_entry("k1"), "ALTUS4_SESSION_SECRET": "s" * 40, **environ}
        context = CommandContext(config, given, Selection(extra=[found(DatabasesMySQL), found(memory)], none=True))
        entries = {entry.name: entry.provider for entry in context.gateway.composition.of("command")}
        result = CliRunner().invoke(entries[arguments[0]], arguments[1:], obj=context, input=stdin)
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        return result.exit_code, result.stdout, result.stderr

    return run


def test_secrets_generate_is_ready_to_paste(altus4):
    code, output, _ = altus4("secrets", "generate", ALTUS4_ENCRYPTION_KEYS="", ALTUS4_SESSION_SECRET="")
    assert code == 0
    made = dict(line.split("=", 1) for line in output.splitlines())
    assert set(made) == {"ALTUS4_SESSION_SECRET", "ALTUS4_ENCRYPTION_KEYS"}
    assert len(made["ALTUS4_SESSION_SECRET"]) >= 32
    Keyring.parse(made["ALTUS4_ENCRYPTION_KEYS"])
    assert altus4("secrets", "generate")[1] != output
    assert altus4("secrets", "check", **made)[0] == 0


def test_secrets_check_names_what_is_wrong_and_shows_nothing(altus4):
    code, output, errors = altus4("secrets", "check", ALTUS4_ENCRYPTION_KEYS="k:AAAA", ALTUS4_SESSION_SECRET="tiny")
    assert (code, output) == (2, "")
    assert len(errors.splitlines()) == 2
    assert "tiny" not in errors
    assert "AAAA" not in errors


async def test_secrets_rotate_seals_with_the_first_key_and_says_which_may_go(altus4, memory, in_thread):
    old, new = new_key_entry("old"), new_key_entry("new")
    await memory.store.users.add(User("user-9", "ada@example.org", "Ada"))
    sealed = Vault(Keyring.parse(old)).encrypt("pass", password_place("d-1", "user-9"))
    await memory.store.databases.add(Database("d-1", "user-9", "shop", "h", 3306, "shop", "reader", sealed))
    both = {"ALTUS4_ENCRYPTION_KEYS": f"{new},{old}"}
    code, output, _ = await in_thread(altus4, "secrets", "check", **both)
    assert (code, "1 secret is sealed with key old." in output) == (0, True)
    code, output, _ = await in_thread(altus4, "secrets", "rotate", **both)
    assert code == 0
    assert output.splitlines() == [
        "1 secret is sealed anew with key new.",
        "1 secret is sealed with key new.",
        "Key old seals nothing any more and may be taken out of ALTUS4_ENCRYPTION_KEYS.",
    ]
    code, output, _ = await in_thread(altus4, "secrets", "check", "--json", ALTUS4_ENCRYPTION_KEYS=new)
    assert (code, json.loads(output)["secretsByKey"]) == (0, {"new": 1})
    code, output, errors = await in_thread(altus4, "secrets", "check", ALTUS4_ENCRYPTION_KEYS=old)
    assert code == 1
    assert "in order" not in output
    assert output.splitlines()[1] == "1 secret is sealed with key new, which is not there."
    assert "cannot be opened: database d-1" in errors


@pytest.mark.mysql
class TestDatabases:
    @pytest.fixture
    async def owner(self, memory):
        user = User("user-9", "ada@example.org", "Ada")
        await memory.store.users.add(user)
        return user

    @pytest.fixture
    def add(self, altus4, owner):
        def run(customer, *more, stdin=None, toml=None, **environ):
            server = customer.server
            opened = f"[plugins.databases-mysql]\nallowed_networks = ['127.0.0.0/8']\nallowed_ports = [{server.port}]"
            return altus4(
                *("databases", "add", "--user", "Ada@example.org", "--name", "Shop", "--host", server.host),
                *("--port", str(server.port), "--database", customer.schema, "--username", customer.username),
                *("--tls-mode", "required" if server.tls else "disabled", *more),
                toml=opened if toml is None else toml,
                stdin=stdin,
                **environ,
            )

        return run

    async def test_add_list_test_remove(self, altus4, add, customer, in_thread):
        code, output, errors = await in_thread(add, customer, "--password-stdin", "--json", stdin=customer.password)
        assert (code, errors) == (0, "")
        made = json.loads(output)
        assert made["database"] == customer.schema
        assert customer.password not in output
        code, output, _ = await in_thread(altus4, "databases", "list", "--user", "user-9", "--json")
        assert json.loads(output) == [made]
        code, output, _ = await in_thread(altus4, "databases", "list", "--user", "user-9")
        assert made["id"] in output

    async def test_no_password_is_a_wrong_usage(self, add, customer, in_thread):
        code, _, errors = await in_thread(add, customer)
        assert code == 2
        assert "--password-stdin" in errors
        code, _, errors = await in_thread(add, customer, "--password-env", "NO_SUCH_VARIABLE")
        assert code == 2
        assert "NO_SUCH_VARIABLE" in errors

    async def test_a_wrong_password_is_one_line(self, add, customer, in_thread):
        code, output, errors = await in_thread(add, customer, "--password-stdin", stdin="wrong\n")
        assert (code, output) == (1, "")
        assert errors.splitlines() == [
            "altus4: The database server refused this user name and password, or what they may do."
        ]

    async def test_a_closed_address_says_how_to_open_it(self, add, customer, in_thread):
        code, _, errors = await in_thread(add, customer, "--password-stdin", stdin="x\n", toml="")
        assert code == 1
        assert "allowed_networks" in errors
        assert "system schemas and the gateway's own one stay closed." in errors
        assert len(errors.splitlines()) == 1

    async def test_an_unknown_user_or_database(self, altus4, owner, in_thread):
        code, _, errors = await in_thread(altus4, "databases", "list", "--user", "nobody@example.org")
        assert code == 1
        assert "accounts create" in errors
        code, _, errors = await in_thread(altus4, "databases", "test", "--user", "user-9", "nothing")
        assert (code, errors) == (1, "altus4: Database not found\n")
