"""The settings of one gateway: read once, handed to the core and to each plugin.

A value comes from the environment, else from `.env`, else from the settings file, else it is the default.
"""

import re
from collections.abc import Callable, Collection, Mapping
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import quote

import attrs

from altus4_core.errors import Problem, SettingsError
from altus4_core.nearest import did_you_mean
from altus4_core.settings.core import CoreSettings
from altus4_core.settings.lines import KeyPath
from altus4_core.settings.reader import Reader, ReadValue
from altus4_core.settings.redact import HIDDEN, looks_secret, render
from altus4_core.settings.shape import leaves, variable_name
from altus4_core.settings.sources import (
    CONFIG_VARIABLE,
    Environment,
    SettingsFile,
    Variable,
    choose_path,
    read_environment,
    read_settings_file,
)

T = TypeVar("T")

PLUGINS = "plugins"
_PLUGIN_PREFIX = variable_name((PLUGINS, ""))
_OTHERS = ("ALTUS4_TEST_", "ALTUS4_SANDBOX_")  # of tests and tools, not of the gateway
_METADATA_URL: KeyPath = ("metadata", "url")


@attrs.frozen
class ExplainedValue:
    """One line of `altus4 config explain`. `value` is in JSON's notation, secrets hidden."""

    key: str
    value: str
    source: str
    doc: str


@attrs.frozen
class LoadedSettings:
    """All settings, read. `core` is decoded; a plugin's part is decoded when its class is known.

    `problems` is empty unless loading was asked not to raise: then `core` has defaults in place of what is wrong.
    """

    core: CoreSettings
    config_folder: Path
    config_path: Path | None = None
    problems: tuple[Problem, ...] = ()
    _environment: Environment = attrs.field(factory=lambda: Environment(()), repr=False)
    _file: SettingsFile = attrs.field(factory=SettingsFile, repr=False)
    _values: tuple[ReadValue, ...] = attrs.field(default=(), repr=False)

    def plugin(self, name: str, settings_type: type[T]) -> T:
        """Decode the section `[plugins.<name>]` and the variables `ALTUS4_PLUGINS__<NAME>__...`.

        Raises:
            SettingsError: with everything that is wrong there.
        """
        return self._read_plugin(name, settings_type)[0]

    def unknown_plugin_sections(self, known: Collection[str]) -> list[Problem]:
        """Give a problem for each plugin that the settings speak of and that is not among the known names."""
        problems = [
            Problem(f"{PLUGINS}.{name}", "there is no such plugin", self._file.where((PLUGINS, name)), hint)
            for name in self._sections()
            if name not in known
            for hint in [did_you_mean(name, known) or "install the plugin, or remove its section"]
        ]
        prefixes = tuple(variable_name((PLUGINS, name, "")) for name in known)
        names = {variable_name((PLUGINS, name)): name for name in known}
        for variable in self._environment.ours():
            if variable.name.startswith(_PLUGIN_PREFIX) and not variable.name.startswith(prefixes):
                plugin = "__".join(variable.name.split("__")[:2])
                if variable.name in names:
                    hint = f"write {variable.name}__<SETTING>"
                    problems.append(Problem(variable.name, "names a plugin but no setting", variable.where, hint))
                    continue
                near = did_you_mean(plugin, names) or "install the plugin, or unset the variable"
                problems.append(Problem(variable.name, "there is no such plugin", variable.where, near))
        return problems

    def explain(self, plugin_types: Mapping[str, type]) -> list[ExplainedValue]:
        """Give every value of the core and of these plugins with its source and doc.

        Raises:
            SettingsError: a plugin's settings are wrong.
        """
        values = list(self._values)
        for name, settings_type in plugin_types.items():
            values += self._read_plugin(name, settings_type)[1]
        return [ExplainedValue(value.member.key, _rendered(value), value.source, value.member.doc) for value in values]

    def _sections(self) -> list[str]:
        sections = self._file.tables.get(PLUGINS, {})
        return list(sections) if isinstance(sections, Mapping) else []

    def _read_plugin(self, name: str, settings_type: type[T]) -> tuple[T, list[ReadValue]]:
        path = (PLUGINS, name)
        sections = self._file.tables.get(PLUGINS, {})
        table = sections.get(name, {}) if isinstance(sections, Mapping) else {}
        reader = Reader(self._environment, self._file, self.config_folder)
        try:
            settings = reader.read(settings_type, path, table)
            known = [leaf.variables[0] for leaf in leaves(settings_type, path)]
        except TypeError as error:
            what = f"its settings class is wrong: {error}"
            raise SettingsError([Problem(name, what, hint="correct the plugin")]) from error
        prefix = variable_name((*path, ""))
        for variable in self._environment.ours():
            if variable.name.startswith(prefix) and variable.name not in known:
                hint = did_you_mean(variable.name, known)
                reader.problems.append(Problem(variable.name, "there is no such setting", variable.where, hint))
        if reader.problems or settings is None:
            raise SettingsError(reader.problems)
        return settings, reader.values


