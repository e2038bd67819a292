"""The plugins of a settings file as sources: as they are installed here, else by name."""

import json
import re
from collections.abc import Mapping
from importlib import metadata
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import attrs
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from altus4_core.building.source import Source, parse_source
from altus4_core.composing.discovery import PREFIX, STANDARD, installed
from altus4_core.composing.manager import STANDARD_SET
from altus4_core.errors import Problem
from altus4_core.settings.sources import read_settings_file

_CORE = "altus4-core"
_PLUGIN = re.compile(r"[a-z][a-z0-9-]*\Z")


@attrs.frozen
class Wanted:
    """What a settings file asks for; `enable` None leaves it to the usual set."""

    sources: tuple[Source, ...] = ()
    enable: tuple[str, ...] | None = None
    prefer: Mapping[str, str] = attrs.field(factory=dict)


def read_config(path: Path) -> tuple[Wanted, list[Problem]]:
    """Read `enable` and `prefer` of a settings file, and nothing else: its secrets need not be there.

    What is installed here goes in with its version; what was installed from a folder or a wheel, with that. Their
    dependencies likewise, where they were installed from folders and wheels.
    """
    file, problems = read_settings_file(path)
    enable = file.tables.get("enable")
    names = [STANDARD_SET] if enable is None else enable
    if not isinstance(names, list) or not all(isinstance(name, str) and _PLUGIN.match(name) for name in names):
        what = "must be a list of plugins' names"
        problems.append(Problem("enable", what, file.where(("enable",)), 'such as ["standard", "redis"]'))
    if problems:
        return Wanted(), problems
    claims = installed()
    distributions = [
        STANDARD if name == STANDARD_SET else claims[name][0].distribution if name in claims else f"{PREFIX}{name}"
        for name in names
    ]
    where = file.where(("enable",)) or str(path)
    sources = {source.name: source for name in distributions for source in [_source(name, where)]}
    for name in _requirements([*distributions, _CORE]):
        found = _source(name, where)
        if found.kind != "requirement":
            sources.setdefault(found.name, found)
    prefer = file.tables.get("prefer")
    preferred = prefer if isinstance(prefer, Mapping) else {}
    return Wanted(tuple(sources.values()), tuple(names), {name: str(who) for name, who in preferred.items()}), []


def _source(name: str, where: str) -> Source:
    """Give a distribution as it is installed here, else by its name alone."""
    canonical = canonicalize_name(name)
    try:
        distribution = metadata.distribution(name)
    except metadata.PackageNotFoundError:
        return Source(canonical, "requirement", canonical, None, "enable", where)
    path = _local_path(distribution)
    if path is not None:
        found = parse_source(str(path), path, "enable", where)
        if isinstance(found, Source):
            return found
    return Source(canonical, "requirement", f"{canonical}=={distribution.version}", None, "enable", where)


def _local_path(distribution: metadata.Distribution) -> Path | None:
    """Give the folder or wheel that it was installed from (PEP 610), if that is still there."""
    try:
        told: Mapping[str, Any] = json.loads(distribution.read_text("direct_url.json") or "{}")
        parts = urlsplit(str(told.get("url", "")))
    except (ValueError, AttributeError):
        return None
    path = Path(unquote(parts.path))
    return path if parts.scheme == "file" and path.exists() else None


def _requirements(names: list[str]) -> list[str]:
    """Give these distributions and all that they require, as far as they are installed here."""
    found: list[str] = []
    waiting = [canonicalize_name(name) for name in names]
    while waiting:
        name = waiting.pop(0)
        if name in found:
            continue
        try:
            requirements = metadata.requires(name) or []
        except metadata.PackageNotFoundError:
            continue
        found.append(name)
        parsed = [Requirement(text) for text in requirements]
        waiting += [
            canonicalize_name(each.name)
            for each in parsed
            if each.marker is None or each.marker.evaluate({"extra": ""})
        ]
    return found
