"""Where values come from: the environment, a `.env` file, the settings file."""

import os
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Literal

import attrs

from altus4_core.errors import Problem
from altus4_core.settings.dotenv import parse_dotenv
from altus4_core.settings.lines import KeyPath, key_lines

PREFIX = "ALTUS4_"
CONFIG_VARIABLE = "ALTUS4_CONFIG"
CONFIG_NAME = "altus4.toml"
DOTENV_NAME = ".env"


@attrs.frozen
class Variable:
    """One variable of the environment or of `.env`; `where` names it for the operator."""

    name: str
    text: str = attrs.field(repr=False)
    layer: Literal["environment", ".env", "file"]
    where: str


@attrs.frozen
class Environment:
    """The process environment over the `.env` file. An empty variable counts as one that is not set."""

    layers: tuple[Mapping[str, Variable], ...]

    def get(self, name: str) -> Variable | None:
        """Give the variable from the strongest layer that has it."""
        return next((layer[name] for layer in self.layers if name in layer), None)

    def find(self, names: tuple[str, ...]) -> list[Variable]:
        """Give all variables of these names in the strongest layer that has any."""
        for layer in self.layers:
            if found := [layer[name] for name in names if name in layer]:
                return found
        return []

    def ours(self) -> Iterator[Variable]:
        """Give every variable of every layer whose name begins with `ALTUS4_`."""
        for layer in self.layers:
            yield from (variable for name, variable in sorted(layer.items()) if name.startswith(PREFIX))


@attrs.frozen
class SettingsFile:
    """The settings file, read: its tables and the lines of its keys. Without a file both are empty."""

    path: Path | None = None
    name: str = ""
    tables: Mapping[str, Any] = attrs.field(factory=dict, repr=False)
    lines: Mapping[KeyPath, int] = attrs.field(factory=dict, repr=False)

    def where(self, key: KeyPath) -> str:
        """Give `file:line` of a key, or of the nearest table around it that is there."""
        if self.path is None:
            return ""
        for length in range(len(key), 0, -1):
            if key[:length] in self.lines:
                return f"{self.name}:{self.lines[key[:length]]}"
        return self.name


def choose_path(path: Path | None, environ: Mapping[str, str]) -> Path | None:
    """Give the settings file: the one asked for, else `ALTUS4_CONFIG`, else `./altus4.toml` if it is there."""
    if path is not None:
        return path
    if environ.get(CONFIG_VARIABLE):
        return Path(environ[CONFIG_VARIABLE])
    default = Path(CONFIG_NAME)
    return default if default.is_file() else None


def read_settings_file(path: Path | None) -> tuple[SettingsFile, list[Problem]]:
    """Read the TOML file. What is wrong with it is a problem; the rest then goes on as if it were empty."""
    if path is None:
        return SettingsFile(), []
    name = str(path)
    text, problem = _read_text(path, "the settings file")
    if problem is not None:
        return SettingsFile(path, name), [problem]
    try:
        return SettingsFile(path, name, tomllib.loads(text), key_lines(text)), []
    except tomllib.TOMLDecodeError as error:
        return SettingsFile(path, name), [Problem(name, f"is not valid TOML: {error}", hint="correct that line")]
    except RecursionError:
        return SettingsFile(path, name), [Problem(name, "is nested too deeply", hint="use fewer levels")]


def read_environment(folder: Path, environ: Mapping[str, str]) -> tuple[Environment, list[Problem]]:
    """Read the environment and `.env` in the folder of the settings file, else in the current folder."""
    first = {name: Variable(name, text, "environment", f"environment {name}") for name, text in environ.items() if text}
    candidates = dict.fromkeys([folder / DOTENV_NAME, Path.cwd() / DOTENV_NAME])
    path = next((candidate for candidate in candidates if candidate.is_file()), None)
    if path is None:
        return Environment((first,)), []
    name = _short(path)
    text, problem = _read_text(path, "the file")
    if problem is not None:
        return Environment((first,)), [problem]
    values, problems = parse_dotenv(text, name)
    second = {
        key: Variable(key, value.text, ".env", f"{name}:{value.line}") for key, value in values.items() if value.text
    }
    if CONFIG_VARIABLE in second:
        # By now it is known which settings file is read, and `.env` was found beside it.
        where = second.pop(CONFIG_VARIABLE).where
        problems.append(Problem(CONFIG_VARIABLE, "has no effect in a .env file", where, "set it in the environment"))
    return Environment((first, second)), problems


def read_secret_file(folder: Path, name: str) -> str:
    """Give the text of a `{file = ...}` value, without one trailing newline.

    Raises:
        ValueError: it cannot be read; the text says why.
    """
    text, problem = _read_text(folder / name, "the file", limit=1 << 20)
    if problem is not None:
        raise ValueError(problem.what)
    return text.removesuffix("\n").removesuffix("\r")


def _read_text(path: Path, what: str, limit: int = 16 << 20) -> tuple[str, Problem | None]:
    name = str(path)
    try:
        with path.open("rb") as stream:
            content = stream.read(limit + 1)
    except (OSError, ValueError) as error:
        reason = (os.strerror(error.errno) if isinstance(error, OSError) and error.errno else "not a path").lower()
        return "", Problem(name, f"{what} {name!r} cannot be read: {reason}", hint="correct the path or its rights")
    if len(content) > limit:
        return "", Problem(name, f"{what} {name!r} is larger than {limit >> 20} MiB", hint="correct the path")
    try:
        return content.decode("utf-8-sig"), None
    except UnicodeDecodeError:
        return "", Problem(name, f"{what} {name!r} is not UTF-8 text", hint="save it as UTF-8")


def _short(path: Path) -> str:
    try:
        return str(path.relative_to(Path.cwd()))
    except ValueError:
        return str(path)
