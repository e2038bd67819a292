"""The plugin manager: from names in the settings to a checked composition of providers.

1. discover   entry-point names are read; nothing is imported
2. select     `enable` (or the dependencies of the standard distribution) says which, in which order
3. load       only those are imported; each failure is one located problem
4. check      base class, name, API version
5. configure  typed settings, one instance per name
6. register   hooks are validated; a misspelled one is a problem
7. compose    each hook is called once per plugin; providers are checked, preferences and wraps applied

Nobody but the manager touches pluggy.
"""

import difflib
import inspect
import logging
import time
from collections.abc import Collection, Iterable, Mapping, Sequence

import attrs
import pluggy

from altus4_core.changes import Changes
from altus4_core.clock import Clock
from altus4_core.composing import discovery
from altus4_core.composing.claims import core_claims
from altus4_core.composing.composer import Composer
from altus4_core.composing.composition import Composition, LoadedPlugin
from altus4_core.composing.discovery import FoundPlugin
from altus4_core.composing.pythonfit import python_fault
from altus4_core.composing.recordfaults import is_tuple_of_types
from altus4_core.counters import Counters
from altus4_core.deprecation import DEPRECATIONS, noted_warnings, uses_of
from altus4_core.errors import FOREIGN_FAULTS, Problem, SettingsError
from altus4_core.hookspecs import PROJECT, Altus4HookSpecs
from altus4_core.plugin import API, Plugin, PluginContext, ServiceDirectory
from altus4_core.resident import resident_kib
from altus4_core.settings.loader import LoadedSettings
from altus4_core.tables import TableRights, add_up, table_fault

STANDARD_SET = "standard"
"""Stands in `enable` for the dependencies of the distribution `altus4`, in their order."""


@attrs.frozen
class Selection:
    """What the operator asked for on the command line, on top of the settings."""

    only: Collection[str] | None = None
    extra: Sequence[FoundPlugin] = ()
    none: bool = False