def load_settings(
    path: Path | None,
    environ: Mapping[str, str],
    *,
    strict: bool = True,
    adapt: Callable[[Mapping[str, Any]], Mapping[str, Any]] | None = None,
) -> LoadedSettings:
    """Read all sources and decode the core's part.

    Args:
        path: The settings file; None for `ALTUS4_CONFIG`, else `./altus4.toml`, else no file.
        environ: The process environment.
        strict: Raise what is wrong; False leaves it in `problems`, to be reported with what else is found.
        adapt: Gives the tables to use instead of those of the file; what stays in them keeps its lines.

    Raises:
        SettingsError: with everything that is wrong, one located line each.
    """
    chosen = choose_path(path, environ)
    folder = (chosen.parent if chosen is not None else Path()).absolute()
    file, problems = read_settings_file(chosen)
    if adapt is not None:
        file = attrs.evolve(file, tables=adapt(file.tables))
    environment, more = read_environment(folder, environ)
    problems += more
    fallbacks: dict[KeyPath, Variable] = {}
    if not _url_is_set(environment, file):
        composed = _compose_url(environment)
        if isinstance(composed, Problem):
            problems.append(composed)
        elif composed is not None:
            fallbacks[_METADATA_URL] = composed
    reader = Reader(environment, file, folder, fallbacks)
    core = reader.read(CoreSettings, (), file.tables, skip=(PLUGINS,))
    problems += [*reader.problems, *_unknown_variables(environment)]
    if not isinstance(file.tables.get(PLUGINS, {}), Mapping):
        problems.append(Problem(PLUGINS, "must be a table", file.where((PLUGINS,)), "write [plugins.<name>] sections"))
    for name, section in _plugin_tables(file).items():
        if not isinstance(section, Mapping):
            hint = f"write it in a section [{PLUGINS}.<name>]"
            problems.append(Problem(f"{PLUGINS}.{name}", "must be a table", file.where((PLUGINS, name)), hint))
    if problems and strict:
        raise SettingsError(problems)
    return LoadedSettings(
        core or CoreSettings(), folder, chosen, tuple(problems), environment, file, tuple(reader.values)
    )


def _plugin_tables(file: SettingsFile) -> Mapping[str, Any]:
    tables = file.tables.get(PLUGINS, {})
    return tables if isinstance(tables, Mapping) else {}


def _unknown_variables(environment: Environment) -> list[Problem]:
    known = {name for leaf in leaves(CoreSettings, ()) for name in leaf.variables} | {CONFIG_VARIABLE}
    return [
        Problem(variable.name, "there is no such setting", variable.where, did_you_mean(variable.name, known))
        for variable in environment.ours()
        if variable.name not in known and not variable.name.startswith((_PLUGIN_PREFIX, *_OTHERS))
    ]


def _url_is_set(environment: Environment, file: SettingsFile) -> bool:
    url = next(leaf for leaf in leaves(CoreSettings, ()) if leaf.path == _METADATA_URL)
    section = file.tables.get("metadata")
    return bool(environment.find(url.variables)) or (isinstance(section, Mapping) and "url" in section)


def _compose_url(environment: Environment) -> Variable | Problem | None:
    """Make the metadata URL of the original's variables; None when they do not speak of it."""
    names = ("DB_HOST", "DB_PORT", "DB_USERNAME", "DB_PASSWORD", "DB_DATABASE")
    host, port, user, password, database = (environment.get(name) for name in names)
    used = [variable for variable in (host, port, user, password, database) if variable is not None]
    if host is None and user is None and database is None:
        return None  # DB_PORT or DB_PASSWORD alone belong to some other program
    if user is None or database is None:
        missing = " and ".join(
            name for name, value in (("DB_USERNAME", user), ("DB_DATABASE", database)) if value is None
        )
        what = f"{', '.join(variable.name for variable in used)} set, but not {missing}"
        return Problem("metadata.url", what, used[0].where, f"set {missing}, or ALTUS4_METADATA_URL")
    if port is not None and not (re.fullmatch("[0-9]{1,5}", port.text) and 0 < int(port.text) < 65536):
        return Problem("DB_PORT", "must be a port number from 1 to 65535", port.where, "correct it")
    name = host.text if host is not None else "127.0.0.1"
    place = f"[{name.strip('[]')}]" if ":" in name else quote(name, safe=".-")
    credentials = quote(user.text, safe="") + (f":{quote(password.text, safe='')}" if password is not None else "")
    text = f"mysql://{credentials}@{place}:{port.text if port is not None else 3306}/{quote(database.text, safe='')}"
    where = ", ".join(variable.where for variable in used)
    return Variable("DB_HOST", text, "environment", where)


def _rendered(value: ReadValue) -> str:
    hidden = isinstance(value.value, str) and value.value and looks_secret(str(value.member.path[-1]))
    return f'"{HIDDEN}"' if hidden else render(value.value)
