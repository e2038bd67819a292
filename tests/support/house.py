"""The house as its rules see it: distributions, their plugins, the files that git knows."""

import ast
import subprocess
import tomllib
from collections.abc import Iterator, Mapping
from functools import cached_property
from pathlib import Path
from typing import Any

import attrs

ROOT = Path(__file__).parents[2]


@attrs.frozen(slots=False)
class Distribution:
    """A folder with a pyproject.toml."""

    folder: Path

    @cached_property
    def project(self) -> Mapping[str, Any]:
        return tomllib.loads((self.folder / "pyproject.toml").read_text())["project"]

    @property
    def name(self) -> str:
        return str(self.project["name"])

    @property
    def package(self) -> str:
        return self.name.replace("-", "_")

    @property
    def entry_points(self) -> Mapping[str, str]:
        return dict(self.project.get("entry-points", {}).get("altus4", {}))

    @property
    def sources(self) -> list[Path]:
        """The modules that are shipped."""
        return sorted((self.folder / self.package).rglob("*.py"))


def plugin_folders() -> list[Distribution]:
    """Everything under plugins/ that has code."""
    found = [Distribution(path.parent) for path in sorted(ROOT.glob("plugins/*/pyproject.toml"))]
    return [distribution for distribution in found if distribution.sources]


def plugins() -> list[Distribution]:
    """Those with an entry point: `mysql` is a library."""
    return [distribution for distribution in plugin_folders() if distribution.entry_points]


def name_of(distribution: Distribution) -> str:
    """Give a parametrized test its id."""
    return distribution.folder.name


def imports_of(path: Path) -> Iterator[tuple[int, str]]:
    """Every module that a file imports, wherever in it, with its line."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and node.level == 0:
            yield node.lineno, node.module


def tracked_files() -> list[Path]:
    """The files that git knows, or, outside a clone, all that are not hidden."""
    done = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=False)
    if done.returncode == 0:
        names = [name for name in done.stdout.decode().split("\0") if name]
        return [ROOT / name for name in names if (ROOT / name).is_file()]
    return [path for path in ROOT.rglob("*") if path.is_file() and not any(p.startswith(".") for p in path.parts)]