class PluginManager:
    """Loads the enabled plugins and composes their providers. Collects problems instead of raising them."""

    def __init__(
        self,
        settings: LoadedSettings,
        clock: Clock,
        services: ServiceDirectory,
        selection: Selection | None = None,
        changes: Changes | None = None,
        counters: Counters | None = None,
    ) -> None:
        self._settings = settings
        self._changes = changes or Changes()
        self._counters = counters or Counters()
        self._clock = clock
        self._services = services
        self._selection = selection or Selection()
        self._problems: list[Problem] = []
        self._warnings: list[Problem] = []

    def compose(self) -> Composition:
        """Run all the steps."""
        found = self._found()
        names = self._select(found)
        plugins = [self._load(name, found) for name in names]
        plugins += [
            LoadedPlugin(claim.name, "found", claim.distribution, claim.version, claim.origin)
            for name, claims in sorted(found.items())
            if name not in names
            for claim in claims
        ]
        self._problems += self._settings.unknown_plugin_sections(set(found) | set(names))
        running = [plugin for plugin in plugins if plugin.status == "loaded"]
        manager = pluggy.PluginManager(PROJECT)
        manager.add_hookspecs(Altus4HookSpecs)
        running = [plugin for plugin in running if self._register(manager, plugin)]
        tables = add_up(type(plugin.instance).tables for plugin in running)
        contexts = {plugin.name: self._context(plugin.name, tables) for plugin in running}
        own = core_claims(metrics=self._settings.core.server.metrics != "off")
        failed = {plugin.name for plugin in plugins} - {plugin.name for plugin in running}
        composer = Composer(manager, running, contexts, self._settings.core.prefer, own, failed)
        entries = composer.compose()
        alive = {plugin.name for plugin in running}
        plugins = [
            plugin if plugin.status != "loaded" or plugin.name in alive else attrs.evolve(plugin, status="failed")
            for plugin in plugins
        ]
        return Composition(plugins, entries, [*self._problems, *composer.problems], self._warnings)

    def _found(self) -> dict[str, list[FoundPlugin]]:
        """List plugins by name: a file's takes the place of an installed one that is not enabled, of no other."""
        found = discovery.installed()
        taken = set() if self._selection.none else set(self._enabled())
        # Given before and after the name of the command, the same file is one plugin.
        for plugin in {(plugin.name, plugin.origin): plugin for plugin in self._selection.extra}.values():
            found[plugin.name] = [*(found.get(plugin.name, ()) if plugin.name in taken else ()), plugin]
            taken.add(plugin.name)
        return found

    def _enabled(self) -> list[str]:
        enabled = self._settings.core.enable
        return _expanded((STANDARD_SET,) if enabled is None else enabled)

    def _select(self, found: Mapping[str, Sequence[FoundPlugin]]) -> list[str]:
        extra = list(dict.fromkeys(plugin.name for plugin in self._selection.extra))
        if self._selection.none:
            return extra
        enabled = self._settings.core.enable
        names = self._enabled()
        names += [name for name in extra if name not in names]
        if not names and enabled is None:
            installed = ", ".join(sorted(found)) or "none"
            hint = f"pip install altus4, or list plugins: enable = [...] (installed: {installed})"
            self._problems.append(Problem("enable", "no plugin is enabled", hint=hint))
        for name in sorted({name for name in names if names.count(name) > 1}):
            self._problems.append(Problem("enable", f"plugin {name!r} is listed twice", hint="list it once"))
        names = list(dict.fromkeys(names))
        if self._selection.only is not None:
            for name in sorted(set(self._selection.only) - set(names)):
                hint = "enable it first" if name in found else self._nearest(name, found)
                self._problems.append(Problem("--only", f"plugin {name!r} is not enabled", hint=hint))
            names = [name for name in names if name in self._selection.only]
        return names

    @staticmethod
    def _nearest(name: str, found: Mapping[str, object]) -> str:
        near = difflib.get_close_matches(name, found, 1)
        return f"did you mean {near[0]!r}?" if near else f"pip install {discovery.PREFIX}{name}"

    def _load(self, name: str, found: Mapping[str, Sequence[FoundPlugin]]) -> LoadedPlugin:
        claims = found.get(name, ())
        if not claims:
            self._problems.append(
                Problem(name, "enabled but not installed", "enable", self._nearest(name, found)),
            )
            return LoadedPlugin(name, "missing", error="not installed")
        claim = claims[0]
        base = LoadedPlugin(name, "failed", claim.distribution, claim.version, claim.origin)
        files = [claim for claim in claims if claim.version == discovery.NO_VERSION]
        if len(claims) > 1 and files:
            what = f"the plugin name is claimed by {discovery.describe_claims(claims)}"
            installed = len(files) < len(claims)
            hint = f"leave {name!r} out of `enable`, or name the class otherwise" if installed else "load one of them"
            return self._failed(base, what, hint)
        if len(claims) > 1:
            what = f"the plugin name is claimed by {len(claims)} distributions: {discovery.describe_claims(claims)}"
            return self._failed(base, what, "uninstall all but one")
        if fault := python_fault(claim.distribution):
            return self._failed(
                base, fault, f"install one for this Python: pip install --force-reinstall {claim.distribution}"
            )
        started, resident = time.perf_counter(), resident_kib()
        try:
            with noted_warnings() as noted:
                cls = claim.load()
        except SyntaxError as error:
            return self._failed(base, f"syntax error in {error.filename}:{error.lineno}: {error.msg}", "correct it")
        except ModuleNotFoundError as error:
            hint = f"pip install what provides {error.name!r}"
            if claim.version != discovery.NO_VERSION:
                hint += f", or reinstall {claim.distribution}"
            return self._failed(base, f"cannot be imported: no module named {error.name!r}", hint)
        except AttributeError as error:
            return self._failed(base, f"its entry point leads nowhere: {error}", f"correct {claim.origin!r}")
        except FOREIGN_FAULTS as error:
            what = f"failed at import: {type(error).__name__}: {_one_line(error)}"
            return self._failed(base, what, "see the plugin's documentation")
        now = resident_kib()
        taken = max(now - resident, 0.0) if now is not None and resident is not None else None
        loaded = attrs.evolve(base, load_ms=(time.perf_counter() - started) * 1000, load_kib=taken)
        for what in noted:
            self._warn(base, *what.split("; ", 1))
        return self._configure(loaded, cls)

    def _configure(self, base: LoadedPlugin, cls: object) -> LoadedPlugin:
        if not (inspect.isclass(cls) and issubclass(cls, Plugin)):
            return self._failed(base, f"{base.origin} is not a subclass of altus4_core.Plugin", "derive from Plugin")
        if cls.name and cls.name != base.name:
            what = f"the class is named {cls.name!r} but its entry point {base.name!r}"
            return self._failed(base, what, "give both the same name")
        api: object = cls.api
        if not (isinstance(api, tuple) and len(api) == 2 and all(isinstance(part, int) for part in api)):
            return self._failed(base, f"api is {api!r}, not a pair such as {API}", "write api = (1, 0)")
        if api[0] != API[0] or api[1] > API[1]:
            what = f"it was written for plugin API {api[0]}.{api[1]}; this core offers {API[0]}.{API[1]}"
            newer = api > API
            hint = "upgrade altus4-core" if newer else f"install a newer {base.distribution}"
            return self._failed(base, what, hint)
        if not is_tuple_of_types(cls.requires):
            return self._failed(base, "requires must be a tuple of classes", "write requires = (MetadataStore,)")
        if fault := table_fault(cls.tables):
            return self._failed(base, fault, "correct it")
        if not (inspect.isclass(cls.Settings) and attrs.has(cls.Settings)):
            return self._failed(base, "its Settings is not an attrs class", "decorate it with attrs.frozen")
        try:
            instance = cls(self._settings.plugin(base.name, cls.Settings))
        except SettingsError as error:
            self._problems.extend(error.problems)
            return attrs.evolve(base, error="wrong settings")
        except FOREIGN_FAULTS as error:
            what = f"its constructor failed: {type(error).__name__}: {_one_line(error)}"
            return self._failed(base, what, "see its documentation")
        return attrs.evolve(base, status="loaded", instance=instance)

    def _failed(self, plugin: LoadedPlugin, what: str, hint: str) -> LoadedPlugin:
        self._problems.append(Problem(plugin.name, what, plugin.source, hint))
        return attrs.evolve(plugin, error=what)

    def _warn(self, plugin: LoadedPlugin, what: str, hint: str) -> None:
        self._warnings.append(Problem(plugin.name, what, plugin.source, hint))

    def _register(self, manager: pluggy.PluginManager, plugin: LoadedPlugin) -> bool:
        known = {name for name in vars(Altus4HookSpecs) if name.startswith("altus4_")}
        unknown = [
            name
            for name in dir(type(plugin.instance))
            if name not in known
            and (name.startswith("altus4_") or hasattr(getattr(type(plugin.instance), name), "altus4_impl"))
        ]
        unmarked = [
            name
            for name in known
            if hasattr(plugin.instance, name) and not hasattr(getattr(plugin.instance, name), "altus4_impl")
        ]
        for name in unknown:
            near = difflib.get_close_matches(name, known, 1)
            hint = f"did you mean {near[0]}?" if near else "see docs/hooks.md"
            self._failed(plugin, f"there is no hook {name}", hint)
        for name in sorted(unmarked):
            self._failed(plugin, f"{name} is not marked as a hook", "decorate it with @hookimpl")
        if unknown or unmarked:
            return False
        try:
            manager.register(plugin.instance, name=plugin.name)
            manager.check_pending()
        except (pluggy.PluginValidationError, ValueError) as error:
            if manager.get_plugin(plugin.name) is not None:
                manager.unregister(name=plugin.name)
            misfits = list(_misfits(plugin.instance, sorted(known)))
            for what, hint in misfits:
                self._failed(plugin, what, hint)
            if not misfits:
                text = " ".join(str(error).split())
                self._failed(plugin, f"a hook does not fit its specification: {text}", "see docs/hooks.md")
            return False
        implemented = manager.get_hookcallers(plugin.instance) or ()
        hooks = {
            caller.name: impl.argnames
            for caller in implemented
            for impl in caller.get_hookimpls()
            if impl.plugin is plugin.instance
        }
        for entry in uses_of(hooks, DEPRECATIONS):
            self._warn(plugin, entry.line(), f"use {entry.instead}")
        return True

    def _context(self, name: str, tables: TableRights) -> PluginContext:
        return PluginContext(
            plugin=name,
            logger=logging.getLogger(f"altus4.{name}"),
            clock=self._clock,
            settings=self._settings.core,
            config_folder=self._settings.config_folder,
            services=self._services,
            changes=self._changes,
            tables=tables,
            counters=self._counters.of(name),
        )


def _one_line(error: BaseException) -> str:
    return " ".join(str(error).split())


def _expanded(enabled: Sequence[str]) -> list[str]:
    """Put the usual set in the place of `standard`; what is listed besides stands where it is listed."""
    if STANDARD_SET not in enabled:
        return list(enabled)
    usual = [name for name in discovery.standard_names() if name not in enabled]
    place = list(enabled).index(STANDARD_SET)
    return [*enabled[:place], *usual, *enabled[place + 1 :]]


def _misfits(instance: object, hooks: Iterable[str]) -> Iterable[tuple[str, str]]:
    """Say which hooks of a plugin name arguments that there are not, and which they may take."""
    for name in hooks:
        if (method := getattr(instance, name, None)) is None:
            continue
        offered = [word for word in inspect.signature(getattr(Altus4HookSpecs, name)).parameters if word != "self"]
        for word in inspect.signature(method).parameters:
            if word not in offered:
                yield f"{name} names the argument {word!r}, which it is not given", f"it may take: {', '.join(offered)}"
