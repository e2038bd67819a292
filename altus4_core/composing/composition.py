"""What the manager hands over: loaded plugins and, per seam, the providers that take part."""

import inspect
import re
from collections.abc import Mapping, Sequence
from typing import Any

import attrs

from altus4_core.composing.discovery import NO_VERSION
from altus4_core.composing.recordfaults import record_faults
from altus4_core.errors import FOREIGN_FAULTS, Problem
from altus4_core.migrate.files import METADATA
from altus4_core.seams import SeamSpec

NAME = re.compile(r"[a-z][a-z0-9-]*\Z")


@attrs.frozen
class LoadedPlugin:
    """One plugin that was found or asked for. `status`: loaded, failed, missing, or found (not enabled).

    `load_ms` and `load_kib` are what importing it took; what several plugins import is counted with the first.
    """

    name: str
    status: str
    distribution: str = ""
    version: str = ""
    origin: str = ""
    load_ms: float = 0.0
    load_kib: float | None = None
    instance: Any = None
    error: str = ""

    @property
    def source(self) -> str:
        """Distribution and version, or the file."""
        return self.distribution if self.version == NO_VERSION else f"{self.distribution} {self.version}"


@attrs.frozen
class Entry:
    """A provider with its origin. `wraps` names the plugins around it, innermost first."""

    seam: str
    plugin: str
    name: str
    provider: Any
    wraps: tuple[str, ...] = ()


@attrs.frozen
class Composition:
    """The result of start-up: plugins in order, providers per seam, and everything that is wrong.

    `warnings` keep nothing from starting: plugins use what will be removed.
    """

    plugins: Sequence[LoadedPlugin]
    entries: Mapping[str, Sequence[Entry]]
    problems: Sequence[Problem] = ()
    warnings: Sequence[Problem] = ()

    def of(self, seam: str) -> Sequence[Entry]:
        """Give the entries of one seam, in order."""
        return self.entries.get(seam, ())

    def named(self, seam: str, name: str) -> Entry | None:
        """Give one entry of a seam by name."""
        return next((entry for entry in self.of(seam) if entry.name == name), None)

    def loaded(self) -> Sequence[LoadedPlugin]:
        """Give the plugins that run, in order."""
        return [plugin for plugin in self.plugins if plugin.status == "loaded"]


def provider_name(spec: SeamSpec, provider: Any) -> str:
    """Give the name under which a provider is known in its seam."""
    if spec.name == "service":
        return str(provider.name or provider.type.__name__)
    if spec.name == "migrations":
        return str(provider.name) or METADATA
    if spec.name == "route":
        return f"{provider.method} {provider.path}"
    return str(getattr(provider, "name", ""))


def faults_of(spec: SeamSpec, provider: Any) -> list[str]:
    """Say everything that keeps a provider from being one of this seam."""
    try:
        return _record_faults(spec, provider) if spec.record else _provider_faults(spec, provider)
    except FOREIGN_FAULTS as error:  # an attribute may be a property, and that is foreign code
        return [f"{spec.name} {type(provider).__name__} cannot be looked at: {type(error).__name__}: {error}"]


def _record_faults(spec: SeamSpec, record: Any) -> list[str]:
    if isinstance(record, spec.provider):
        return record_faults(record)
    return [f"{spec.hook} yielded a {type(record).__name__}, not a {spec.provider.__name__}"]


def _provider_faults(spec: SeamSpec, provider: Any) -> list[str]:
    name = getattr(provider, "name", None)
    who = f"{spec.name} {name!r}"
    faults = []
    if not isinstance(name, str) or not NAME.match(name):
        faults.append(f"{spec.name} {type(provider).__name__} has the name {name!r}, not [a-z][a-z0-9-]*")
    faults += [
        f"{who} lacks the attribute {attribute!r}"
        for attribute in spec.attributes
        if attribute != "name" and not hasattr(provider, attribute)
    ]
    for method in spec.methods:
        function = getattr(provider, method, None)
        if not callable(function):
            faults.append(f"{who} lacks the method {method}()")
        elif not inspect.iscoroutinefunction(function):
            faults.append(f"{who}: {method}() must be written `async def`")
    for method in spec.plain_methods:
        function = getattr(provider, method, None)
        if not callable(function):
            faults.append(f"{who} lacks the method {method}()")
        elif inspect.iscoroutinefunction(function):
            faults.append(f"{who}: {method}() must be a plain function, not `async def`")
    if spec.name == "search-mode" and not faults:
        faults += _mode_faults(who, provider)
    return faults


def _mode_faults(who: str, mode: Any) -> list[str]:
    faults = []
    if not (isinstance(mode.kinds, frozenset | set) and all(isinstance(kind, str) for kind in mode.kinds)):
        faults.append(f'{who}: kinds must be a frozenset of texts, such as frozenset({{"mysql"}})')
    if mode.options is not None and not (isinstance(mode.options, type) and attrs.has(mode.options)):
        faults.append(f"{who}: options must be an attrs class or None")
    return faults
