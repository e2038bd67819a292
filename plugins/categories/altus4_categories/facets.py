"""Categories that the rows have already: their table, and columns with few different values. Exact, confidence 1."""

from collections import Counter, defaultdict
from collections.abc import Sequence
from typing import Any

from altus4_core.records import Category, FusedHit, SearchRequest

_LONGEST = 60  # characters of a value that is a name rather than a text
_MOST_WORDS = 4
_COVERED = 0.5  # share of the results that must have such a column
_REPEATED = 2.0  # results per value, on average: a column of nearly unique values groups nothing
_TABLE = "table"


class Facets:
    """Counts tables, and the values of columns that look like an ENUM among these results.

    Args:
        least: Results below which nothing is grouped.
        most_values: Different values that a column may have.
    """

    name = "facets"

    def __init__(self, least: int, most_values: int) -> None:
        self._least = least
        self._most_values = most_values

    async def categorize(self, request: SearchRequest, hits: Sequence[FusedHit]) -> Sequence[Category]:
        """Give tables first, then columns, those with most results first."""
        if len(hits) < self._least:
            return []
        tables = Counter(fused.table for fused in hits)
        found = _categories(_TABLE, {name: _ids(hits, name) for name in tables}, column=None) if len(tables) > 1 else []
        for column, values in self._columns(hits).items():
            found += _categories(column, values, column=column)
        return found

    def _columns(self, hits: Sequence[FusedHit]) -> dict[str, dict[str, list[str]]]:
        """Give the columns worth counting: by name their values, and by value the ids of the results."""
        values: defaultdict[str, dict[str, list[str]]] = defaultdict(dict)
        unfit: set[str] = set()
        for fused in hits:
            for column, value in fused.hit.data.items():
                if column in unfit or value is None:
                    continue
                name = _name(value)
                if name is None:
                    unfit.add(column)
                    values.pop(column, None)
                    continue
                ids = values[column].setdefault(name, [])
                ids.append(fused.id)
                if len(values[column]) > self._most_values:
                    unfit.add(column)
                    del values[column]
        return {
            column: found
            for column, found in values.items()
            if column.casefold() != _TABLE and _groups(found, len(hits))
        }


def _name(value: Any) -> str | None:
    """Give the name of a category for a value; None for texts, numbers and everything else that names no group."""
    if not isinstance(value, str):
        return None
    name = value.strip()
    return name if 0 < len(name) <= _LONGEST and len(name.split()) <= _MOST_WORDS else None


def _groups(values: dict[str, list[str]], results: int) -> bool:
    count = sum(map(len, values.values()))
    return len(values) > 1 and count >= _COVERED * results and count >= _REPEATED * len(values)


def _categories(source: str, values: dict[str, list[str]], *, column: str | None) -> list[Category]:
    ordered = sorted(values.items(), key=lambda item: (-len(item[1]), item[0]))
    return [
        Category(name, len(ids), 1.0, source, {column: name} if column is not None else None, frozenset(ids))
        for name, ids in ordered
    ]


def _ids(hits: Sequence[FusedHit], table: str) -> list[str]:
    return [fused.id for fused in hits if fused.table == table]
