"""One name everywhere: folder, plugin, entry point, settings section, distribution, package, log channel."""

from importlib import import_module

import pytest
from house import ROOT, name_of, plugin_folders, plugins

from altus4_core.composing.discovery import standard_names
from altus4_core.plugin import Plugin


@pytest.mark.parametrize("distribution", plugin_folders(), ids=name_of)
def test_distribution_and_package(distribution):
    folder = distribution.folder.name
    assert distribution.name == f"altus4-{folder}"
    assert (distribution.folder / distribution.package / "__init__.py").is_file()
    assert distribution.project["version"] == "0.1.0"
    assert distribution.project["license"] == "Apache-2.0"
    assert distribution.project["requires-python"] == ">=3.11"
    others = [path.name for path in distribution.folder.glob("altus4_*") if path.is_dir()]
    assert others == [distribution.package]


@pytest.mark.parametrize("distribution", plugins(), ids=name_of)
def test_entry_point_and_class(distribution):
    """The settings section is the plugin's name: the core makes it of nothing else."""
    ((name, target),) = distribution.entry_points.items()
    assert name == distribution.folder.name
    module, _, attribute = target.partition(":")
    assert module == distribution.package
    cls = getattr(import_module(module), attribute)
    assert issubclass(cls, Plugin)
    assert cls.name == name


@pytest.mark.parametrize("distribution", plugins(), ids=name_of)
def test_wiring_stands_in_plugin_py(distribution):
    assert (distribution.folder / distribution.package / "plugin.py").is_file()


def test_standard_is_a_list_of_plugins():
    """No code, no privilege: every name in it is a plugin found by its entry point like anybody's."""
    assert list((ROOT / "plugins" / "standard").rglob("*.py")) == []
    known = {distribution.folder.name for distribution in plugins()}
    assert set(standard_names()) <= known
