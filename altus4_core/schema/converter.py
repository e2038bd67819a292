"""A cattrs converter that coerces nothing: hooks by type, one generated function for each record."""

from collections.abc import Callable, Mapping
from collections.abc import Set as AbstractSet
from datetime import date, datetime
from enum import Enum
from typing import Any, Literal, get_args, get_origin

import attrs
from cattrs import ClassValidationError, Converter
from cattrs.gen import make_dict_structure_fn, override

from altus4_core.errors import FieldProblem
from altus4_core.nearest import nearest
from altus4_core.schema import checks, kinds
from altus4_core.schema.checks import Check, Misfit, misfit
from altus4_core.schema.field import constraints_of, json_name

Unknown = Literal["refuse", "ignore"]
MOST_PROBLEMS = 50
"""Problems reported at once: a hostile body of 256 KiB could have a hundred thousand."""

_SCALARS: Mapping[Any, Check] = {
    str: checks.text,
    int: checks.whole_number,
    float: checks.number,
    bool: checks.boolean,
    datetime: checks.moment,
    date: checks.day,
    Any: checks.anything,
    object: checks.anything,
}
_COLLECTORS: Mapping[Any, Callable[[list[Any]], Any]] = {
    list: list,
    set: frozenset,
    frozenset: frozenset,
    AbstractSet: frozenset,
}


class StrictConverter:
    """Makes the check of any type that may stand in a record. Knows each record once."""

    def __init__(self, unknown: Unknown) -> None:
        self._refuse = unknown == "refuse"
        self._converter = Converter(detailed_validation=True)
        self._records: dict[type, Check] = {}

    def check_of(self, kind: Any) -> Check:
        """Give the function that checks and converts a value of this type.

        Raises:
            TypeError: values of this type do not travel as JSON.
        """
        if kinds.is_union(kind):
            return self._union(kind)
        if kind in _SCALARS:
            return _SCALARS[kind]
        if get_origin(kind) is Literal:
            return checks.choice(get_args(kind))
        if isinstance(kind, type) and issubclass(kind, Enum):
            choose, make = checks.choice([member.value for member in kind]), kind
            return lambda value: make(choose(value))
        if kinds.is_record(kind):
            return self.record(kind)
        if kinds.is_list(kind):
            return self._list(kind)
        if kinds.is_table(kind):
            return self._table(kind)
        message = f"{kind!r} is not a type that travels as JSON"
        raise TypeError(message)

    def record(self, cls: type) -> Check:
        """Give the check of a record; a record that contains itself is met while it is being made."""
        if cls not in self._records:
            # Stands for the record inside itself: looked up when called, not now.
            def later(value: Any) -> Any:
                return self._records[cls](value)

            self._records[cls] = later
            self._records[cls] = self._make_record(cls)
        return self._records[cls]

    def _make_record(self, cls: type) -> Check:
        hints = kinds.hints_of(cls)
        fields = [field for field in attrs.fields(cls) if field.init]
        names = {field.name: json_name(field) for field in fields}
        overrides = {}
        for field in fields:
            kind = hints.get(field.name, Any)
            listed = any(kinds.is_list(part) for part in kinds.alternatives(kind)[0])
            hook = _hook(checks.constrained(self.check_of(kind), constraints_of(field), listed=listed))
            overrides[field.name] = override(rename=names[field.name], struct_hook=hook)
        structure: Callable[[Any, Any], Any] = make_dict_structure_fn(
            cls,
            self._converter,
            _cattrs_detailed_validation=True,
            _cattrs_use_linecache=False,
            _cattrs_forbid_extra_keys=False,
            **overrides,  # type: ignore[arg-type]  # the overrides share the keywords' namespace by design
        )
        known = frozenset(names.values())
        refuse = self._refuse

        def check(value: Any) -> Any:
            if type(value) is not dict:
                raise misfit("must be an object")
            problems = _unknown(value, known) if refuse and not value.keys() <= known else []
            try:
                result = structure(value, cls)
            except ClassValidationError as error:
                problems += _problems(error, names)
            if problems:
                raise Misfit(problems)
            return result

        return check

    def _union(self, kind: Any) -> Check:
        parts, optional = kinds.alternatives(kind)
        by_type: dict[type, Check] = {}
        for part in parts:
            check = self.check_of(part)
            for json_type in _json_types(part):
                by_type.setdefault(json_type, check)
        if len(parts) == 1:
            only = self.check_of(parts[0])
            return (lambda value: None if value is None else only(value)) if optional else only
        wanted = " or ".join(dict.fromkeys(_described(part) for part in parts))

        def check_any(value: Any) -> Any:
            if value is None and optional:
                return None
            fitting = by_type.get(type(value))
            if fitting is None:
                raise misfit(f"must be {wanted}")
            return fitting(value)

        return check_any

    def _list(self, kind: Any) -> Check:
        collect = _COLLECTORS.get(get_origin(kind) or kind, tuple)
        check = self.check_of(kinds.item_kind(kind))

        def check_list(value: Any) -> Any:
            if type(value) is not list:
                raise misfit("must be a list")
            try:
                return collect([check(item) for item in value])
            except Misfit:
                raise Misfit(_each_problem(check, [(f"[{index}]", item) for index, item in enumerate(value)])) from None

        return check_list

    def _table(self, kind: Any) -> Check:
        check = self.check_of(kinds.value_kind(kind))

        def check_table(value: Any) -> Any:
            if type(value) is not dict:
                raise misfit("must be an object")
            try:
                return {checks.text(name): check(item) for name, item in value.items()}
            except Misfit:
                raise Misfit(
                    _each_problem(check, [(f".{_short(name)}", item) for name, item in value.items()])
                ) from None

        return check_table


