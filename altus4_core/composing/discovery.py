"""Finding plugins: entry-point names and single files. Nothing is imported here."""

import importlib.util
import re
import sys
from collections.abc import Callable, Sequence
from importlib import metadata
from pathlib import Path

import attrs
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from altus4_core.errors import Problem, SettingsError
from altus4_core.nearest import did_you_mean
from altus4_core.plugin import Plugin

GROUP = "altus4"
STANDARD = "altus4"
PREFIX = "altus4-"
NO_VERSION = "-"
"""The version of a plugin in a file of its own."""


@attrs.frozen
class FoundPlugin:
    """A plugin that could be loaded: its name, where it is from, and how to get its class."""

    name: str
    distribution: str
    version: str
    origin: str
    load: Callable[[], object] = attrs.field(repr=False)


def installed() -> dict[str, list[FoundPlugin]]:
    """List installed plugins by name; more than one distribution may claim a name."""
    found: dict[str, list[FoundPlugin]] = {}
    for entry in metadata.entry_points(group=GROUP):
        distribution = entry.dist
        plugin = FoundPlugin(
            name=entry.name,
            distribution=distribution.name if distribution else "?",
            version=distribution.version if distribution else "?",
            origin=entry.value,
            load=entry.load,
        )
        claims = found.setdefault(entry.name, [])
        if plugin.distribution not in {other.distribution for other in claims}:
            claims.append(plugin)
    return found


def standard_names() -> tuple[str, ...]:
    """Give the default `enable`: the plugins that distribution `altus4` requires, in its order.

    Requirements behind an extra count where their distribution is installed; libraries without an entry point
    (`altus4-core`, `altus4-mysql`) do not.
    """
    try:
        requirements = metadata.requires(STANDARD) or []
    except metadata.PackageNotFoundError:
        return ()
    plugins = {canonicalize_name(claim.distribution): name for name, claims in installed().items() for claim in claims}
    names: list[str] = []
    for text in requirements:
        requirement = Requirement(text)
        distribution = canonicalize_name(requirement.name)
        name = plugins.get(distribution)
        if name and name not in names:
            names.append(name)
    return tuple(names)


def from_file(reference: str) -> FoundPlugin:
    """Make a plugin of `path/to/file.py:ClassName`. The file is imported only when the plugin is loaded.

    Raises:
        SettingsError: the reference or the file is not there.
    """
    path_text, separator, class_name = reference.rpartition(":")
    path = Path(path_text)
    if not separator or not class_name.isidentifier() or path.suffix != ".py":
        problem = Problem("--plugin", f"{reference!r} is not FILE.py:Class", hint="for example ./mine.py:Mine")
        raise SettingsError([problem])
    if not path.is_file():
        raise SettingsError([Problem("--plugin", "no such file", where=str(path))])

    def load() -> object:
        module_name = f"altus4_file_{re.sub(r'[^a-z0-9_]', '_', path.stem.lower())}"
        spec = importlib.util.spec_from_file_location(module_name, path)
        if spec is None or spec.loader is None:
            raise ImportError(str(path))
        module = importlib.util.module_from_spec(spec)
        sys.modules[module_name] = module
        spec.loader.exec_module(module)
        if not hasattr(module, class_name):
            classes = {name: value for name, value in vars(module).items() if isinstance(value, type)}
            own = [name for name, value in classes.items() if issubclass(value, Plugin) and value is not Plugin]
            raise AttributeError(f"{path.name} has no class {class_name!r}; {did_you_mean(class_name, own)}")
        return getattr(module, class_name)

    kebab = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "-", class_name).lower().replace("_", "-")
    return FoundPlugin(kebab, str(path), NO_VERSION, f"{path}:{class_name}", load)


def describe_claims(claims: Sequence[FoundPlugin]) -> str:
    """Name every contender: its distribution with the version, or its file."""
    return ", ".join(
        claim.distribution if claim.version == NO_VERSION else f"{claim.distribution} {claim.version}"
        for claim in claims
    )
