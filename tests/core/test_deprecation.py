"""Plugins that use what will be removed go on working, and are named."""

import json
import logging
import sys
import types
import warnings

import pytest
from click.testing import CliRunner

from altus4_core import Plugin, hookimpl
from altus4_core.cli.main import main
from altus4_core.commands import CommandContext
from altus4_core.composing import manager
from altus4_core.composing.discovery import FoundPlugin
from altus4_core.composing.manager import Selection
from altus4_core.deprecation import Deprecation, PluginApiWarning, deprecated_names, uses_of
from altus4_core.gateway import Gateway
from altus4_core.records import Hit
from altus4_core.settings.loader import load_settings

ARGUMENT = Deprecation("altus4_checks(ctx)", (1, 1), (2, 0), "altus4_services")
NAME = Deprecation("altus4_core.shelves.Book", (1, 1), (2, 0), "altus4_core.records.Hit")


class Old(Plugin):
    name = "old"

    @hookimpl
    def altus4_checks(self, ctx):
        return []


class New(Plugin):
    name = "new"

    @hookimpl
    def altus4_checks(self):
        return []


@pytest.fixture
def shelves(monkeypatch):
    """A module of which a name is on its way out."""
    module = types.ModuleType(NAME.name.rpartition(".")[0])
    module.__getattr__ = deprecated_names(module.__name__, {"Book": lambda: Hit}, [NAME])
    monkeypatch.setitem(sys.modules, module.__name__, module)
    return module


@pytest.fixture
def context(monkeypatch, tmp_path):
    """The old plugin, imported from a file that uses the old name, beside the new one."""
    monkeypatch.setattr(manager, "DEPRECATIONS", (ARGUMENT,))

    def load():
        from altus4_core.shelves import Book

        warnings.warn("of its own", UserWarning, stacklevel=1)
        assert Book is Hit
        return Old

    config = tmp_path / "altus4.toml"
    config.write_text("[search]\nfusion = 'rrf'\n")
    extra = [
        FoundPlugin("old", "altus4-old", "3", "here", load),
        FoundPlugin("new", "altus4-new", "1", "", lambda: New),
    ]
    return CommandContext(config, {}, Selection(extra=extra, none=True))


WHERE = "[altus4-old 3]"
LINES = [
    f"old: {entry.name} is deprecated since plugin API 1.1 and will be removed in 2.0 {WHERE}; use {entry.instead}"
    for entry in (NAME, ARGUMENT)
]


def test_they_are_named_and_run(shelves, context):
    with pytest.warns(UserWarning, match="of its own"):  # what is not ours is not swallowed
        gateway = context.gateway
    assert [warning.line() for warning in gateway.composition.warnings] == LINES
    assert gateway.problems() == []
    assert [plugin.name for plugin in gateway.composition.loaded()] == ["old", "new"]


@pytest.mark.filterwarnings("ignore:of its own")
def test_operators_are_told(shelves, context):
    told = CliRunner().invoke(main, ["plugins", "--json"], obj=context)
    assert json.loads(told.stdout)["warnings"] == LINES
    assert told.exit_code == 0
    assert f"\nwarning: {LINES[1]}\n" in CliRunner().invoke(main, ["plugins"], obj=context).stdout
    findings = json.loads(CliRunner().invoke(main, ["doctor", "--json"], obj=context).stdout)
    assert [each["severity"] for each in findings if each["name"] == "plugin old"] == ["warning", "warning"]


@pytest.mark.filterwarnings("ignore:of its own")
async def test_the_log_tells(shelves, context, caplog):
    with caplog.at_level(logging.WARNING, "altus4.gateway"):
        await context.gateway.start()
        await context.gateway.stop()
    assert [record.message for record in caplog.records] == LINES


def test_an_old_name_warns_whoever_imports_it(shelves):
    with pytest.warns(PluginApiWarning, match="Book is deprecated since plugin API 1.1 .*; use altus4_core") as caught:
        assert shelves.Book is Hit
    assert caught[0].filename == __file__
    with pytest.raises(AttributeError, match="has no attribute 'Bock'"):
        _ = shelves.Bock


def test_an_old_name_needs_its_entry():
    with pytest.raises(LookupError, match=r"altus4_core\.x: no entry among the deprecations for Book"):
        deprecated_names("altus4_core.x", {"Book": lambda: Hit}, [NAME])


def test_entries_of_hooks_and_arguments():
    hook = Deprecation("altus4_checks", (1, 1), (2, 0), "x")
    assert uses_of({"altus4_checks": ("ctx",)}, [hook, ARGUMENT, NAME]) == [hook, ARGUMENT]
    assert uses_of({"altus4_checks": ()}, [hook, ARGUMENT]) == [hook]
    assert uses_of({"altus4_wrap": ("ctx",)}, [hook, ARGUMENT]) == []


def test_without_entries_nobody_is_warned(tmp_path):
    gateway = Gateway(
        load_settings(None, {}), Selection(extra=[FoundPlugin("old", "o", "1", "", lambda: Old)], none=True)
    )
    assert gateway.composition.warnings == []
