"""What a search asks for beside its query: order and columns, read from their spelling in a request."""

from collections.abc import Callable, Sequence
from typing import Any

from altus4_core.columnnames import read_column
from altus4_core.errors import FieldProblem, ValidationFailed
from altus4_core.records import SortKey

MOST_SORT_KEYS = 8
MOST_FIELDS = 256
MOST_FACETS = 8
RELEVANCE = "relevance"
_DIRECTIONS = {"asc": False, "desc": True}


def read_sort(wanted: Sequence[str] | None) -> tuple[SortKey, ...]:
    """Read `["relevance:desc", "created_at"]`: a column ascends unless it says `:desc`, relevance descends.

    Raises:
        ValidationFailed: naming every key that is wrong.
    """
    return _each("sort", wanted or (), _sort_key)


def read_names(member: str, wanted: Sequence[str] | None) -> tuple[str, ...] | None:
    """Check a list of columns, spelt as in filters.

    Raises:
        ValidationFailed: naming every one that is wrong.
    """
    if wanted is None:
        return None

    def check(text: str) -> str:
        read_column(text)
        return text

    return tuple(dict.fromkeys(_each(member, wanted, check)))


def _sort_key(text: str) -> SortKey:
    name, colon, direction = text.rpartition(":")
    if not colon or "`" in direction:
        name, direction = text, ""
    elif direction not in _DIRECTIONS:
        message = "must end in :asc or :desc"
        raise ValueError(message)
    if name == RELEVANCE:
        return SortKey(RELEVANCE, _DIRECTIONS.get(direction, True))
    column = read_column(name)
    return SortKey(column.column, _DIRECTIONS.get(direction, False), column.table)


def _each(member: str, wanted: Sequence[str], read: Callable[[str], Any]) -> tuple[Any, ...]:
    found = []
    problems = []
    for number, text in enumerate(wanted):
        try:
            found.append(read(text))
        except ValueError as error:
            problems.append(FieldProblem(f"{member}[{number}]", str(error), "column"))
    if problems:
        raise ValidationFailed.of(problems)
    return tuple(found)
