from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from altus4_core.errors import SettingsError
from altus4_core.settings import CoreSettings, LoadedSettings, Secret, load_settings
from altus4_core.settings.shape import leaves

Load = Callable[..., LoadedSettings]
Problems = Callable[..., list[str]]


def test_nothing_is_enough(load: Load, folder: Path) -> None:
    settings = load()
    assert settings.core == CoreSettings()
    assert settings.config_folder == folder
    assert settings.config_path is None


def test_the_file_is_found_by_argument_then_variable_then_default(load: Load, folder: Path) -> None:
    for name, port in (("a", 1), ("b", 2)):
        (folder / name).mkdir()
        (folder / name / "x.toml").write_text(f"[server]\nport = {port}\n")
    (folder / "altus4.toml").write_text("[server]\nport = 3\n")
    variable = {"ALTUS4_CONFIG": str(folder / "b" / "x.toml")}
    given = load_settings(Path("a/x.toml"), variable)
    assert (given.core.server.port, given.config_folder) == (1, folder / "a")
    assert load_settings(None, variable).core.server.port == 2
    assert load_settings(None, {}).core.server.port == 3


def test_environment_over_dotenv_over_file_over_default(load: Load, folder: Path) -> None:
    toml = "[server]\nport = 1\nhost = 'file'\nmax_requests = 5\n"
    (folder / ".env").write_text("ALTUS4_SERVER__PORT=2\nALTUS4_SERVER__HOST=dotenv\n")
    core = load(toml, {"ALTUS4_SERVER__PORT": "3"}).core
    assert core.server.port == 3
    assert core.server.host == "dotenv"
    assert core.server.max_requests == 5
    assert core.server.body_timeout == 15.0


def test_the_strongest_layer_wins_whatever_the_name(load: Load, folder: Path) -> None:
    (folder / ".env").write_text("ALTUS4_SERVER__PORT=2\n")
    assert load(None, {"ALTUS4_PORT": "3"}).core.server.port == 3
    (folder / ".env").write_text("ALTUS4_PORT=2\n")
    assert load(None, {"ALTUS4_SERVER__PORT": "4"}).core.server.port == 4


def test_two_names_in_one_layer_must_agree(load: Load, problems: Problems) -> None:
    assert load(None, {"ALTUS4_PORT": "3", "ALTUS4_SERVER__PORT": "3"}).core.server.port == 3
    (line,) = problems(None, {"ALTUS4_PORT": "3", "ALTUS4_SERVER__PORT": "4"})
    assert "ALTUS4_SERVER__PORT and ALTUS4_PORT differ" in line


@pytest.mark.parametrize(
    ("variable", "place"),
    [
        ("ALTUS4_METADATA_URL", "metadata.url"),
        ("ALTUS4_SESSION_SECRET", "security.session_secret"),
        ("ALTUS4_ENCRYPTION_KEYS", "security.encryption_keys"),
        ("ALTUS4_ENVIRONMENT", "environment"),
        ("ALTUS4_HOST", "server.host"),
        ("ALTUS4_PORT", "server.port"),
        ("ALTUS4_LOG_LEVEL", "log_level"),
    ],
)
def test_the_names_an_operator_meets(load: Load, variable: str, place: str) -> None:
    text = {"ALTUS4_ENVIRONMENT": "test", "ALTUS4_PORT": "5", "ALTUS4_LOG_LEVEL": "error"}.get(variable, "x")
    value: Any = load(None, {variable: text}).core
    for name in place.split("."):
        value = getattr(value, name)
    assert value == (Secret(text) if isinstance(value, Secret) else type(value)(text))


def test_every_core_value_has_a_variable_of_its_place() -> None:
    names = {leaf.key: leaf.variables[0] for leaf in leaves(CoreSettings, ())}
    assert names["server.max_body_bytes"] == "ALTUS4_SERVER__MAX_BODY_BYTES"
    assert names["enable"] == "ALTUS4_ENABLE"
    assert all(leaf.doc for leaf in leaves(CoreSettings, ()))


def test_lists_and_tables_in_the_environment(load: Load) -> None:
    core = load(
        None,
        {
            "ALTUS4_ENABLE": "api-keys, search-fulltext",
            "ALTUS4_PREFER": '{"search-mode.natural": "search-x"}',
            "ALTUS4_SERVER__CORS_ORIGINS": '["https://a", "https://b"]',
        },
    ).core
    assert core.enable == ("api-keys", "search-fulltext")
    assert core.prefer == {"search-mode.natural": "search-x"}
    assert core.server.cors_origins == ("https://a", "https://b")


