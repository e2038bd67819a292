"""Run inside a built environment: composes its gateway and tells what is there. Values of settings are not among it.

    python -I -m altus4_core.building.probe REQUEST ANSWER

Both are JSON files. The environment's variables are not looked at, so that a build is the same wherever it is made;
values that a settings file takes from variables or files are left for the deployment to be judged.
"""

import json
import sys
import tomllib
from collections.abc import Collection, Iterator, Mapping
from importlib import metadata
from pathlib import Path
from typing import Any

from altus4_core.building.fields import describe_settings
from altus4_core.composing import discovery
from altus4_core.composing.composition import Composition
from altus4_core.composing.introspection import plugin_report
from altus4_core.errors import FOREIGN_FAULTS
from altus4_core.gateway import Gateway
from altus4_core.plugin import Plugin
from altus4_core.registry import plan_services
from altus4_core.settings.core import CoreSettings
from altus4_core.settings.loader import load_settings

WRONG = "wrong settings"
VARIABLE = "BUILD_PLACEHOLDER"
_KEPT = ("name", "status", "distribution", "version", "origin", "provides")
PLACEHOLDER = "given-by-the-deployment-and-not-known-to-the-build"


def probe(config: Path) -> dict[str, Any]:
    """Compose what a settings file enables.

    Returns:
        `report`: what lasts of `plugins --json`, `problems` as lines, `later`: settings that only the deployment can
        give, `settings` of the core and of each plugin, `needs` and `tables` of each plugin, and versions.
    """
    indirect = frozenset(_indirect(tomllib.loads(config.read_text(encoding="utf-8")), ()))
    gateway = _composed(config, frozenset())
    if required := frozenset(problem.who for problem in gateway.problems() if problem.what == "is required") & indirect:
        gateway = _composed(config, required)
    composition = gateway.composition
    classes = dict(_classes(composition))
    settings = {name: describe_settings(cls.Settings, ("plugins", name)) for name, cls in classes.items()}
    missing = {field["key"] for fields in settings.values() for field in fields if field["required"]}
    _, unplanned = plan_services(composition)
    failed = any(plugin.error == WRONG for plugin in composition.plugins)
    later: set[str] = set()
    problems: list[str] = []
    for problem in gateway.problems():
        if problem.who in required or (problem.who in missing and problem.what == "is required"):
            later.add(problem.who)
        elif not (failed and (problem in unplanned or problem.who in {"prefer", "search.fusion"})):
            # Of a plugin without its settings it is not known what it would have offered to others.
            problems.append(problem.line())
    return {
        "versions": {"core": metadata.version("altus4-core"), "python": sys.version.split()[0]},
        "report": _lasting(plugin_report(gateway)),
        "problems": problems,
        "later": sorted(later | indirect),
        "settings": {"core": describe_settings(CoreSettings, ()), "plugins": settings},
        "needs": {name: [kind.__name__ for kind in cls.requires] for name, cls in classes.items()},
        "tables": {name: dict(cls.tables) for name, cls in classes.items()},
    }


def _lasting(report: Mapping[str, Any]) -> dict[str, Any]:
    """Keep of a report what is the same wherever the build is made, and of the settings nothing."""
    plugins = [{name: plugin[name] for name in _KEPT} for plugin in report["plugins"]]
    return {"pluginApi": report["pluginApi"], "plugins": plugins, "wraps": report["wraps"]}


def _composed(config: Path, kept: Collection[str]) -> Gateway:
    """Compose without the values that come from elsewhere; those of `kept` have a text in their place."""

    def adapt(tables: Mapping[str, Any]) -> Mapping[str, Any]:
        adapted: Mapping[str, Any] = _without(tables, (), kept)
        return adapted

    return Gateway(load_settings(config, {VARIABLE: PLACEHOLDER}, strict=False, adapt=adapt), strict=False)


def _is_indirect(value: Any) -> bool:
    if not isinstance(value, Mapping) or not value:
        return False
    return set(value) <= {"env", "file"} and all(isinstance(text, str) for text in value.values())


def _indirect(value: Any, path: tuple[str, ...]) -> Iterator[str]:
    """Give every place that takes its value from a variable or a file."""
    if _is_indirect(value):
        yield ".".join(path)
    elif isinstance(value, Mapping):
        for name, member in value.items():
            yield from _indirect(member, (*path, name))
    elif isinstance(value, list):
        for index, member in enumerate(value):
            yield from _indirect(member, (*path, str(index)))


def _without(value: Any, path: tuple[str, ...], kept: Collection[str]) -> Any:
    if _is_indirect(value):
        return {"env": VARIABLE}
    if isinstance(value, list):
        return [_without(member, (*path, str(index)), kept) for index, member in enumerate(value)]
    if not isinstance(value, Mapping):
        return value
    return {
        name: _without(member, (*path, name), kept)
        for name, member in value.items()
        if not _is_indirect(member) or ".".join((*path, name)) in kept
    }


def _classes(composition: Composition) -> Iterator[tuple[str, type[Plugin]]]:
    """Give the classes of enabled plugins, also of those whose settings are still missing."""
    found = discovery.installed()
    for plugin in composition.plugins:
        if plugin.status == "loaded":
            yield plugin.name, type(plugin.instance)
        elif plugin.error == WRONG:
            try:
                cls = found[plugin.name][0].load()
            except FOREIGN_FAULTS:  # it was loaded before; that it cannot be any more is in the report
                continue
            if isinstance(cls, type) and issubclass(cls, Plugin):
                yield plugin.name, cls


def main(request: Path, answer: Path) -> None:
    """Answer one request."""
    told = json.loads(request.read_text(encoding="utf-8"))
    answer.write_text(json.dumps(probe(Path(told["config"]))), encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
