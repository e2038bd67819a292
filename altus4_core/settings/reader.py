"""A settings class filled from its sources: environment over `.env` over file over default, all problems collected."""

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

import attrs

from altus4_core.errors import Problem
from altus4_core.nearest import did_you_mean
from altus4_core.settings import convert
from altus4_core.settings.field import Secret
from altus4_core.settings.lines import KeyPath
from altus4_core.settings.redact import HIDDEN
from altus4_core.settings.shape import Member, leaves, members
from altus4_core.settings.sources import Environment, SettingsFile, Variable
from altus4_core.settings.values import WRONG, ValueReader, dotted


@attrs.frozen
class ReadValue:
    """One value and where it came from; `value` is not to be printed but by `render`."""

    member: Member
    value: Any = attrs.field(repr=False)
    source: str


class Reader:
    """Fills settings classes. `problems` has everything found wrong, `values` every value with its source."""

    def __init__(
        self,
        environment: Environment,
        file: SettingsFile,
        folder: Path,
        fallbacks: Mapping[KeyPath, Variable] | None = None,
        *,
        by_place: bool = True,
    ) -> None:
        self._environment = environment
        self._file = file
        self._folder = folder
        self._fallbacks = fallbacks or {}
        self._by_place = by_place  # whether places have environment variables: items of lists have none
        self.problems: list[Problem] = []
        self.values: list[ReadValue] = []
        self._reader = ValueReader(environment, file, folder, self.problems, self._record)

    def read(self, cls: type, path: KeyPath, table: Any, skip: tuple[str, ...] = (), base: Any = None) -> Any:
        """Give an instance of the class from the table at `path` and the environment.

        Wrong values take their default where there is one, so that everything else can still be judged; the result is
        None when a required value is missing or wrong. Sub-tables named in `skip` belong to somebody else; `base` is
        an instance whose values stand in for the defaults of the class.
        """
        fields = members(cls, path)
        before = len(self.problems)
        if not isinstance(table, Mapping):
            self._problem(path, f"must be a table, not {convert.described(table)}", self._file.where(path))
            table = {}
        known = [member.attribute.name for member in fields]
        for name in table:
            if name not in known and name not in skip:
                where = self._file.where((*path, name))
                hint = did_you_mean(name, known) if known else "nothing can be set here; remove it"
                self._problem((*path, name), "there is no such setting", where, hint)
        values: dict[str, Any] = {}
        for member in fields:
            read = self._section if member.section else self._leaf
            value = read(member, table, _default_of(member, base))
            if value is not attrs.NOTHING:
                values[member.attribute.name] = value
        if any(value is WRONG for value in values.values()):
            return None
        return self._build(cls, fields, path, values, quiet=len(self.problems) > before)

    def _build(self, cls: type, fields: list[Member], path: KeyPath, values: Mapping[str, Any], *, quiet: bool) -> Any:
        names = {member.attribute.name: member.attribute.alias or member.attribute.name for member in fields}
        try:
            return cls(**{names[name]: value for name, value in values.items()})
        except (ValueError, TypeError) as error:
            # What a single field's validator says is noted already; this is about several fields together.
            if not quiet:
                message = _without_secrets(convert.validator_message(error, ""), values.values())
                self._problem(path, message, self._file.where(path))
            return None

    def _section(self, member: Member, table: Mapping[str, Any], default: Any) -> Any:
        cls: type = member.section or object
        present = member.attribute.name in table
        if default is None and not present and not any(map(self._variables, leaves(cls, member.path))):
            return None  # an optional section that nobody speaks of
        base = default if isinstance(default, cls) else None
        value = self.read(cls, member.path, table.get(member.attribute.name, {}), base=base)
        return WRONG if value is None else value

    def _leaf(self, member: Member, table: Mapping[str, Any], default: Any) -> Any:
        """Give the value of one field, `NOTHING` to let the class find its default."""
        name = member.attribute.name
        variables = self._variables(member)
        if variables:
            value, source = self._from_variables(member, variables), variables[0].where
        elif name in table:
            source = self._file.where(member.path)
            value = self._reader.convert(table[name], member.kind, member.path, source, member.doc)
        elif member.path in self._fallbacks:
            variable = self._fallbacks[member.path]
            source = variable.where
            value = self._reader.from_text(variable.text, member.kind, member.path, source)
        else:
            return self._default(member, default)
        if value is not WRONG:
            value = self._validated(member, value, source)
        if value is WRONG:
            # The default keeps the place, so that everything else can still be judged.
            return WRONG if default is attrs.NOTHING and member.attribute.default is attrs.NOTHING else default
        self.values.append(ReadValue(member, value, source))
        return value

    def _default(self, member: Member, default: Any) -> Any:
        if default is not attrs.NOTHING:
            self.values.append(ReadValue(member, default, "default"))
        elif member.attribute.default is attrs.NOTHING:
            where = self._file.where(member.path[:-1])
            *sections, name = map(str, member.path)
            place = f"set {name} in [{'.'.join(sections)}]" if sections else f"set {name}"
            self._problem(member.path, "is required", where, f"{place} or {member.variables[0]}")
            return WRONG
        return default

    def _from_variables(self, member: Member, variables: list[Variable]) -> Any:
        if len({variable.text for variable in variables}) > 1:
            names = " and ".join(variable.name for variable in variables)
            self._problem(member.path, f"{names} differ", variables[0].where, "set only one of them")
            return WRONG
        return self._reader.from_text(variables[0].text, member.kind, member.path, variables[0].where)

    def _validated(self, member: Member, value: Any, source: str) -> Any:
        """Run the field's own validator, so that all wrong fields are found and not only the first."""
        validator: Callable[..., Any] | None = member.attribute.validator
        if validator is None:
            return value
        try:
            validator(None, member.attribute, value)
        except (ValueError, TypeError) as error:
            message = _without_secrets(convert.validator_message(error, member.attribute.name), [value])
            self._problem(member.path, message, source, member.doc)
            return WRONG
        except AttributeError:
            return value  # it looks at other fields: runs when the whole is built
        return value

    def _record(self, cls: type, path: KeyPath, value: Any) -> Any:
        inner = Reader(self._environment, self._file, self._folder, by_place=False)
        result = inner.read(cls, path, value)
        self.problems += inner.problems
        return result

    def _variables(self, member: Member) -> list[Variable]:
        return self._environment.find(member.variables) if self._by_place else []

    def _problem(self, path: KeyPath, what: str, where: str, hint: str = "") -> None:
        self.problems.append(Problem(dotted(path), what, where, hint))


def _default_of(member: Member, base: Any) -> Any:
    """Give the value of a field that nobody sets; `NOTHING` if it has none, or only its own class can tell."""
    if base is not None:
        return getattr(base, member.attribute.name)
    default: Any = member.attribute.default
    if isinstance(default, attrs.Factory):  # type: ignore[arg-type]  # a class, which the stubs show as a function
        return attrs.NOTHING if default.takes_self else default.factory()
    return default


def _without_secrets(message: str, values: Iterable[Any]) -> str:
    """Hide what a validator should not have quoted."""
    for value in values:
        if isinstance(value, Secret) and value:
            message = message.replace(value.reveal(), HIDDEN)
    return message
