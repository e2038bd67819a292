"""Which columns of a table a result shows, and which are read for its matches alone."""

from collections.abc import Sequence

from altus4_mysql import Column

from altus4_core.columnnames import read_column
from altus4_core.filters import Misfit
from altus4_search_fulltext.wishes.columns import Columns


def fields_of(names: Sequence[str], columns: Columns, place: str = "fields") -> tuple[tuple[Column, ...], list[Misfit]]:
    """Give the columns, in the request's order, and the names that do not fit the table.

    Args:
        names: As the request has them.
        columns: Of the table.
        place: Of the list in the request.
    """
    found: dict[str, Column] = {}
    misfits: list[Misfit] = []
    for number, name in enumerate(names):
        column = columns.find(read_column(name), f"{place}[{number}]")
        if isinstance(column, Misfit):
            misfits.append(column)
        else:
            found[column.name] = column
    return tuple(found.values()), misfits
