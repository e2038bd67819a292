"""The command line: one clear line for what is wrong, never a traceback."""

import json
import socket

import pytest
from commandline import altus4

PLUGIN = """
import sys
from altus4_core import Plugin, hookimpl, setting
import attrs
import click

@attrs.frozen
class Settings:
    word: str = setting("hello", doc="What to say.")

class Mine(Plugin):
    name = "mine"
    Settings = Settings

    @hookimpl
    def altus4_commands(self):
        return [click.Command("say", callback=lambda: click.echo(self.settings.word))]
"""


def one_line(outcome, code):
    outcome.clear()
    assert outcome.code == code, outcome
    lines = outcome.err.strip().splitlines()
    assert len(lines) == 1, outcome.err
    assert lines[0].startswith("altus4: ")
    return lines[0]


def test_unknown_plugin_is_not_installed(tmp_path):
    line = one_line(altus4("serve", folder=tmp_path, toml='enable = ["no-such-thing"]\n'), 1)
    assert "no-such-thing: enabled but not installed" in line
    assert "pip install altus4-no-such-thing" in line


def test_misspelled_plugin_names_the_nearest(tmp_path):
    line = one_line(altus4("serve", folder=tmp_path, toml='enable = ["rate-limt"]\n'), 1)
    assert "'rate-limit'" in line


def test_port_taken(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        outcome = altus4("serve", "--port", str(port), folder=tmp_path, toml="enable = []\n")
    assert f"port {port} on 127.0.0.1 is taken" in one_line(outcome, 1)


def test_settings_file_that_is_not_there(tmp_path):
    outcome = altus4("--config", "nowhere.toml", "serve", folder=tmp_path).clear()
    assert outcome.code != 0
    assert "nowhere.toml" in outcome.err


@pytest.mark.parametrize("command", ["serve", "plugins", "config explain", "doctor"])
@pytest.mark.parametrize(
    ("toml", "expected"),
    [
        ("enable = [", "altus4.toml"),
        ("enable = []\n[serve]\nport = 1\n", "'server'"),
        ("enable = []\n[server]\nprt = 1\n", "'port'"),
        ('enable = []\n[server]\nport = "high"\n', "server.port"),
        ("enable = []\n[server]\nport = 70000\n", "server.port"),
    ],
)
def test_wrong_settings(tmp_path, command, toml, expected):
    outcome = altus4(*command.split(), folder=tmp_path, toml=toml).clear()
    assert outcome.code in {1, 2}, outcome
    assert expected in outcome.out + outcome.err, outcome


def test_wrong_settings_exit_with_2(tmp_path):
    assert one_line(altus4("serve", folder=tmp_path, toml='enable = []\n[server]\nport = "high"\n'), 2)


def test_wrong_usage_exits_with_2(tmp_path):
    for arguments in (["--no-such-option"], ["no-such-command"], ["serve", "--port", "high"], ["config", "nothing"]):
        outcome = altus4(*arguments, folder=tmp_path, toml="enable = []\n").clear()
        assert outcome.code == 2, (arguments, outcome)


def test_no_configuration_at_all(tmp_path):
    """The standard set needs a metadata database: say which setting, in lines, and do not trace."""
    outcome = altus4("serve", folder=tmp_path).clear()
    assert outcome.code in {1, 2}
    assert all(line.startswith("altus4: ") for line in outcome.err.strip().splitlines()), outcome.err


def test_plugin_from_a_file(tmp_path):
    (tmp_path / "mine.py").write_text(PLUGIN)
    toml = 'enable = []\n[plugins.mine]\nword = "good day"\n'
    outcome = altus4("--plugin", "./mine.py:Mine", "say", folder=tmp_path, toml=toml).clear()
    assert (outcome.code, outcome.out) == (0, "good day\n")


@pytest.mark.parametrize(
    ("reference", "expected"),
    [
        ("./nowhere.py:Mine", "no such file"),
        ("./mine.py", "FILE.py:Class"),
        ("mine:Mine", "FILE.py:Class"),
        ("./mine.py:", "FILE.py:Class"),
        ("./mine.py:Nobody", "leads nowhere: mine.py has no class 'Nobody'; known: Mine [mine.py]; correct"),
        ("./mine.py:Mien", "mine.py has no class 'Mien'; did you mean 'Mine'? [mine.py]"),
        (
            "./needy.py:Mine",
            "no module named 'no_such_module' [needy.py]; pip install what provides 'no_such_module'\n",
        ),
        ("./broken.py:Mine", "syntax error"),
    ],
)
def test_plugin_from_a_wrong_file(tmp_path, reference, expected):
    (tmp_path / "mine.py").write_text(PLUGIN)
    (tmp_path / "broken.py").write_text("class Mine(:\n")
    (tmp_path / "needy.py").write_text("import no_such_module\n")
    for place in (["--plugin", reference, "serve"], ["serve", "--plugin", reference]):
        outcome = altus4(*place, folder=tmp_path, toml="enable = []\n").clear()
        assert outcome.code in {1, 2}
        assert expected in outcome.err, outcome


def test_only_and_no_plugins_import_nothing_else(tmp_path):
    (tmp_path / "mine.py").write_text(PLUGIN)
    (tmp_path / "loud.py").write_text("raise RuntimeError('imported')\n")
    base = ["--plugin", "./mine.py:Mine", "--plugin", "./loud.py:Loud"]
    outcome = altus4(*base, "--only", "mine", "plugins", "--json", folder=tmp_path, toml="enable = []\n").clear()
    assert outcome.code == 0, outcome
    states = {plugin["name"]: plugin["status"] for plugin in json.loads(outcome.out)["plugins"]}
    assert states["mine"] == "loaded"
    assert states["loud"] == "found"
    outcome = altus4("--no-plugins", "plugins", "--json", folder=tmp_path, toml='enable = ["accounts"]\n').clear()
    assert "loaded" not in {plugin["status"] for plugin in json.loads(outcome.out)["plugins"]}


def test_only_what_is_not_enabled(tmp_path):
    outcome = altus4("--only", "acounts", "plugins", folder=tmp_path, toml='enable = ["accounts"]\n').clear()
    assert outcome.code == 1
    assert "plugin 'acounts' is not enabled; did you mean 'accounts'?" in outcome.out


def test_explain_shows_sources_and_no_secret(tmp_path):
    toml = 'enable = []\n[security]\nsession_secret = "{env=THE_SECRET}"\n[server]\nport = 4000\n'
    secret = "a-secret-that-nobody-may-see-0123456789"
    url = "mysql://root:hunter22@127.0.0.1/x"
    outcome = altus4(
        "config", "explain", "--json", folder=tmp_path, toml=toml, THE_SECRET=secret, ALTUS4_METADATA_URL=url
    ).clear()
    assert outcome.code == 0, outcome
    assert secret not in outcome.out
    assert "hunter22" not in outcome.out
    rows = {row["key"]: row for row in json.loads(outcome.out)}
    assert rows["server.port"]["value"] == "4000"
    assert "altus4.toml" in rows["server.port"]["source"]
    assert "ALTUS4_METADATA_URL" in rows["metadata.url"]["source"]
    assert all(row["doc"] for row in rows.values())


def test_version(tmp_path):
    from importlib.metadata import version

    outcome = altus4("--version", folder=tmp_path)
    assert version("altus4-core") in outcome.out


def test_importing_the_command_line_is_light(tmp_path):
    """Help must not wait for a web framework."""
    import subprocess
    import sys

    heavy = ("uvloop", "aiomysql", "cryptography")
    code = f"import sys, altus4_core.cli.main; print(*[m for m in {heavy} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == []
