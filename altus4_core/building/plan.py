"""What is to be built: `build.toml`, `--from-config`, or both, read and checked before anything is fetched."""

import re
import sys
from collections.abc import Mapping
from pathlib import Path

import attrs
from attrs.validators import matches_re

from altus4_core.building.fromconfig import Wanted, read_config
from altus4_core.building.interpreter import Interpreter, find_interpreter
from altus4_core.building.source import Source, parse_source
from altus4_core.errors import Problem, SettingsError
from altus4_core.settings.field import setting
from altus4_core.settings.reader import Reader
from altus4_core.settings.sources import Environment, SettingsFile, read_settings_file

BUILD_NAME = "build.toml"
OUTPUT = "altus4-build"
SECTION = "build"
RUNNING = f"{sys.version_info.major}.{sys.version_info.minor}"


@attrs.frozen
class BuildSettings:
    """Section `[build]`, the only one of `build.toml`. Paths are relative to that file."""

    plugins: tuple[str, ...] = setting((), doc="What goes in: requirements, folders with a source, wheel files.")
    enable: tuple[str, ...] | None = setting(None, doc="Plugins to enable, in order; else those listed in `plugins`.")
    prefer: Mapping[str, str] = setting(factory=dict, doc='As in altus4.toml: "limiter.default" = "redis".')
    from_config: str | None = setting(None, doc="A settings file whose plugins go in and that the build is tried with.")
    python: str = setting(
        RUNNING, doc="Python that the build is for, such as 3.12.", validator=matches_re(r"3\.[0-9]{1,2}")
    )
    output: str = setting(OUTPUT, doc="Folder for what is made.")
    find_links: tuple[str, ...] = setting((), doc="Folders or pages with wheels, besides those of pip's configuration.")
    image: str | None = setting(None, doc="Image that the container file begins with; a slim Python by default.")


@attrs.frozen
class BuildFile:
    """All of `build.toml`."""

    build: BuildSettings = setting(factory=BuildSettings, doc="What is built.")


@attrs.frozen
class BuildPlan:
    """What the steps work from.

    Attributes:
        sources: What was asked for, in order; no distribution twice.
        enable: Plugins to enable; None: those that the sources bring.
        prefer: Who offers a name that several claim.
        config: The settings file that the build is tried with.
        output: Where everything is written.
        find_links: Handed to pip.
    """

    sources: tuple[Source, ...]
    enable: tuple[str, ...] | None
    prefer: Mapping[str, str]
    config: Path | None
    interpreter: Interpreter
    output: Path
    find_links: tuple[str, ...]
    image: str


def read_plan(path: Path | None, config: Path | None, output: Path | None) -> BuildPlan:
    """Read everything that was asked for.

    Args:
        path: `build.toml`; None for the one in this folder, which must be there unless `config` is given.
        config: `--from-config`; takes the place of what `build.toml` says.
        output: `--output`, likewise.

    Raises:
        SettingsError: with everything that is wrong.
    """
    chosen: Path | None = path if path is not None else Path(BUILD_NAME)
    if path is None and not Path(BUILD_NAME).is_file():
        if config is None:
            hint = f"write {BUILD_NAME}, or take the plugins of a settings file: --from-config altus4.toml"
            raise SettingsError([Problem(SECTION, f"there is no {BUILD_NAME} here", hint=hint)])
        chosen = None
    file, problems = read_settings_file(chosen)
    folder = chosen.absolute().parent if chosen is not None else Path.cwd()
    reader = Reader(Environment(()), file, folder, by_place=False)
    read = reader.read(BuildFile, (), file.tables)
    problems += reader.problems
    settings = read.build if read is not None else BuildSettings()
    if config is None and settings.from_config is not None:
        config = folder / settings.from_config
    wanted, more = read_config(config) if config is not None else (Wanted(), [])
    problems += more
    sources = _sources(settings, wanted, file, folder, problems)
    interpreter = find_interpreter(settings.python)
    if interpreter is None:
        what = f"there is no Python {settings.python} on this machine"
        where = file.where((SECTION, "python"))
        problems.append(Problem(f"{SECTION}.python", what, where, f"install it, or build for {RUNNING}"))
    else:
        problems += [problem for source in sources for problem in source.problems(interpreter)]
    for index, text in enumerate(settings.find_links):
        if not _is_url(text) and not (folder / Path(text).expanduser()).is_dir():
            where = file.where((SECTION, "find_links", index))
            who = f"{SECTION}.find_links.{index}"
            problems.append(Problem(who, f"there is no folder {text!r}", where, "correct the path"))
    if not sources and not problems:
        what = "nothing is to be built"
        where = file.where((SECTION,))
        problems.append(Problem(f"{SECTION}.plugins", what, where, 'list plugins: plugins = ["altus4"]'))
    if problems or interpreter is None:
        raise SettingsError(problems)
    return BuildPlan(
        tuple(sources),
        settings.enable if settings.enable is not None else wanted.enable,
        {**wanted.prefer, **settings.prefer},
        config,
        interpreter,
        (output if output is not None else folder / settings.output).absolute(),
        tuple(_link(text, folder) for text in settings.find_links),
        settings.image or f"python:{settings.python}-slim",
    )


def _sources(
    settings: BuildSettings, wanted: Wanted, file: SettingsFile, folder: Path, problems: list[Problem]
) -> list[Source]:
    """Give what `build.toml` lists, then what the settings file needs besides."""
    listed: dict[str, Source] = {}
    for index, text in enumerate(settings.plugins):
        who, where = f"{SECTION}.plugins.{index}", file.where((SECTION, "plugins", index))
        source = parse_source(text, folder, who, where)
        if isinstance(source, Problem):
            problems.append(source)
        elif source.name in listed:
            problems.append(Problem(who, f"{source.name} is listed twice", where, "list it once"))
        else:
            listed[source.name] = source
    for source in wanted.sources:
        listed.setdefault(source.name, source)
    return list(listed.values())


def _link(text: str, folder: Path) -> str:
    return text if _is_url(text) else str(folder / Path(text).expanduser())


def _is_url(text: str) -> bool:
    return re.match(r"[a-z+]+://", text) is not None
