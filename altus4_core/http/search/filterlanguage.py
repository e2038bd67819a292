"""The JSON language of `filters`, read into a tree.

{"price": {"gte": 5, "lt": 10}, "or": [{"author": null}, {"author": ["Ann", "Eve"]}], "not": {"archived": true}}

A member is a column with a value (`eq`; null: `isNull`; a list: `in`) or an object of operators, which must all hold;
`and` and `or` have lists of such objects, `not` has one. What values fit a column only its search mode knows.
"""

from collections.abc import Mapping
from typing import Any, get_args

from altus4_core.columnnames import ColumnName, read_column
from altus4_core.errors import FieldProblem, ValidationFailed
from altus4_core.filters import AllOf, AnyOf, Comparison, Filter, NoneOf, Operator
from altus4_core.nearest import nearest

OPERATORS: tuple[Operator, ...] = get_args(Operator)
DEEPEST = 8  # objects inside each other
MOST_CONDITIONS = 100
MOST_IN_LIST = 500
MOST_VALUES = 2000  # of all conditions together
LONGEST_TEXT = 2000  # characters
MOST_PROBLEMS = 50

_LISTS = frozenset({"in", "nin", "between"})
_WITHOUT_NULL = frozenset({"lt", "lte", "gt", "gte", "between", "prefix"})
_SCALARS = (str, int, float, bool)


def read_filters(value: Any) -> Filter | None:
    """Read the member `filters`; None: it asks for nothing.

    Raises:
        ValidationFailed: with every problem, each at its place.
    """
    reader = _Reader()
    found = reader.group(value, "filters", 1) if value is not None else None
    if reader.problems:
        raise ValidationFailed.of(reader.problems[:MOST_PROBLEMS])
    return found


