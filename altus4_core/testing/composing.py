"""A gateway of given plugins, without any installed distribution."""

import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from altus4_core.clock import Clock
from altus4_core.composing.discovery import FoundPlugin
from altus4_core.composing.manager import Selection
from altus4_core.gateway import Gateway
from altus4_core.plugin import NoSettings, Plugin
from altus4_core.settings.loader import load_settings

MEMORY_MODE = "memory"


def found(plugin: Plugin | type[Plugin]) -> FoundPlugin:
    """Make a plugin findable. A class gets its settings from the gateway; an instance keeps those it has."""
    cls: type[Plugin] = plugin if isinstance(plugin, type) else _giving(plugin)
    if not cls.name:
        message = f"{cls.__name__} has no name: set name = ..."
        raise ValueError(message)
    origin = f"{cls.__module__}:{cls.__qualname__}"
    return FoundPlugin(cls.name, "given to the kit", "0", origin, lambda: cls)


def _giving(plugin: Plugin) -> type[Plugin]:
    """Make a class whose only instance is this one: the manager makes instances of classes itself."""

    def new(_cls: type, _settings: Any = None) -> Plugin:
        return plugin

    # Python skips __init__ when __new__ gives something that is no instance of the class, as here.
    return type(type(plugin).__name__, (type(plugin),), {"__new__": new, "Settings": NoSettings})


def compose(
    plugins: Sequence[Plugin | type[Plugin]],
    folder: Path,
    *,
    toml: str = "",
    environ: Mapping[str, str] | None = None,
    clock: Clock | None = None,
    strict: bool = True,
    installed: bool = False,
) -> Gateway:
    """Compose a gateway of exactly these plugins; nothing is started.

    Args:
        plugins: Classes or instances, in the order of `enable`.
        folder: Where the settings file is written.
        toml: The settings, as in `altus4.toml`. Without a word on it, a search that names no mode uses `memory`.
        environ: The environment; empty by default, so that the caller's own is never read.
        clock: Source of time.
        strict: Refuse to start while a plugin has a problem.
        installed: Before these, load the installed plugins that `enable` in the settings names.

    Raises:
        SettingsError: the settings are wrong.
    """
    given = tomllib.loads(toml)
    variables = dict(environ or {})
    if "default_mode" not in given.get("search", {}):
        variables.setdefault("ALTUS4_SEARCH__DEFAULT_MODE", MEMORY_MODE)
    path = folder / "altus4.toml"
    path.write_text(toml, encoding="utf-8")
    selection = Selection(extra=[found(plugin) for plugin in plugins], none=not installed)
    return Gateway(load_settings(path, variables), selection, clock, strict=strict)
