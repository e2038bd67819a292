"""The order a request wants, as one table's statement sorts and as lists of several tables are merged.

Rows without a value come last in both directions. Equal ones stand by score, then by primary key, or by what they hold.
"""

from collections.abc import Callable, Sequence
from datetime import date, datetime
from typing import Any

import attrs
from altus4_mysql import Column

from altus4_core.columnnames import ColumnName
from altus4_core.filters import Misfit
from altus4_core.records import SortKey
from altus4_search_fulltext.folding import folding_of
from altus4_search_fulltext.planner import SortColumn
from altus4_search_fulltext.wishes.columns import Columns
from altus4_search_fulltext.wishes.typed import EQUALITY, kind_of

_NUMBERED = frozenset(("enum", "set"))  # by the places of their members in the definition


def order_of(keys: Sequence[SortKey], columns: Columns) -> tuple[tuple[SortColumn, ...], list[Misfit]]:
    """Give the order of a table's rows, and the keys that do not fit it; those about other tables are left out."""
    order: list[SortColumn] = []
    misfits: list[Misfit] = []
    for number, key in enumerate(keys):
        place = f"sort[{number}]"
        if key.column == "relevance" and key.table is None:
            order.append(SortColumn(None, key.descending))
            continue
        found = columns.find(ColumnName(key.column, key.table), place)
        if isinstance(found, Misfit):
            misfits.append(found)
            if not found.concerned:
                order.append(SortColumn(None, key.descending, absent=True))
            continue
        kind = kind_of(found)
        if found.data_type not in _NUMBERED and (kind is None or kind.operators == EQUALITY):
            message = f"column '{found.name}' is {found.type}, which has no order"
            misfits.append(Misfit(place, message, "column_type"))
            continue
        order.append(SortColumn(found, key.descending, numbered=found.data_type in _NUMBERED))
    return tuple(order), misfits


def scale_of(sorted_by: SortColumn) -> str | None:
    """Give what a column's places belong to: its definition; "" where values compare by themselves, None for none."""
    if sorted_by.column is None:
        return None
    return sorted_by.column.type if sorted_by.numbered else ""


def scales_of(order: Sequence[SortColumn]) -> tuple[str | None, ...]:
    """Give the scales of an order, as `TableHits.scales` has them."""
    return tuple([scale_of(each) for each in order if each.column is not None or each.absent])


def in_one_order(orders: Sequence[tuple[SortColumn, ...]]) -> list[tuple[SortColumn, ...]]:
    """Let columns that are not defined alike in all tables sort by their texts: places in two lists do not compare.

    Args:
        orders: Of several tables, for the same keys.
    """
    by_text = {
        place
        for place, each in enumerate(zip(*orders, strict=True))
        if len({scale for one in each if (scale := scale_of(one)) is not None}) > 1
    }
    return [
        tuple([attrs.evolve(each, numbered=False) if place in by_text else each for place, each in enumerate(order)])
        for order in orders
    ]


def comparable(sorted_by: SortColumn) -> Callable[[Any], Any]:
    """Give what turns a column's values, as the driver gives them, into ones that compare across tables."""
    column = sorted_by.column
    if column is None:
        return lambda _: None
    if column.is_text and not sorted_by.numbered:
        return folding_of(column.collation).fold
    if column.data_type in {"date", "datetime", "timestamp"}:
        return _moment
    return lambda value: value


def order_key(order: Sequence[SortColumn], places: Sequence[int]) -> Callable[[Sequence[Any]], Any]:
    """Give what rows as the driver gives them are compared by: an order of their own, then the score, at their end.

    Args:
        order: Of the rows; empty: by score. Of scores the highest comes first.
        places: Where the values stand, as `Selection.order` has them.
    """
    sorted_by = [each for each in order if each.column is not None or each.absent]
    parts = [
        (place, comparable(each), each.descending)
        for place, each in zip(places, sorted_by, strict=True)
        if not each.absent
    ]
    if not parts:
        return lambda row: -row[-1]
    by_score = next((number for number, each in enumerate(order) if each.column is None and not each.absent), None)
    before = len(parts) if by_score is None else sum(each.column is not None for each in order[:by_score])

    def key(row: Sequence[Any]) -> Any:
        values: list[Any] = []
        for place, convert, descending in parts:
            value = None if row[place] is None else convert(row[place])
            values.append((value is None, _Falling(value) if descending and value is not None else value))
        values.insert(before, (False, -row[-1]))
        return values

    return key


def sorted_expression(sorted_by: SortColumn, name: str) -> str:
    """Give what the server sorts by for a column."""
    column = sorted_by.column
    by_text = column is not None and column.data_type in _NUMBERED and not sorted_by.numbered
    return f"LEFT({name}, 255)" if by_text else name  # keeps the collation, which CAST does not


def expression(sorted_by: SortColumn, name: str) -> str:
    """Give what is read of a column to compare it across tables."""
    column: Column | None = sorted_by.column
    if column is None:
        return "NULL"
    if sorted_by.numbered or column.data_type == "bit":
        return f"({name} + 0)"
    return f"LEFT({name}, 200)" if column.is_text else name


class _Falling:
    """A value that stands in front of smaller ones."""

    __slots__ = ("_value",)

    def __init__(self, value: Any) -> None:
        self._value = value

    def __lt__(self, other: "_Falling") -> bool:
        return bool(other._value < self._value)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Falling) and bool(self._value == other._value)

    def __hash__(self) -> int:
        return hash(self._value)


def _moment(value: Any) -> Any:
    """Read dates as times; zero and impossible ones, which stay text, come first as on the server."""
    if isinstance(value, datetime):
        return value
    if isinstance(value, date):
        return datetime(value.year, value.month, value.day)  # noqa: DTZ001 -- columns have no zone
    return None if value is None else datetime.min  # noqa: DTZ901
