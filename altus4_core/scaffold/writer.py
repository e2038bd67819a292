"""Writing a new plugin from the templates of its seam."""

import re
from collections.abc import Mapping
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path
from string import Template

import attrs

from altus4_core.errors import Problem, SettingsError
from altus4_core.plugin import API

NAME = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")
_SUFFIX = ".tmpl"
SANDBOX = "altus4-sandbox>=0.1,<1"
_SERVERS = """ A real MySQL and a real MariaDB are started for
them by `altus4-sandbox`, which the extra `test` brings; the first time they may have to be fetched."""
_RESERVED = frozenset({"core", "mysql", "standard", "migrations"})


@attrs.frozen
class Kind:
    """What is written for a seam.

    Attributes:
        hook: The hook that the plugin implements.
        noun: The module with the provider.
        purpose: What the example does.
        dependencies: Beside the core.
        test_dependencies: Beside the core's own.
        settings: Lines of TOML that show the settings.
    """

    hook: str
    noun: str
    purpose: str
    dependencies: tuple[str, ...] = ()
    test_dependencies: tuple[str, ...] = ()
    settings: str = ""


KINDS: Mapping[str, Kind] = {
    "service": Kind("altus4_services", "service", "counts by name"),
    "auth-scheme": Kind(
        "altus4_auth_schemes",
        "scheme",
        "a token in a header",
        settings='token = "{env=MY_TOKEN}"\nuser_id = "the id of a user"\n',
    ),
    "policy": Kind("altus4_policies", "policy", "keeps blocked users out", settings="blocked = []\n"),
    "limiter": Kind("altus4_limiters", "limiter", "limits everybody alike", settings="requests_per_hour = 1000\n"),
    "search-mode": Kind(
        "altus4_search_modes",
        "mode",
        "finds what begins with the query",
        ("altus4-mysql>=0.1,<1",),
        (SANDBOX,),
    ),
    "target": Kind("altus4_targets", "target", "folders of text files", settings='folder = "shelves"\n'),
    "fusion": Kind("altus4_fusions", "fusion", "interleaves ranked lists"),
    "categorizer": Kind("altus4_categorizers", "categorizer", "values of a column", settings='column = "category"\n'),
    "suggester": Kind("altus4_suggesters", "suggester", "completes known words", settings='words = ["example"]\n'),
    "analytics-sink": Kind("altus4_analytics_sinks", "sink", "events as JSON lines", ("orjson>=3.10",)),
    "migrations": Kind("altus4_migrations", "migrations", "tables of its own"),
    "route": Kind("altus4_routes", "route", "measures words"),
    "command": Kind("altus4_commands", "command", "names the plugins"),
    "check": Kind("altus4_checks", "check", "looks at the disk", settings="least_gib = 1.0\n"),
    "wrap": Kind("altus4_wrap", "wrap", "logs slow searches", settings="slow_ms = 500.0\n"),
}


def write_plugin(name: str, seam: str, parent: Path) -> list[Path]:
    """Write a plugin into a new folder `parent/<name>`.

    Args:
        name: Of the plugin: `search-x`.
        seam: One of `KINDS`.
        parent: Where the folder is made.

    Returns:
        the files, in the order of their paths.

    Raises:
        SettingsError: the name cannot be one, the seam is unknown, or the folder is there already.
    """
    if not NAME.fullmatch(name) or name in _RESERVED:
        hint = "small letters, digits and single hyphens, beginning with a letter: search-x"
        raise SettingsError([Problem("new-plugin", f"{name!r} cannot be a plugin's name", hint=hint)])
    if seam not in KINDS:
        raise SettingsError([Problem("new-plugin", f"no seam {seam!r}", hint=f"one of: {', '.join(KINDS)}")])
    folder = parent / name
    if folder.exists():
        raise SettingsError([Problem("new-plugin", "is there already", where=str(folder), hint="choose another name")])
    values = _values(name, seam)
    templates = resources.files("altus4_core.scaffold") / "templates"
    written: list[Path] = []
    for source in (templates / "common", templates / seam):
        written += _write(source, folder, values)
    return sorted(written)


def _values(name: str, seam: str) -> dict[str, str]:
    kind = KINDS[seam]
    distribution = f"altus4-{name}"
    core = "altus4-core>=0.1,<1"
    settings = f"\n[plugins.{name}]\n{kind.settings}" if kind.settings else ""
    return {
        "name": name,
        "api": f"{API[0]}, {API[1]}",
        "distribution": distribution,
        "package": distribution.replace("-", "_"),
        "table": name.replace("-", "_"),
        "Class": "".join(part.capitalize() for part in name.split("-")),
        "seam": seam,
        "hook": kind.hook,
        "noun": kind.noun,
        "purpose": kind.purpose,
        "dependencies": _listed(core, *kind.dependencies),
        "test_dependencies": _listed(core.replace("core", "core[testing]"), *kind.test_dependencies),
        "settings_example": settings,
        "servers": _SERVERS if SANDBOX in kind.test_dependencies else "",
    }


def _listed(*requirements: str) -> str:
    return ", ".join(f'"{requirement}"' for requirement in requirements)


def _write(source: Traversable, folder: Path, values: Mapping[str, str]) -> list[Path]:
    folder.mkdir(parents=True, exist_ok=True)
    written: list[Path] = []
    for item in source.iterdir():
        if item.is_dir():
            inner = values["package"] if item.name == "package" else item.name
            written += _write(item, folder / inner, values)
        elif item.name.endswith(_SUFFIX):
            path = folder / item.name.removesuffix(_SUFFIX)
            path.write_text(Template(item.read_text(encoding="utf-8")).substitute(values), encoding="utf-8")
            written.append(path)
    return written