def test_an_empty_variable_is_not_set(load: Load, folder: Path) -> None:
    (folder / ".env").write_text("ALTUS4_PORT=7\n")
    assert load(None, {"ALTUS4_PORT": "", "DB_HOST": ""}).core.server.port == 7


def test_everything_wrong_is_told_at_once_and_located(problems: Problems, folder: Path) -> None:
    (folder / ".env").write_text("\nALTUS4_PORTT=1\nALTUS4_SERVER__BODY_TIMEOUT=soon\n")
    lines = problems(
        'log_level = "loud"\n[server]\nport = "3000"\nhots = "x"\nmax_requests = 0\n[serverr]\n[metadata]\nurl = 5\n',
        {"ALTUS4_EVENTS__QUEUE_SIZE": "-1"},
    )
    text = "\n".join(lines)
    assert len(lines) == 9
    for expected in (
        "log_level: must be in ['debug', 'info', 'warning', 'error']",
        "server.port: must be a whole number, not text; write it without quotes [altus4.toml:3]",
        "server.hots: there is no such setting [altus4.toml:4]; did you mean 'host'?",
        "server.max_requests: must be >= 1: 0 [altus4.toml:5]",
        "serverr: there is no such setting [altus4.toml:6]; did you mean 'server'?",
        "metadata.url: must be text, not a whole number [altus4.toml:8]",
        "server.body_timeout: must be a number, not 'soon' [.env:3]",
        "events.queue_size: must be >= 1: -1 [environment ALTUS4_EVENTS__QUEUE_SIZE]",
        "ALTUS4_PORTT: there is no such setting [.env:2]; did you mean 'ALTUS4_PORT'?",
    ):
        assert expected in text


def test_unknown_variables_of_tests_and_tools_are_left_alone(load: Load) -> None:
    load(None, {"ALTUS4_TEST_MYSQL_URL": "x", "ALTUS4_SANDBOX_CACHE": "x", "OTHER": "x", "ALTUS4": "x"})


@pytest.mark.parametrize(
    ("toml", "said"),
    [
        ("a = ", "is not valid TOML"),
        ("server = 1", "server: must be a table, not a whole number [altus4.toml:1]"),
        ("plugins = 1", "plugins: must be a table"),
        ("[plugins]\nx = 1", "plugins.x: must be a table [altus4.toml:2]"),
        ("[server]\nport = true", "server.port: must be a whole number, not true or false"),
        ("[server]\nport = 3000.0", "server.port: must be a whole number, not a number"),
        ("[server]\nbody_timeout = inf", "server.body_timeout: must be a finite number"),
        ("[server]\ncors_origins = 'x'", "server.cors_origins: must be a list, not text; write it in [ ]"),
        (
            "[server]\ncors_origins = [\n'x',\n1]",
            "server.cors_origins.1: must be text, not a whole number [altus4.toml:4]",
        ),
        ('[server]\nhost = "a\\u0000"', "server.host: has a NUL character in it"),
        ("[metadata]\nrequire_migrated = 'yes'", "metadata.require_migrated: must be true or false, not text"),
        ("[server]\nmetrics = 'pubic'", "server.metrics: must be one of 'public', 'protected', 'off', not 'pubic'"),
        ("prefer = 'x'", "prefer: must be a table, not text"),
        ("[prefer]\na = 1", "prefer.a: must be text, not a whole number [altus4.toml:2]"),
        ("enable = 2026-01-01", "enable: must be a list, not a date or time"),
    ],
)
def test_wrong_files(problems: Problems, toml: str, said: str) -> None:
    assert any(said in line for line in problems(toml))


@pytest.mark.parametrize("name", ["missing.toml", ".", "bad.toml"])
def test_files_that_cannot_be_read(folder: Path, name: str) -> None:
    (folder / "bad.toml").write_bytes(b"a = '\xff'")
    with pytest.raises(SettingsError) as caught:
        load_settings(Path(name), {})
    assert name in caught.value.problems[0].line()


