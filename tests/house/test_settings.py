"""Every setting has a doc, and its environment variable collides with no other's."""

from importlib import import_module

import attrs
import pytest
from house import name_of, plugins

from altus4_core.settings.core import CoreSettings
from altus4_core.settings.shape import leaves


def settings_of(distribution):
    module, _, attribute = next(iter(distribution.entry_points.values())).partition(":")
    return getattr(import_module(module), attribute).Settings


def undocumented(cls, path):
    return [".".join(map(str, leaf.path)) for leaf in leaves(cls, path) if len(leaf.doc.split()) < 2]


def test_the_cores():
    assert undocumented(CoreSettings, ()) == []
    assert [field.name for field in attrs.fields(CoreSettings) if not field.metadata.get("doc")] == []


@pytest.mark.parametrize("distribution", plugins(), ids=name_of)
def test_a_plugins(distribution):
    cls = settings_of(distribution)
    assert attrs.has(cls)
    assert undocumented(cls, ("plugins", distribution.folder.name)) == []
    assert [field.name for field in attrs.fields(cls) if not field.metadata.get("doc")] == []
    with pytest.raises(attrs.exceptions.FrozenInstanceError):
        setattr(attrs.evolve(cls()), next(iter(attrs.fields(cls)), attrs.fields(CoreSettings)[0]).name, 1)


@pytest.mark.parametrize("distribution", plugins(), ids=name_of)
def test_a_plugins_settings_are_in_its_readme(distribution):
    readme = (distribution.folder / "README.md").read_text(encoding="utf-8")
    missing = [field.name for field in attrs.fields(settings_of(distribution)) if f"`{field.name}`" not in readme]
    assert missing == []


def test_no_variable_is_claimed_twice():
    every = [(leaf.key, name) for leaf in leaves(CoreSettings, ()) for name in leaf.variables]
    for distribution in plugins():
        found = leaves(settings_of(distribution), ("plugins", distribution.folder.name))
        every += [(leaf.key, name) for leaf in found for name in leaf.variables]
    names = [name for _, name in set(every)]
    assert sorted(names) == sorted(set(names))
