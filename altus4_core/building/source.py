"""One thing that goes into a build: a requirement, a folder with a source, a wheel file."""

import re
import tomllib
from pathlib import Path
from typing import Literal

import attrs
from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import InvalidWheelFilename, canonicalize_name, parse_wheel_filename

from altus4_core.building.interpreter import Interpreter
from altus4_core.errors import Problem

_EXTRAS = re.compile(r"(.*?)(\[[A-Za-z0-9._, -]+\])?\Z", re.DOTALL)


@attrs.frozen
class Source:
    """Attributes:
    name: Canonical name of the distribution; of a folder that does not say its name, the folder's path.
    kind: How it is had.
    text: A requirement as it was written, else the extras in brackets, or nothing.
    path: Of the folder or the wheel.
    who: Which setting named it.
    where: On which line.
    """

    name: str
    kind: Literal["requirement", "url", "folder", "wheel"]
    text: str
    path: Path | None
    who: str
    where: str

    def problems(self, interpreter: Interpreter) -> list[Problem]:
        """Say whether a wheel file suits another Python or machine only."""
        if self.kind != "wheel" or self.path is None:
            return []
        tags = parse_wheel_filename(self.path.name)[3]
        if tags & interpreter.tags():
            return []
        wanted = ", ".join(sorted(map(str, tags)))
        what = f"the wheel {self.path.name} is for {wanted}, not for Python {interpreter.version} on this machine"
        return [Problem(self.who, what, self.where, "take the wheel that suits, or its source")]

    def fingerprint(self) -> list[str]:
        """Give what a change of it would change, without a path of this machine."""
        if self.path is None:
            return [self.text]
        from altus4_core.building.files import digest, tree_digest

        return [self.text, digest(self.path) if self.kind == "wheel" else tree_digest(self.path)]


def parse_source(text: str, folder: Path, who: str, where: str) -> Source | Problem:
    """Read one entry of `plugins`. What begins with `.` or `/` or ends in `.whl` is a path, relative to `folder`."""
    bare, extras = _split_extras(text.strip())
    if bare.startswith((".", "/", "~")) or bare.endswith(".whl") or "\\" in bare:
        return _from_path((folder / Path(bare).expanduser()).resolve(), bare, extras, who, where)
    try:
        requirement = Requirement(text)
    except InvalidRequirement:
        hint = 'write a requirement ("altus4-redis>=0.1"), a folder ("./my-plugin") or a wheel file'
        return Problem(who, f"{text!r} is not a requirement", where, hint)
    kind: Literal["requirement", "url"] = "url" if requirement.url else "requirement"
    return Source(canonicalize_name(requirement.name), kind, str(requirement), None, who, where)


def _split_extras(text: str) -> tuple[str, str]:
    match = _EXTRAS.match(text)
    return (match[1], match[2] or "") if match else (text, "")


def _from_path(path: Path, written: str, extras: str, who: str, where: str) -> Source | Problem:
    if path.is_dir():
        if not (path / "pyproject.toml").is_file() and not (path / "setup.py").is_file():
            what = f"the folder {written!r} has no pyproject.toml"
            return Problem(who, what, where, "name a folder that holds a distribution; see altus4 new-plugin")
        return Source(_name_of(path), "folder", extras, path, who, where)
    if not path.is_file():
        return Problem(who, f"there is no folder or wheel {written!r}", where, "correct the path")
    try:
        name = parse_wheel_filename(path.name)[0]
    except InvalidWheelFilename:
        return Problem(who, f"{written!r} is not a folder, and not named as wheels are", where, "name a wheel file")
    return Source(name, "wheel", extras, path, who, where)


def _name_of(folder: Path) -> str:
    try:
        project = tomllib.loads((folder / "pyproject.toml").read_text(encoding="utf-8")).get("project", {})
        return canonicalize_name(str(project["name"]))
    except (OSError, ValueError, KeyError, AttributeError, TypeError):
        return str(folder)  # the build backend will say what is wrong, if anything is
