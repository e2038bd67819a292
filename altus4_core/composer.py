"""Calling the hooks, one plugin at a time, and settling who provides what."""

import inspect
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import attrs
import pluggy

from altus4_core.composition import Entry, LoadedPlugin, faults_of, provider_name
from altus4_core.errors import Altus4Error, Problem, StartupRefused
from altus4_core.plugin import PluginContext
from altus4_core.seams import SeamSpec
from altus4_core.seamtable import seam_table

UNWRAPPED = frozenset({"service", "migrations", "route", "command"})


class Composer:
    """Collects, checks, prefers and wraps providers; `problems` has what is wrong."""

    def __init__(
        self,
        manager: pluggy.PluginManager,
        plugins: Sequence[LoadedPlugin],
        contexts: Mapping[str, PluginContext],
        prefer: Mapping[str, str],
    ) -> None:
        self._manager = manager
        self._plugins = plugins
        self._contexts = contexts
        self._prefer = prefer
        self._used_preferences: set[str] = set()
        self.problems: list[Problem] = []

    def compose(self) -> Mapping[str, Sequence[Entry]]:
        """Give the providers of every seam, in order."""
        entries: dict[str, Sequence[Entry]] = {}
        for spec in seam_table():
            claimed = [entry for plugin in self._plugins for entry in self._providers(spec, plugin)]
            entries[spec.name] = self._settle(spec, claimed)
        for name in sorted(set(self._prefer) - self._used_preferences):
            what = f"nothing offers {name!r}"
            self.problems.append(Problem("prefer", what, hint="remove it, or enable a plugin that offers it"))
        return {
            seam: found if seam in UNWRAPPED else [self._wrap(seam, entry) for entry in found]
            for seam, found in entries.items()
        }

    def _call(self, plugin: LoadedPlugin, hook: str, **arguments: Any) -> list[Any]:
        """Call one hook of one plugin; a failure names the plugin and the others go on."""
        others = [other.instance for other in self._plugins if other is not plugin]
        caller = self._manager.subset_hook_caller(hook, others)
        try:
            results = caller(ctx=self._contexts[plugin.name], **arguments)
        except StartupRefused as error:
            self.problems.extend(error.problems)
            return []
        except Altus4Error as error:
            self._problem(plugin, error.message)
            return []
        except Exception as error:  # noqa: BLE001 -- a hook is foreign code; its failure is one problem line
            self._problem(plugin, f"{hook} failed: {type(error).__name__}: {error}")
            return []
        return list(results)

    def _providers(self, spec: SeamSpec, plugin: LoadedPlugin) -> Iterable[Entry]:
        for result in self._call(plugin, spec.hook):
            if inspect.iscoroutine(result) or inspect.isasyncgen(result):
                if inspect.iscoroutine(result):
                    result.close()
                self._problem(plugin, f"{spec.hook} must be a plain function, not `async def`")
                continue
            if isinstance(result, str | bytes | Mapping) or not isinstance(result, Iterable):
                self._problem(plugin, f"{spec.hook} must return a list of providers, not {type(result).__name__}")
                continue
            try:
                providers = list(result)
            except Exception as error:  # noqa: BLE001 -- the hook may be a generator: still foreign code
                self._problem(plugin, f"{spec.hook} failed: {type(error).__name__}: {error}")
                continue
            for provider in providers:
                faults = faults_of(spec, provider)
                for fault in faults:
                    self._problem(plugin, fault)
                if not faults:
                    yield Entry(spec.name, plugin.name, provider_name(spec, provider), provider)

    def _settle(self, spec: SeamSpec, claimed: Sequence[Entry]) -> Sequence[Entry]:
        by_name: dict[str, list[Entry]] = {}
        for entry in claimed:
            key = entry.provider.type.__name__ if spec.name == "service" else entry.name
            by_name.setdefault(key, []).append(entry)
        return [chosen for name, claims in by_name.items() if (chosen := self._choose(spec, name, claims))]

    def _choose(self, spec: SeamSpec, name: str, claims: Sequence[Entry]) -> Entry | None:
        key = f"{spec.name}.{name}"
        preferred = self._prefer.get(key)
        if preferred is not None:
            self._used_preferences.add(key)
            chosen = [entry for entry in claims if entry.plugin == preferred]
            if not chosen:
                offered = ", ".join(entry.plugin for entry in claims)
                what = f"{key!r} prefers {preferred!r}, which does not offer it"
                self.problems.append(Problem("prefer", what, hint=f"choose one of: {offered}"))
                return claims[0]
            claims = chosen
        if len(claims) > 1:
            contenders = ", ".join(self._contender(entry.plugin) for entry in claims)
            what = f"{spec.name} {name!r} is claimed by {contenders}"
            hint = f'disable all but one, or set [prefer] "{key}" = "{claims[-1].plugin}"'
            self.problems.append(Problem(claims[-1].plugin, what, hint=hint))
        return claims[0]

    def _contender(self, name: str) -> str:
        plugin = next(plugin for plugin in self._plugins if plugin.name == name)
        return f"{name} ({plugin.distribution} {plugin.version})"

    def _wrap(self, seam: str, entry: Entry) -> Entry:
        spec = next(spec for spec in seam_table() if spec.name == seam)
        for plugin in self._plugins:
            for wrapped in self._call(plugin, "altus4_wrap", seam=seam, provider=entry.provider):
                faults = faults_of(spec, wrapped)
                if not faults and wrapped.name != entry.name:
                    faults = [f"altus4_wrap changed the name of {seam} {entry.name!r} to {wrapped.name!r}"]
                for fault in faults:
                    self._problem(plugin, fault)
                if not faults:
                    entry = attrs.evolve(entry, provider=wrapped, wraps=(*entry.wraps, plugin.name))
        return entry

    def _problem(self, plugin: LoadedPlugin, what: str) -> None:
        where = f"{plugin.distribution} {plugin.version}"
        self.problems.append(Problem(plugin.name, what, where, "correct or disable the plugin"))
