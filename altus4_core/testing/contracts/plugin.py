"""The contract of plugins as a whole."""

import inspect
from typing import ClassVar

import attrs

from altus4_core.composing.composition import NAME
from altus4_core.hookspecs import Altus4HookSpecs
from altus4_core.plugin import API, Plugin
from altus4_core.testing.composing import found


class PluginContract:
    """`plugin` is the class.

    Switches:
        toml: Settings without which it cannot be made.
    """

    toml: ClassVar[str] = ""

    def test_name_and_api(self, plugin: type[Plugin]) -> None:
        """The name is well formed; the API it was written for is offered."""
        assert NAME.match(plugin.name)
        assert plugin.api[0] == API[0]
        assert plugin.api[1] <= API[1]
        assert (plugin.__doc__ or "").strip()

    def test_settings_are_documented(self, plugin: type[Plugin]) -> None:
        """Settings are frozen attrs, and every one has a doc."""
        assert attrs.has(plugin.Settings)
        assert plugin.Settings.__setattr__ is not object.__setattr__, "decorate Settings with attrs.frozen"
        for field in attrs.fields(plugin.Settings):
            assert field.metadata.get("doc"), f"setting {field.name} has no doc"

    def test_hooks_are_declared(self, plugin: type[Plugin]) -> None:
        """Every hook exists, is marked, is a plain function, and takes arguments that are offered."""
        hooks = [name for name in dir(plugin) if name.startswith("altus4_")]
        assert hooks, "it offers nothing"
        for name in hooks:
            method = getattr(plugin, name)
            assert hasattr(Altus4HookSpecs, name), f"there is no hook {name}"
            assert hasattr(method, "altus4_impl"), f"{name} lacks @hookimpl"
            assert not inspect.iscoroutinefunction(method), f"{name} must not be `async def`"
            offered = inspect.signature(getattr(Altus4HookSpecs, name)).parameters
            assert set(inspect.signature(method).parameters) <= set(offered)

    def test_composes(self, plugin: type[Plugin], gateway_factory) -> None:  # type: ignore[no-untyped-def]  # a fixture
        """Alone with the core its hooks work; what it needs of others is all that may be missing."""
        gateway = gateway_factory(plugin, memory=None, toml=self.toml)
        assert [problem.line() for problem in gateway.composition.problems] == []
        assert [loaded.name for loaded in gateway.composition.loaded()] == [found(plugin).name]

    def test_two_gateways(self, plugin: type[Plugin], gateway_factory) -> None:  # type: ignore[no-untyped-def]  # a fixture
        """Two gateways in one process share nothing."""
        first = gateway_factory(plugin, memory=None, toml=self.toml)
        second = gateway_factory(plugin, memory=None, toml=self.toml)
        assert first.composition.loaded()[0].instance is not second.composition.loaded()[0].instance
        shared = {
            id(entry.provider)
            for entries in first.composition.entries.values()
            for entry in entries
            if entry.seam != "command"
        } & {id(entry.provider) for entries in second.composition.entries.values() for entry in entries}
        assert not shared
