"""Categories that the rows have already: their table, and columns with few different values. Exact, confidence 1."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from altus4_core.columnnames import spelt
from altus4_core.facets import Fold
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
        tables: defaultdict[str, list[int]] = defaultdict(list)
        for place, fused in enumerate(hits):
            tables[fused.table].append(place)
        columns = self._columns(hits)
        if not columns and len(tables) < 2:
            return []
        ids = [fused.id for fused in hits]
        found = _categories(_TABLE, tables, ids) if len(tables) > 1 else []
        for column, values in columns.items():
            found += _categories(column, values, ids, spelt(column))
        return found

    def _columns(self, hits: Sequence[FusedHit]) -> dict[str, dict[str, list[int]]]:
        """Give the columns worth counting: by name their values, and by value the places of the results.

        Texts that no table's column tells apart are one value, as it is written most often.
        """
        folds: defaultdict[str, dict[Fold | None, None]] = defaultdict(dict)
        values: defaultdict[str, dict[str, list[int]]] = defaultdict(dict)
        unfit: set[str] = set()
        for place, fused in enumerate(hits):
            for column, value in fused.hit.data.items():
                if column in unfit or value is None:
                    continue
                if not _is_name(value):
                    unfit.add(column)
                    values.pop(column, None)
                    continue
                values[column].setdefault(value, []).append(place)
                folds[column][fused.hit.folds.get(column) if fused.hit.folds is not None else None] = None
        merged = {
            column: _same(found, folds[column]) for column, found in values.items() if column.casefold() != _TABLE
        }
        return {
            column: found
            for column, found in merged.items()
            if len(found) <= self._most_values and _groups(found, len(hits))
        }


def _same(values: dict[str, list[int]], folds: Collection[Fold | None]) -> dict[str, list[int]]:
    """Put values together that agree in all folds; None agrees in nothing but the text itself."""
    agreeing = [fold for fold in folds if fold is not None]
    if len(agreeing) < len(folds):
        return values
    spellings: defaultdict[tuple[str, ...], list[str]] = defaultdict(list)
    for value in values:
        spellings[tuple([fold(value) for fold in agreeing])].append(value)
    return {
        max(written, key=lambda value: len(values[value])): sorted(
            place for value in written for place in values[value]
        )
        for written in spellings.values()
    }


def _is_name(value: Any) -> bool:
    """Say whether a value names a category; texts, numbers and everything else do not."""
    return isinstance(value, str) and len(value) <= _LONGEST and 0 < len(value.split()) <= _MOST_WORDS


def _groups(values: Mapping[str, Sequence[int]], results: int) -> bool:
    count = sum(map(len, values.values()))
    return len(values) > 1 and count >= _COVERED * results and count >= _REPEATED * len(values)


def _categories(
    source: str, values: Mapping[str, Sequence[int]], ids: Sequence[str], filtered: str | None = None
) -> list[Category]:
    ordered = sorted(values.items(), key=lambda item: (-len(item[1]), item[0]))
    return [
        Category(
            name,
            len(places),
            1.0,
            source,
            {filtered: name} if filtered is not None else None,
            frozenset([ids[place] for place in places]),
        )
        for name, places in ordered
    ]