@pytest.mark.parametrize(
    ("variable", "text"),
    [
        ("ALTUS4_PORT", "3000.0"),
        ("ALTUS4_PORT", "0x10"),
        ("ALTUS4_PORT", "9" * 5000),
        ("ALTUS4_PORT", "٣"),
        ("ALTUS4_METADATA__REQUIRE_MIGRATED", "maybe"),
        ("ALTUS4_SERVER__BODY_TIMEOUT", "nan"),
        ("ALTUS4_SERVER__BODY_TIMEOUT", "1e999"),
        ("ALTUS4_PREFER", "[1]"),
        ("ALTUS4_PREFER", "{"),
        ("ALTUS4_SERVER__CORS_ORIGINS", "[1]"),
        ("ALTUS4_SERVER__CORS_ORIGINS", "[" * 100_000),
        ("ALTUS4_HOST", "\udcff"),
        ("ALTUS4_ENVIRONMENT", "Production"),
    ],
)
def test_wrong_variables_are_named(problems: Problems, variable: str, text: str) -> None:
    lines = problems(None, {variable: text})
    assert all(f"environment {variable}" in line for line in lines)
    assert all(len(line) < 400 for line in lines)


@pytest.mark.parametrize(("text", "value"), [("yes", True), ("0", False), ("TRUE", True), ("off", False)])
def test_booleans(load: Load, text: str, value: bool) -> None:
    assert load(None, {"ALTUS4_METADATA__REQUIRE_MIGRATED": text}).core.metadata.require_migrated is value


def test_values_from_variables_and_files(load: Load, folder: Path) -> None:
    (folder / "secret").write_text("hunter2 \n\n")
    (folder / "port").write_text("77\r\n")
    (folder / ".env").write_text("KEYS=k:abc\n")
    core = load(
        "enable = [{env = 'FIRST'}]\n[server]\nport = {file = 'port'}\n"
        "[security]\nsession_secret = {file = 'secret'}\nencryption_keys = {env = 'KEYS'}\n",
        {"FIRST": "a"},
    ).core
    assert core.security.session_secret.reveal() == "hunter2 \n"
    assert core.security.encryption_keys.reveal() == "k:abc"
    assert core.server.port == 77
    assert core.enable == ("a",)


def test_a_file_value_is_relative_to_the_settings_file(folder: Path) -> None:
    (folder / "etc").mkdir()
    (folder / "etc" / "s").write_text("x" * 40)
    (folder / "etc" / "altus4.toml").write_text("[security]\nsession_secret = {file = 's'}\n")
    assert load_settings(Path("etc/altus4.toml"), {}).core.security.session_secret.reveal() == "x" * 40


def test_values_that_are_not_there(problems: Problems) -> None:
    lines = problems(
        "[server]\nhost = {env = 'NOPE'}\n[security]\nsession_secret = {file = 'nope'}\n"
        "encryption_keys = {env = 'A', file = 'B'}\n[metadata]\nurl = {path = 'x'}\n"
    )
    text = "\n".join(lines)
    assert len(lines) == 4
    assert "server.host: the environment variable 'NOPE' is not set [altus4.toml:2]" in text
    assert "security.session_secret: the file" in text
    assert "cannot be read: no such file or directory [altus4.toml:4]" in text
    assert "security.encryption_keys: names both env and file [altus4.toml:5]" in text
    assert "metadata.url: must be text, not a table [altus4.toml:7]" in text


def test_an_environment_value_of_the_wrong_type_is_traced(problems: Problems) -> None:
    (line,) = problems("[server]\nport = {env = 'P'}\n", {"P": "x"})
    assert "[altus4.toml:2 -> environment P]" in line


class TestDatabaseVariables:
    """The original's DB_* variables."""

    full = {"DB_HOST": "db", "DB_PORT": "3307", "DB_USERNAME": "u", "DB_PASSWORD": "p", "DB_DATABASE": "s"}

    def test_they_make_the_url(self, load: Load) -> None:
        assert load(None, self.full).core.metadata.url.reveal() == "mysql://u:p@db:3307/s"

    def test_defaults(self, load: Load) -> None:
        url = load(None, {"DB_USERNAME": "u", "DB_DATABASE": "s"}).core.metadata.url.reveal()
        assert url == "mysql://u@127.0.0.1:3306/s"

    def test_from_dotenv_and_environment_together(self, load: Load, folder: Path) -> None:
        (folder / ".env").write_text("DB_HOST=h\nDB_USERNAME=u\nDB_PASSWORD='a b'\nDB_DATABASE=s\n")
        url = load(None, {"DB_HOST": "::1"}).core.metadata.url.reveal()
        assert url == "mysql://u:a%20b@[::1]:3306/s"

    @pytest.mark.parametrize("name", ["ALTUS4_METADATA_URL", "ALTUS4_METADATA__URL"])
    def test_a_url_wins(self, load: Load, name: str) -> None:
        assert load(None, {**self.full, name: "mysql://x@y/z"}).core.metadata.url.reveal() == "mysql://x@y/z"

    def test_a_url_in_the_file_wins(self, load: Load) -> None:
        core = load("[metadata]\nurl = 'mysql://x@y/z'", self.full).core
        assert core.metadata.url.reveal() == "mysql://x@y/z"

    @pytest.mark.parametrize("missing", ["DB_USERNAME", "DB_DATABASE"])
    def test_half_of_them(self, problems: Problems, missing: str) -> None:
        given = {name: text for name, text in self.full.items() if name != missing}
        (line,) = problems(None, given)
        assert f"but not {missing}" in line

    @pytest.mark.parametrize("port", ["0", "65536", "x", "-1"])
    def test_wrong_port(self, problems: Problems, port: str) -> None:
        (line,) = problems(None, {**self.full, "DB_PORT": port})
        assert line.startswith("DB_PORT: must be a port number from 1 to 65535 [environment DB_PORT]")

    def test_others_programs_leftovers_do_not_count(self, load: Load) -> None:
        assert not load(None, {"DB_PASSWORD": "p", "DB_PORT": "x"}).core.metadata.url

    text = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1)

    @given(text, text, text)
    @hypothesis_settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
    def test_any_credentials_survive(self, load: Load, user: str, password: str, database: str) -> None:
        environ = {"DB_USERNAME": user, "DB_PASSWORD": password, "DB_DATABASE": database}
        url = urlsplit(load(None, environ).core.metadata.url.reveal())
        found = (unquote(url.username or ""), unquote(url.password or ""), unquote(url.path[1:]))
        assert found == (user, password, database)