def _hook(check: Check) -> Callable[[Any, Any], Any]:
    return lambda value, _: check(value)


def _each_problem(check: Check, items: list[tuple[str, Any]]) -> list[FieldProblem]:
    problems: list[FieldProblem] = []
    for place, item in items:
        try:
            check(item)
        except Misfit as error:
            problems += [FieldProblem(f"{place}{one.field}", one.message, one.code) for one in error.problems]
        if len(problems) >= MOST_PROBLEMS:
            break
    return problems or [FieldProblem("", "has a name with characters that are not allowed", "characters")]


def _unknown(value: Mapping[str, Any], known: frozenset[str]) -> list[FieldProblem]:
    problems = []
    for name in list(value.keys() - known)[:MOST_PROBLEMS]:
        near = nearest(name, known) if len(name) <= 100 else None
        hint = f"did you mean {near!r}?" if near else f"known: {', '.join(sorted(known))}"
        problems.append(FieldProblem(f".{_short(name)}", f"is not known; {hint}", "unknown"))
    return sorted(problems, key=lambda problem: problem.field)


def _problems(error: ClassValidationError, names: Mapping[str, str]) -> list[FieldProblem]:
    """Turn cattrs' exception group into problems.

    Raises:
        Exception: anything in it that is not about what was sent.
    """
    noted, others = error.group_exceptions()
    problems: list[FieldProblem] = []
    for cause, note in noted:
        place = f".{names.get(note.name, note.name)}"
        if isinstance(cause, KeyError):
            problems.append(FieldProblem(place, "is required", "required"))
        elif isinstance(cause, Misfit):
            problems += [FieldProblem(f"{place}{one.field}", one.message, one.code) for one in cause.problems]
        else:
            raise cause
    for cause in others:
        if not isinstance(cause, ValueError | TypeError):
            raise cause
        problems.append(_validator_problem(cause, names))
    return problems


def _validator_problem(error: Exception, names: Mapping[str, str]) -> FieldProblem:
    """Say what an attrs validator said, which may carry its attribute as an argument."""
    message = str(error.args[0]) if error.args else "is not acceptable"
    name = next((part.name for part in error.args[1:] if isinstance(part, attrs.Attribute)), None)
    if name is None:
        name = next((known for known in names if message.startswith(f"'{known}' ")), None)
    if name is None:
        return FieldProblem("", message)
    return FieldProblem(f".{names.get(name, name)}", message.removeprefix(f"'{name}' "))


def _json_types(kind: Any) -> tuple[type, ...]:
    """Give the Python types that JSON values of this type have."""
    if kind is float:
        return (float, int)
    if kind in {Any, object}:
        return (str, int, float, bool, list, dict)
    if kind in {int, bool}:
        return (kind,)
    if kinds.is_list(kind):
        return (list,)
    if kinds.is_record(kind) or kinds.is_table(kind):
        return (dict,)
    if get_origin(kind) is Literal:
        return tuple(type(value) for value in get_args(kind))
    if isinstance(kind, type) and issubclass(kind, Enum):
        return tuple(type(member.value) for member in kind)
    return (str,)


def _described(kind: Any) -> str:
    names = {str: "text", int: "a whole number", float: "a number", bool: "true or false"}
    names |= {list: "a list", dict: "an object"}
    return " or ".join(names[found] for found in _json_types(kind)[:1])


def _short(name: str) -> str:
    """Show a name that a caller made up: cut, and without what is not printable."""
    shown = name if name.isprintable() else ascii(name)[1:-1]
    return shown if len(shown) <= 60 else shown[:57] + "..."
