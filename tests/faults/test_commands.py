"""Plugins' commands never block the core's; a name claimed twice refuses the start."""

import json

import pytest
from commandline import altus4
from faulty import SECRET, rogue_toml

BROKEN = 'enable = ["twin-one", "twin-two", "syntax-error", "exits-at-import", "exiting-hook", "misspelled-hook"]\n'


@pytest.mark.parametrize("command", ["--help", "--version", "config explain", "plugins", "doctor"])
def test_the_cores_commands_work_whatever_plugins_do(site, tmp_path, command):
    done = altus4(*command.split(), folder=tmp_path, toml=BROKEN, site=site).clear()
    assert done.out.strip()
    assert done.code == {"plugins": 1, "doctor": 2}.get(command, 0), done


def test_serve_is_refused_with_one_line_each(site, tmp_path):
    done = altus4("serve", folder=tmp_path, toml=BROKEN, site=site).clear()
    assert done.code == 1
    lines = done.err.strip().splitlines()
    assert all(line.startswith("altus4: ") for line in lines)
    assert sum("command 'twins' is claimed by twin-one" in line for line in lines) == 1
    assert len(lines) >= 6


def test_name_of_a_core_command_is_not_given_away(site, tmp_path):
    done = altus4("plugins", "--json", folder=tmp_path, toml='enable = ["core-claims"]\n', site=site).clear()
    assert done.code == 1
    problems = json.loads(done.out)["problems"]
    assert any("command 'plugins' is the core's own" in line for line in problems)
    assert "hijacked" not in done.out


def test_a_commands_fault_is_one_line(site, tmp_path):
    done = altus4("rogue-command", folder=tmp_path, toml=rogue_toml({"command": "raises"}), site=site).clear()
    assert done.code == 1
    assert done.err == (
        "altus4: rogue-command failed: RuntimeError; this is a bug; ALTUS4_LOG_LEVEL=debug shows where\n"
    )
    assert SECRET not in done.out + done.err


def test_debug_shows_where(site, tmp_path):
    toml = rogue_toml({"command": "raises"})
    done = altus4("rogue-command", folder=tmp_path, toml=toml, site=site, ALTUS4_LOG_LEVEL="debug")
    assert done.code == 1
    assert "ways.py" in done.err


def test_a_command_that_behaves(site, tmp_path):
    done = altus4("rogue-command", folder=tmp_path, toml=rogue_toml({"command": "well"}), site=site).clear()
    assert (done.code, done.out) == (0, "fine\n")


def test_unknown_command(site, tmp_path):
    done = altus4("no-such-command", folder=tmp_path, toml=BROKEN, site=site).clear()
    assert done.code == 2
    assert "no-such-command" in done.err
