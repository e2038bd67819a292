"""Which columns of a table are to be counted."""

from collections.abc import Sequence

from altus4_core.columnnames import read_column
from altus4_core.filters import Misfit
from altus4_search_fulltext.planner import Facet
from altus4_search_fulltext.wishes.columns import Columns
from altus4_search_fulltext.wishes.typed import kind_of


def facets_of(names: Sequence[str], columns: Columns) -> tuple[tuple[Facet, ...], list[Misfit]]:
    """Give the columns to count, and the names that do not fit the table.

    Args:
        names: As the request has them.
        columns: Of the table.
    """
    found: list[Facet] = []
    misfits: list[Misfit] = []
    for number, name in enumerate(names):
        place = f"facets[{number}]"
        column = columns.find(read_column(name), place)
        if isinstance(column, Misfit):
            misfits.append(column)
        elif kind_of(column) is None:  # what cannot be compared cannot be counted
            message = f"column '{column.name}' is {column.type[:100]}, whose values cannot be counted"
            misfits.append(Misfit(place, message, "column_type"))
        else:
            found.append(Facet(name, column))
    return tuple(found), misfits
