"""What of the plugin API will go, since when that is said, and what to use instead. All warnings come from one table.

The policy: a minor version adds (hooks, arguments, Protocols) and may deprecate; only a major version removes, and only
what two minor versions have warned of. `tests/house/test_deprecations.py` fails when an entry is due, when something
went before its time, and when an entry breaks the policy.
"""

import contextlib
import importlib
import inspect
import re
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import attrs

Version = tuple[int, int]

MINORS = 2
"""Minor versions that warn before something is removed."""

_ARGUMENT = re.compile(r"(altus4_\w+)\((\w+)\)\Z")


class PluginApiWarning(DeprecationWarning):
    """A plugin uses something that will be removed."""


@attrs.frozen
class Deprecation:
    """One entry.

    Attributes:
        name: A hook (`altus4_targets`), an argument of one (`altus4_wrap(seam)`), or something that plugins import
            (`altus4_core.records.Hit`).
        since: The plugin API that warns first.
        removed: The plugin API that has it no more.
        instead: What to use; completes "use ...".
    """

    name: str
    since: Version
    removed: Version
    instead: str

    def line(self) -> str:
        """Say it to whoever uses it."""
        return (
            f"{self.name} is deprecated since plugin API {_written(self.since)} and will be removed in "
            f"{_written(self.removed)}"
        )


DEPRECATIONS: tuple[Deprecation, ...] = ()


def uses_of(hooks: Mapping[str, Sequence[str]], table: Sequence[Deprecation]) -> list[Deprecation]:
    """Give the entries that concern a plugin with these hooks.

    Args:
        hooks: The arguments that it takes, by the name of the hook.
        table: The entries.
    """
    used = {f"{hook}({argument})" for hook, arguments in hooks.items() for argument in arguments} | set(hooks)
    return [entry for entry in table if entry.name in used]


def deprecated_names(
    module: str, names: Mapping[str, Callable[[], Any]], table: Sequence[Deprecation] = DEPRECATIONS
) -> Callable[[str], Any]:
    """Make the `__getattr__` of a module whose names are on their way out: each still works, and warns.

    Args:
        module: `__name__` of the module.
        names: What gives the object, by its old name.
        table: Where each of them has its entry.

    Raises:
        LookupError: a name has no entry.
    """
    entries = {entry.name: entry for entry in table}
    if missing := [name for name in names if f"{module}.{name}" not in entries]:
        message = f"{module}: no entry among the deprecations for {', '.join(missing)}"
        raise LookupError(message)

    def get(name: str) -> Any:
        if name not in names:
            message = f"module {module!r} has no attribute {name!r}"
            raise AttributeError(message)
        entry = entries[f"{module}.{name}"]
        warnings.warn(f"{entry.line()}; use {entry.instead}", PluginApiWarning, stacklevel=2)
        return names[name]()

    return get


@contextlib.contextmanager
def noted_warnings() -> Iterator[list[str]]:
    """Collect what `deprecated_names` says while a plugin is imported; all other warnings go where they would."""
    noted: list[str] = []
    others: list[warnings.WarningMessage] = []
    try:
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always", PluginApiWarning)
            try:
                yield noted
            finally:
                noted += dict.fromkeys(str(each.message) for each in caught if each.category is PluginApiWarning)
                others = [each for each in caught if each.category is not PluginApiWarning]
    finally:
        for each in others:
            warnings.warn_explicit(each.message, each.category, each.filename, each.lineno)


def table_faults(table: Sequence[Deprecation], versions: Sequence[Version]) -> list[str]:
    """Say what is wrong with the table.

    Args:
        table: The entries.
        versions: All plugin APIs that there were, the present one last.
    """
    faults = []
    for entry in table:
        faults += [f"{entry.name}: {fault}" for fault in _faults(entry, versions)]
    return faults


def _faults(entry: Deprecation, versions: Sequence[Version]) -> Iterator[str]:
    if entry.removed[1] != 0 or entry.removed <= entry.since:
        yield f"only a later major version may remove it, not {_written(entry.removed)}"
    if entry.since not in versions:
        yield f"there is no plugin API {_written(entry.since)} that could have begun to warn"
    if not entry.instead:
        yield "says nothing of what to use instead"
    there = _is_there(entry.name)
    if versions[-1] < entry.removed:
        if not there:
            yield f"is not there any more, and was promised until {_written(entry.removed)}"
        return
    warned = [version for version in versions if entry.since <= version < entry.removed]
    if len(warned) < MINORS:
        yield f"only {len(warned)} of {MINORS} minor versions warned: keep it until the next major version"
    else:
        yield f"was due in {_written(entry.removed)}: remove {'it and ' if there else ''}its entry"


def _is_there(name: str) -> bool:
    if name.startswith("altus4_core."):
        module, _, attribute = name.rpartition(".")
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", PluginApiWarning)
            try:
                return hasattr(importlib.import_module(module), attribute)
            except ImportError:
                return False
    from altus4_core.hookspecs import Altus4HookSpecs  # not above: modules that it imports may have old names

    argument = _ARGUMENT.match(name)
    function = getattr(Altus4HookSpecs, argument[1] if argument else name, None)
    return function is not None and (argument is None or argument[2] in inspect.signature(function).parameters)


def _written(version: Version) -> str:
    return f"{version[0]}.{version[1]}"
