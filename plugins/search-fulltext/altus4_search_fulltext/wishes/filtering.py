"""A request's filters as one condition on the rows of a table.

Two-valued: a comparison with NULL does not hold, and what does not hold holds under `not`. So `ne` and `nin` find rows
without a value, too: what has no category is not in the category `kitchen`.
"""

from collections.abc import Sequence
from typing import Any

import attrs
from altus4_mysql import Column, Scalar, Table, quote_identifier

from altus4_core.columnnames import ColumnName
from altus4_core.filters import AllOf, AnyOf, Comparison, Filter, Misfit
from altus4_search_fulltext.conditions import EVERY_ROW, Condition, joined
from altus4_search_fulltext.wishes.charsets import can_hold
from altus4_search_fulltext.wishes.columns import Columns
from altus4_search_fulltext.wishes.typed import SET, Kind, Unfit, kind_of

_ORDER = {"eq": "=", "lt": "<", "lte": "<=", "gt": ">", "gte": ">="}
_LIKE = str.maketrans({"|": "||", "%": "|%", "_": "|_"})
_NEVER = Condition("(1 = 0)")
_ALWAYS = Condition("(1 = 1)")


def condition_of(wanted: Filter, columns: Columns) -> tuple[Condition, list[Misfit]]:
    """Give the condition, and what of the filters does not fit the table.

    What concerns another table alone is left out, and so is a group of which nothing is left.

    Args:
        wanted: The filters.
        columns: Of the table.
    """
    fitting = _Fitting(columns)
    return fitting.of(wanted) or EVERY_ROW, fitting.misfits


def conditions_of(wanted: Filter | None, table: Table, *, case_sensitive: bool) -> list[tuple[str, Condition]]:
    """Give the conditions that must all hold for rows of a table, one by one, each with its place in the request."""
    parts = wanted.parts if isinstance(wanted, AllOf) else (wanted,) if wanted is not None else ()
    columns = Columns(table, case_sensitive)
    found = [(part, condition_of(part, columns)[0]) for part in parts]
    return [(_place(part), condition) for part, condition in found if condition]


def _place(part: Filter) -> str:
    if isinstance(part, Comparison):
        return part.place
    return "filters.and" if isinstance(part, AllOf) else "filters.or" if isinstance(part, AnyOf) else "filters.not"


@attrs.define
class _Fitting:
    columns: Columns
    misfits: list[Misfit] = attrs.field(factory=list)

    def of(self, wanted: Filter) -> Condition | None:
        if isinstance(wanted, Comparison):
            return self._comparison(wanted)
        parts = [part for each in wanted.parts if (part := self.of(each)) is not None]
        if not parts:
            return None
        if isinstance(wanted, AllOf):
            return joined(parts, "AND")
        if isinstance(wanted, AnyOf):
            return joined(parts, "OR")
        return _negated(joined(parts, "OR"))

    def _comparison(self, wanted: Comparison) -> Condition | None:
        column = self.columns.find(ColumnName(wanted.column, wanted.table), wanted.place)
        if isinstance(column, Misfit):
            self.misfits.append(column)
            return None
        try:
            return _compared(column, wanted)
        except Unfit as unfit:
            self.misfits.append(Misfit(wanted.place, str(unfit), "column_type"))
            return None


def _compared(column: Column, wanted: Comparison) -> Condition:
    if wanted.operator == "isNull":
        return _null(column) if wanted.value else _negated(_null(column))
    kind = kind_of(column)
    if kind is None or wanted.operator not in kind.operators:
        can = "isNull" if kind is None else f"{', '.join(sorted(kind.operators))} or isNull"
        message = f"column '{column.name}' is {_type(column)}, which can only be compared with {can}"
        raise Unfit(message)
    name = kind.column.format(quote_identifier(column.name))
    value: Any = wanted.value
    match wanted.operator:
        case "prefix":
            if not can_hold(column.charset, value):
                return _NEVER
            text = str(_typed(column, kind, value)).translate(_LIKE)
            return Condition(f"({name} LIKE %s ESCAPE '|')", (f"{text}%",))
        case "in" | "nin" | "ne":
            values = (value,) if wanted.operator == "ne" else value
            among = _among(column, kind, name, values)
            return among if wanted.operator == "in" else _negated(among)
        case "between":
            bounds = [_ordered(column, kind, each) for each in value]
            return Condition(f"({name} BETWEEN {kind.placeholder} AND {kind.placeholder})", tuple(bounds))
        case "eq":
            return _among(column, kind, name, (value,))
    bound = _ordered(column, kind, value)
    return Condition(f"({name} {_ORDER[wanted.operator]} {kind.placeholder})", (bound,))


def _among(column: Column, kind: Kind, name: str, values: Sequence[Any]) -> Condition:
    """Give the condition that a column has one of the values.

    The placeholders are 1, 2, 4, 8, ... so that lists of any length make few different statements.
    """
    parts: list[Condition] = []
    given = [_typed(column, kind, value) for value in values if value is not None]
    bound = [value for value in given if not column.is_text or can_hold(column.charset, str(value))]
    if not bound and given:
        parts.append(_NEVER)
    if bound and kind is SET:
        parts += [_has_member(name, each) for each in _padded(bound)]
    elif len(bound) == 1:
        parts.append(Condition(f"({name} = {kind.placeholder})", tuple(bound)))
    elif bound:
        padded = _padded(bound)
        listed = ", ".join([kind.placeholder] * len(padded))
        parts.append(Condition(f"({name} IN ({listed}))", tuple(padded)))
    if len(given) < len(values):
        parts.append(_null(column))
    return joined(parts, "OR")


def _has_member(name: str, member: Scalar) -> Condition:
    # The empty text stands for the empty set, of which nothing is a member.
    return Condition(f"(FIND_IN_SET(%s, {name}) > 0 OR (%s = '' AND {name} = ''))", (member, member))


def _padded(values: list[Scalar]) -> list[Scalar]:
    size = 1 << (len(values) - 1).bit_length()
    return [*values, *[values[-1]] * (size - len(values))]


def _null(column: Column) -> Condition:
    # A DATE that is NOT NULL and zero "is null" for the servers.
    return Condition(f"({quote_identifier(column.name)} IS NULL)") if column.nullable else _NEVER


def _negated(condition: Condition) -> Condition:
    if condition is _NEVER:
        return _ALWAYS
    return Condition(f"({condition.sql} IS NOT TRUE)", condition.params)


def _ordered(column: Column, kind: Kind, value: Any) -> Scalar:
    """Read a value that others are before or behind; the column must be able to hold a text."""
    found = _typed(column, kind, value)
    if column.is_text and not can_hold(column.charset, str(found)):
        message = f"must be text that character set {column.charset} has: column '{column.name}' is {_type(column)}"
        raise Unfit(message)
    return found


def _typed(column: Column, kind: Kind, value: Any) -> Scalar:
    try:
        found = kind.read(value)
    except Unfit:
        message = f"must be {kind.what}: column '{column.name}' is {_type(column)}"
        raise Unfit(message) from None
    return found


def _type(column: Column) -> str:
    shown = column.type if len(column.type) <= 60 else f"{column.type[:57]}..."
    return shown or column.data_type