class _Reader:
    def __init__(self) -> None:
        self.problems: list[FieldProblem] = []
        self._conditions = 0
        self._values = 0

    def group(self, value: Any, place: str, depth: int) -> Filter | None:
        """Read an object; all its members must hold."""
        if type(value) is not dict:
            return self._wrong(place, "must be an object of columns and their values", "type")
        if depth > DEEPEST:
            return self._wrong(place, f"is nested deeper than {DEEPEST} objects", "too_deep")
        parts: list[Filter] = []
        for name, wanted in value.items():
            here = f"{place}.{_short(name)}"
            if name in {"and", "or"}:
                part = self._several(name, wanted, here, depth)
            elif name == "not":
                part = self._none(wanted, here, depth)
            else:
                part = self._column(name, wanted, here)
            if part is not None:
                parts.append(part)
            if len(self.problems) >= MOST_PROBLEMS or self._conditions > MOST_CONDITIONS:
                break
        if len(parts) == 1:
            return parts[0]
        return AllOf(tuple(parts)) if parts else None

    def _several(self, name: str, wanted: Any, place: str, depth: int) -> Filter | None:
        if type(wanted) is not list or not wanted:
            hint = f'; a column of this name is written "`{name}`"'
            return self._wrong(place, f"must be a list of at least one object{hint}", "type")
        parts: list[Filter] = []
        for number, each in enumerate(wanted):
            here = f"{place}[{number}]"
            if each == {}:
                self._wrong(here, "must not be empty", "min_length")
            elif (part := self.group(each, here, depth + 1)) is not None:
                parts.append(part)
            if len(self.problems) >= MOST_PROBLEMS or self._conditions > MOST_CONDITIONS:
                break
        return AllOf(tuple(parts)) if name == "and" else AnyOf(tuple(parts))

    def _none(self, wanted: Any, place: str, depth: int) -> Filter | None:
        if type(wanted) is not dict or not wanted:
            hint = '; a column of this name is written "`not`"'
            return self._wrong(place, f"must be an object of at least one column{hint}", "type")
        part = self.group(wanted, place, depth + 1)
        return None if part is None else NoneOf((part,))

    def _column(self, name: str, wanted: Any, place: str) -> Filter | None:
        try:
            column = read_column(name)
        except ValueError as error:
            return self._wrong(place, str(error), "column")
        if type(wanted) is dict:
            return self._operators(column, wanted, place)
        if type(wanted) is list:
            return self._comparison(column, "in", wanted, place)
        return self._comparison(column, "eq", wanted, place)

    def _operators(self, column: ColumnName, wanted: Mapping[str, Any], place: str) -> Filter | None:
        if not wanted:
            return self._wrong(place, f"must have an operator: {', '.join(OPERATORS)}", "min_length")
        parts: list[Filter] = []
        for operator, value in wanted.items():
            here = f"{place}.{_short(operator)}"
            if operator not in OPERATORS:
                near = nearest(operator, OPERATORS) if len(operator) <= 100 else None
                hint = f"did you mean {near!r}?" if near else f"operators: {', '.join(OPERATORS)}"
                self._wrong(here, f"is no operator; {hint}", "operator")
            elif (part := self._comparison(column, operator, value, here)) is not None:
                parts.append(part)
        if len(parts) == 1:
            return parts[0]
        return AllOf(tuple(parts)) if parts else None

    def _comparison(self, column: ColumnName, operator: Operator, value: Any, place: str) -> Filter | None:
        self._conditions += 1
        if self._conditions == MOST_CONDITIONS + 1:
            return self._wrong("filters", f"must have at most {MOST_CONDITIONS} conditions", "too_many")
        if operator == "isNull":
            if type(value) is not bool:
                return self._wrong(place, "must be true or false", "type")
        elif operator in _LISTS:
            if not self._is_list(operator, value, place):
                return None
            value = tuple(value)
        elif not self._is_scalar(value, place):
            return None
        elif operator == "prefix" and (type(value) is not str or not value):
            return self._wrong(place, "must be text of at least one character", "type")
        if operator in _WITHOUT_NULL and (value is None or (type(value) is tuple and None in value)):
            return self._wrong(place, "must not be null: nothing is before, behind or like null; use isNull", "null")
        if operator in {"eq", "ne"} and value is None:
            return Comparison(column.column, "isNull", operator == "eq", column.table, place)
        return Comparison(column.column, operator, value, column.table, place)

    def _is_list(self, operator: str, value: Any, place: str) -> bool:
        if type(value) is not list:
            self._wrong(place, "must be a list of two values" if operator == "between" else "must be a list", "type")
        elif operator == "between" and len(value) != 2:
            self._wrong(place, "must have two values, the lowest and the highest", "length")
        elif not value:
            self._wrong(place, "must have at least one value", "min_length")
        elif len(value) > MOST_IN_LIST:
            self._wrong(place, f"must have at most {MOST_IN_LIST} values", "max_length")
        else:
            right = [self._is_scalar(each, f"{place}[{number}]") for number, each in enumerate(value)]
            return all(right)
        return False

    def _is_scalar(self, value: Any, place: str) -> bool:
        self._values += 1
        if self._values == MOST_VALUES + 1:
            self._wrong("filters", f"must have at most {MOST_VALUES} values in all", "too_many")
        if value is not None and type(value) not in _SCALARS:
            self._wrong(place, "must be text, a number, true, false or null", "type")
        elif type(value) is str and len(value) > LONGEST_TEXT:
            self._wrong(place, f"must have at most {LONGEST_TEXT} characters", "max_length")
        elif type(value) is str and not _is_text(value):
            self._wrong(place, "must not contain NUL characters or lone surrogates", "characters")
        else:
            return True
        return False

    def _wrong(self, place: str, message: str, code: str) -> Filter | None:
        """Remember a problem; gives None, which is what a filter with one is worth."""
        if len(self.problems) < MOST_PROBLEMS:
            self.problems.append(FieldProblem(place, message, code))
        return None


def _is_text(value: str) -> bool:
    return "\0" not in value and not any("\ud800" <= character <= "\udfff" for character in value)


def _short(name: str) -> str:
    """Show a name that a caller made up: cut, and without what is not printable."""
    shown = name if name.isprintable() else ascii(name)[1:-1]
    return shown if len(shown) <= 60 else shown[:57] + "..."