class TestSecrets:
    """They are printed nowhere."""

    def test_not_by_repr_or_errors(self, load: Load) -> None:
        settings = load(
            "[plugins.x]\npassword = 'hunter2'\n[metadata]\nurl = 'mysql://u:hunter2@h/s'",
            {"ALTUS4_SESSION_SECRET": "hunter2", "ALTUS4_PLUGINS__X__KEY": "hunter2"},
        )
        assert "hunter2" not in repr(settings)
        assert "hunter2" not in repr(settings.explain({}))

    def test_not_by_wrong_types(self, problems: Problems) -> None:
        lines = problems(
            "[security]\nsession_secret = ['hunter2']\n[metadata]\nurl = {a = 'hunter2'}",
            {"ALTUS4_PORT": "mysql://u:hunter2@h/s"},
        )
        assert len(lines) == 3
        assert "hunter2" not in "\n".join(lines)

    def test_a_broken_json_list_is_not_quoted(self, problems: Problems) -> None:
        with pytest.raises(SettingsError) as caught:
            load_settings(None, {"ALTUS4_PREFER": '{"a": hunter2'})
        assert "hunter2" not in str(caught.value)
        assert caught.value.__cause__ is None


def test_not_strict_keeps_what_is_right(load: Load) -> None:
    settings = load("[server]\nport = 'x'\nhost = 'h'\n", strict=False)
    assert (settings.core.server.port, settings.core.server.host) == (3000, "h")
    assert [problem.who for problem in settings.problems] == ["server.port"]


def test_dotenv_is_read_beside_the_file_else_here(folder: Path) -> None:
    (folder / "etc").mkdir()
    (folder / "etc" / "x.toml").write_text("")
    (folder / ".env").write_text("ALTUS4_PORT=1\n")
    assert load_settings(Path("etc/x.toml"), {}).core.server.port == 1
    (folder / "etc" / ".env").write_text("ALTUS4_PORT=2\n")
    assert load_settings(Path("etc/x.toml"), {}).core.server.port == 2


def test_the_place_of_the_file_cannot_stand_in_dotenv(problems: Problems, folder: Path) -> None:
    (folder / ".env").write_text("ALTUS4_CONFIG=x.toml\n")
    (line,) = problems()
    assert line == "ALTUS4_CONFIG: has no effect in a .env file [.env:1]; set it in the environment"


@given(port=st.integers(0, 65535), timeout=st.floats(0.1, 1e6), origins=st.lists(st.text("abc:/.", min_size=1)))
@hypothesis_settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_toml_and_environment_say_the_same(load: Load, port: int, timeout: float, origins: list[str]) -> None:
    toml = f"[server]\nport = {port}\nbody_timeout = {timeout!r}\ncors_origins = {origins!r}\n"
    by_file = load(toml).core
    environ = {
        "ALTUS4_PORT": str(port),
        "ALTUS4_SERVER__BODY_TIMEOUT": repr(timeout),
        "ALTUS4_SERVER__CORS_ORIGINS": ",".join(origins) or "[]",
    }
    assert load("", environ).core == by_file
    assert (by_file.server.port, by_file.server.body_timeout) == (port, timeout)
