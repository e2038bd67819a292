"""What `altus4 plugins` prints: its JSON is API."""

import json

import pytest
from commandline import altus4

PLUGIN = """
import time
import attrs
from altus4_core import Plugin, hookimpl, setting
from altus4_core.settings.field import Secret

HELD = bytearray(b"x" * (24 << 20))
time.sleep(0.05)

@attrs.frozen
class Settings:
    token: Secret = setting(Secret(""), doc="Opens it.")
    url: str = setting("", doc="Where it is.")
    size: int = setting(3, doc="How large.")

class Large(Plugin):
    name = "large"
    Settings = Settings

    @hookimpl
    def altus4_checks(self):
        return []
"""
TOML = """
enable = ["nowhere"]
[plugins.large]
token = "s3cret-token"
url = "redis://me:s3cret-password@db/0"
"""


@pytest.fixture
def shown(tmp_path):
    (tmp_path / "large.py").write_text(PLUGIN)

    def run(*arguments):
        return altus4("--plugin", "large.py:Large", "plugins", *arguments, folder=tmp_path, toml=TOML).clear()

    return run


def test_json(shown):
    outcome = shown("--json")
    assert outcome.code == 1
    report = json.loads(outcome.out)
    assert set(report) == {"pluginApi", "plugins", "wraps", "warnings", "problems"}
    missing, large = (plugin for plugin in report["plugins"] if plugin["status"] != "found")
    assert 50 <= large.pop("loadMs") < 20_000
    taken = large.pop("loadKiB")
    assert taken is None or taken > 20 << 10
    assert large == {
        "name": "large",
        "status": "loaded",
        "distribution": "large.py",
        "version": "-",
        "origin": "large.py:Large",
        "provides": {},
        "faults": {},
        "settings": {
            "token": {"value": '"***"', "source": "altus4.toml:4"},
            "url": {"value": '"redis://me:***@db/0"', "source": "altus4.toml:5"},
            "size": {"value": "3", "source": "default"},
        },
    }
    assert (missing["name"], missing["status"], missing["error"]) == ("nowhere", "missing", "not installed")
    assert (missing["loadMs"], missing["loadKiB"], missing["settings"]) == (0.0, None, {})
    assert [line.split(":")[0] for line in report["problems"]] == ["nowhere"]
    assert "s3cret" not in outcome.out


def test_table(shown):
    head, *rows = shown().out.splitlines()
    assert head.split() == ["PLUGIN", "STATUS", "VERSION", "FROM", "LOAD", "MEMORY", "PROVIDES"]
    (row,) = (row.split() for row in rows if row.startswith("large "))
    assert row[:4] == ["large", "loaded", "-", "large.py"]
    assert row[5:6] == ["ms"]
    assert float(row[6]) > 20 if row[6] != "-" else True
    assert any(row.startswith("nowhere") and row.split()[1] == "missing" for row in rows)
