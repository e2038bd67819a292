"""Values of one field each: lists, tables, `{env = ...}` and `{file = ...}`, down to the scalars."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, get_args, get_origin

from altus4_core.errors import Problem
from altus4_core.settings import convert
from altus4_core.settings.convert import Unfit
from altus4_core.settings.lines import KeyPath
from altus4_core.settings.shape import unwrap_optional
from altus4_core.settings.sources import Environment, SettingsFile, read_secret_file

WRONG: Any = object()  # stands for a value whose problem is already noted
_INDIRECT = frozenset({"env", "file"})


class ValueReader:
    """Converts values to the types of their fields; a problem is noted and gives `WRONG`.

    Args:
        record: Reads a settings class that is an item of a list or a member of a table; None when it is wrong.
    """

    def __init__(
        self,
        environment: Environment,
        file: SettingsFile,
        folder: Path,
        problems: list[Problem],
        record: Callable[[type, KeyPath, Any], Any],
    ) -> None:
        self._environment = environment
        self._file = file
        self._folder = folder
        self._problems = problems
        self._record = record

    def convert(self, value: Any, kind: Any, path: KeyPath, where: str, hint: str = "") -> Any:
        """Convert a TOML (or JSON) value; a problem is noted and gives `WRONG`."""
        inner, _ = unwrap_optional(kind)
        if isinstance(value, Mapping) and self._is_indirect(value, inner):
            return self._indirect(value, inner, path, where)
        try:
            if convert.is_record(inner):
                result = self._record(inner, path, value)
                return WRONG if result is None else result
            if convert.sequence_of(inner):
                return self._sequence(value, inner, path, where)
            if convert.mapping_of(inner):
                return self._mapping(value, inner, path, where)
            if inner is Any and isinstance(value, Mapping | list):
                return self._free(value, path, where)
            return convert.convert_scalar(value, inner)
        except (Unfit, TypeError) as error:
            self._problem(path, str(error), self._located(path, where), hint)
            return WRONG

    @staticmethod
    def _is_indirect(value: Mapping[str, Any], kind: Any) -> bool:
        if convert.is_record(kind) or convert.mapping_of(kind):
            return False  # such a table is a table, whatever its names are
        return len(value) >= 1 and set(value) <= _INDIRECT and all(isinstance(text, str) for text in value.values())

    def _indirect(self, value: Mapping[str, Any], kind: Any, path: KeyPath, where: str) -> Any:
        where = self._located(path, where)
        if len(value) > 1:
            self._problem(path, "names both env and file", where, "keep one of them")
            return WRONG
        if "env" in value:
            variable = self._environment.get(value["env"])
            if variable is None:
                what = f"the environment variable {value['env']!r} is not set"
                self._problem(path, what, where, f"set {value['env']} to a value, or remove this setting")
                return WRONG
            return self.from_text(variable.text, kind, path, f"{where} -> {variable.where}")
        try:
            text = read_secret_file(self._folder, value["file"])
        except ValueError as error:
            hint = f"a relative path starts at {str(self._folder)!r}"
            self._problem(path, str(error), where, hint)
            return WRONG
        return self.from_text(text, kind, path, f"{where} -> file {value['file']}")

    def from_text(self, text: str, kind: Any, path: KeyPath, where: str) -> Any:
        """Convert a text by the field's type; a problem is noted and gives `WRONG`."""
        inner, _ = unwrap_optional(kind)
        try:
            if convert.sequence_of(inner):
                items, as_text = convert.split_list(text)
                return self._sequence(items, inner, path, where, as_text=as_text)
            if convert.mapping_of(inner) or convert.is_record(inner):
                return self.convert(convert.read_table(text), inner, path, where)
            return convert.convert_text(text, inner)
        except (Unfit, TypeError) as error:
            self._problem(path, str(error), where)
            return WRONG

    def _sequence(self, value: Any, kind: Any, path: KeyPath, where: str, *, as_text: bool = False) -> Any:
        if not isinstance(value, list):
            hint = "; write it in [ ]" if isinstance(value, str) else ""
            message = f"must be a list, not {convert.described(value)}{hint}"
            raise Unfit(message)
        origin, kinds = get_origin(kind) or kind, get_args(kind) or (Any, ...)
        if origin is tuple and not (len(kinds) == 2 and kinds[1] is ...):
            if len(value) != len(kinds):
                message = f"must have {len(kinds)} items, not {len(value)}"
                raise Unfit(message)
        else:
            kinds = (kinds[0],) * len(value)
        items: list[Any] = []
        for index, (item, item_kind) in enumerate(zip(value, kinds, strict=True)):
            read = self.from_text if as_text else self.convert
            items.append(read(item, item_kind, (*path, index), where))
        if any(item is WRONG for item in items):
            return WRONG
        return frozenset(items) if origin in {set, frozenset} or "Set" in str(origin) else tuple(items)

    def _mapping(self, value: Any, kind: Any, path: KeyPath, where: str) -> Any:
        if not isinstance(value, Mapping):
            message = f"must be a table, not {convert.described(value)}"
            raise Unfit(message)
        member_kind = (get_args(kind) or (str, Any))[1]
        table = {name: self.convert(member, member_kind, (*path, name), where) for name, member in value.items()}
        return WRONG if any(member is WRONG for member in table.values()) else table

    def _free(self, value: Any, path: KeyPath, where: str) -> Any:
        """Look for `{env = ...}` and `{file = ...}` anywhere inside a value without a type."""
        if isinstance(value, Mapping):
            return self._mapping(value, Mapping[str, Any], path, where)
        items = [self.convert(item, Any, (*path, index), where) for index, item in enumerate(value)]
        return WRONG if any(item is WRONG for item in items) else items

    def _located(self, path: KeyPath, where: str) -> str:
        """Give the item's own line where the file has it, else what is known of the whole value."""
        return self._file.where(path) if path in self._file.lines else where

    def _problem(self, path: KeyPath, what: str, where: str, hint: str = "") -> None:
        self._problems.append(Problem(dotted(path), what, where, hint))


def dotted(path: KeyPath) -> str:
    """Write a key's path as an operator reads it."""
    return ".".join(str(part) for part in path) or "settings"
