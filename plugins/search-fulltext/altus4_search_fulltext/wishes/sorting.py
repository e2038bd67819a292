"""The order a request wants, as one table's statement sorts and as lists of several tables are merged.

Rows without a value come last in both directions. Equal ones stand by score, then by primary key.
"""

from collections.abc import Callable, Sequence
from datetime import date, datetime
from typing import Any

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


def is_by_relevance(keys: Sequence[SortKey]) -> bool:
    """Say whether an order is the one that lists have anyway."""
    return not keys or (keys[0].column == "relevance" and keys[0].table is None and keys[0].descending)


def expression(sorted_by: SortColumn, name: str) -> str:
    """Give what is read of a column to compare it across tables."""
    column: Column | None = sorted_by.column
    if column is None:
        return "NULL"
    if sorted_by.numbered or column.data_type == "bit":
        return f"({name} + 0)"
    return f"LEFT({name}, 200)" if column.is_text else name


def _moment(value: Any) -> Any:
    """Read dates as times; zero and impossible ones, which stay text, come first as on the server."""
    if isinstance(value, datetime):
        return value
    if isinstance(value, date):
        return datetime(value.year, value.month, value.day)  # noqa: DTZ001 -- columns have no zone
    return None if value is None else datetime.min  # noqa: DTZ901
