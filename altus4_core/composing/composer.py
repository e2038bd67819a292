"""Calling the hooks, one plugin at a time, and settling who provides what."""

import inspect
import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

import attrs
import pluggy

from altus4_core.composing.claims import CORE
from altus4_core.composing.composition import Entry, LoadedPlugin, faults_of, provider_name
from altus4_core.composing.seamtable import seam_table
from altus4_core.errors import FOREIGN_FAULTS, Altus4Error, Problem, StartupRefused
from altus4_core.plugin import PluginContext
from altus4_core.seams import SeamSpec

UNWRAPPED = frozenset({"service", "migrations", "route", "command"})
VARIABLE = re.compile(r"\{[A-Za-z_][A-Za-z0-9_]*")


class Composer:
    """Collects, checks, prefers and wraps providers; `problems` has what is wrong."""

    def __init__(
        self,
        manager: pluggy.PluginManager,
        plugins: Sequence[LoadedPlugin],
        contexts: Mapping[str, PluginContext],
        prefer: Mapping[str, str],
        own: Mapping[str, Collection[str]],
        failed: Collection[str] = (),
    ) -> None:
        self._manager = manager
        self._plugins = plugins
        self._contexts = contexts
        self._prefer = prefer
        self._own = own
        self._failed = failed
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
        except FOREIGN_FAULTS as error:
            self._problem(plugin, f"{hook} failed: {type(error).__name__}: {' '.join(str(error).split())}")
            return []
        return list(results)

    def _providers(self, spec: SeamSpec, plugin: LoadedPlugin) -> Iterable[Entry]:
        for result in self._call(plugin, spec.hook):
            if self._is_async(plugin, spec.hook, result):
                continue
            if isinstance(result, str | bytes | Mapping) or not isinstance(result, Iterable):
                self._problem(plugin, f"{spec.hook} must return a list of providers, not {type(result).__name__}")
                continue
            try:
                providers = list(result)
            except FOREIGN_FAULTS as error:  # the hook may be a generator
                self._problem(plugin, f"{spec.hook} failed: {type(error).__name__}: {' '.join(str(error).split())}")
                continue
            for provider in providers:
                faults = faults_of(spec, provider)
                for fault in faults:
                    self._problem(plugin, fault)
                if not faults:
                    yield Entry(spec.name, plugin.name, provider_name(spec, provider), provider)

    def _is_async(self, plugin: LoadedPlugin, hook: str, result: Any) -> bool:
        if not (inspect.iscoroutine(result) or inspect.isasyncgen(result)):
            return False
        if inspect.iscoroutine(result):
            result.close()
        self._problem(plugin, f"{hook} must be a plain function, not `async def`")
        return True

    def _settle(self, spec: SeamSpec, claimed: Sequence[Entry]) -> Sequence[Entry]:
        by_name: dict[Any, list[Entry]] = {}
        for entry in claimed:
            by_name.setdefault(_claim(spec, entry), []).append(entry)
        return [chosen for claims in by_name.values() if (chosen := self._choose(spec, claims, claimed))]

    def _choose(self, spec: SeamSpec, claims: Sequence[Entry], everything: Sequence[Entry]) -> Entry | None:
        first = claims[0]
        name = first.provider.type.__name__ if spec.name == "service" else first.name
        keys = list(dict.fromkeys([f"{spec.name}.{name}", *(f"{spec.name}.{entry.name}" for entry in claims)]))
        key = next((key for key in keys if key in self._prefer), keys[0])
        preferred = self._prefer.get(key)
        owned = any(entry.name in self._own.get(spec.name, ()) for entry in claims)
        if preferred is not None:
            self._used_preferences.add(key)
            if owned and preferred == CORE:
                return None
            chosen = [entry for entry in claims if entry.plugin == preferred]
            if not chosen:
                if preferred not in self._failed:  # else its own problem says why it offers nothing
                    others = [entry.name for entry in everything if entry.plugin == preferred]
                    self._not_offered(key, preferred, [entry.plugin for entry in claims], others)
                return claims[0]
            claims = chosen
        if owned and (preferred is None or spec.name == "command"):
            self._refuse(spec, key, claims)
            return None
        if len(claims) > 1:
            contenders = ", ".join(self._contender(entry.plugin) for entry in claims)
            what = f"{spec.name} {name!r} is claimed by {contenders}"
            hint = f'disable all but one, or set [prefer] "{key}" = "{claims[-1].plugin}"'
            self.problems.append(Problem(claims[-1].plugin, what, hint=hint))
        return claims[0]

    def _not_offered(self, key: str, preferred: str, offering: Sequence[str], others: Sequence[str]) -> None:
        """Refuse a preference: a provider replaces another by bearing its name, which authors do not guess."""
        seam, name = key.split(".", 1)
        hint = f"choose one of: {', '.join(offering)}"
        if others and seam != "service":
            its = ", ".join(map(repr, others))
            hint += f"; or, as {preferred!r} offers {seam} {its}, name that provider {name!r} to replace the other"
        loaded = preferred in {CORE, *(plugin.name for plugin in self._plugins)}
        what = f"{key!r} prefers {preferred!r}, which {'does not offer it' if loaded else 'is not loaded'}"
        self.problems.append(Problem("prefer", what, hint=hint))

    def _refuse(self, spec: SeamSpec, key: str, claims: Sequence[Entry]) -> None:
        """Refuse a claim on what the core has."""
        contenders = ", ".join(self._contender(entry.plugin) for entry in claims)
        what = f"{spec.name} {claims[0].name!r} is the core's own, and claimed by {contenders}"
        way = f'"{CORE}"' if spec.name == "command" else f'"{claims[-1].plugin}" or "{CORE}"'
        hint = f'rename it, or set [prefer] "{key}" = {way}'
        self.problems.append(Problem(claims[-1].plugin, what, hint=hint))

    def _contender(self, name: str) -> str:
        plugin = next(plugin for plugin in self._plugins if plugin.name == name)
        return f"{name} ({plugin.source})"

    def _wrap(self, seam: str, entry: Entry) -> Entry:
        spec = next(spec for spec in seam_table() if spec.name == seam)
        for plugin in self._plugins:
            for wrapped in self._call(plugin, "altus4_wrap", seam=seam, provider=entry.provider):
                if self._is_async(plugin, "altus4_wrap", wrapped):
                    continue
                faults = faults_of(spec, wrapped)
                if not faults and wrapped.name != entry.name:
                    faults = [f"altus4_wrap changed the name of {seam} {entry.name!r} to {wrapped.name!r}"]
                for fault in faults:
                    self._problem(plugin, fault)
                if not faults:
                    entry = attrs.evolve(entry, provider=wrapped, wraps=(*entry.wraps, plugin.name))
        return entry

    def _problem(self, plugin: LoadedPlugin, what: str) -> None:
        self.problems.append(Problem(plugin.name, what, plugin.source, "correct or disable the plugin"))


def _claim(spec: SeamSpec, entry: Entry) -> Any:
    """Give what must be unique in a seam: a service's type, a route but for the names of its variables, or the name."""
    if spec.name == "service":
        return entry.provider.type
    return VARIABLE.sub("{", entry.name) if spec.name == "route" else entry.name
