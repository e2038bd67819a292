"""Which FULLTEXT indexes of a table answer a search: one that has all that is wanted, else a few that have it together.

Several are searched one after the other and their lists merged, each row once. That costs a statement more for each, so
an index is only added for columns that no other one has yet, and only where it cuts texts into words as the first does.
"""

from collections.abc import Callable, Sequence

from altus4_mysql import FulltextIndex

MOST_INDEXES = 4
"""Searched in one table."""


def widest(indexes: Sequence[FulltextIndex]) -> FulltextIndex:
    """Give the index with most columns; of equals the built-in parser's, then the first."""
    return max(indexes, key=lambda index: (len(index.columns), index.parser is None))


def best_for(indexes: Sequence[FulltextIndex], wanted: frozenset[str]) -> FulltextIndex | None:
    """Give the widest index inside the wanted columns, else the one with fewest others; None: none touches them."""
    inside = [index for index in indexes if wanted.issuperset(index.columns)]
    if inside:
        return widest(inside)
    touching = [index for index in indexes if not wanted.isdisjoint(index.columns)]
    if not touching:
        return None
    return max(touching, key=lambda index: (len(wanted.intersection(index.columns)), -len(index.columns)))


def covering(
    indexes: Sequence[FulltextIndex],
    wanted: frozenset[str],
    first: FulltextIndex,
    is_alike: Callable[[FulltextIndex], bool],
) -> tuple[FulltextIndex, ...]:
    """Give indexes that have as many of the wanted columns as possible together, and no others.

    Args:
        indexes: Of the table.
        wanted: Names of columns.
        first: The best index; where it has others than wanted, it stays alone.
        is_alike: Whether an index may be merged with the first.
    """
    chosen = [first]
    missing = wanted.difference(first.columns)
    inside = [index for index in indexes if wanted.issuperset(index.columns) and is_alike(index)]
    while missing and inside and first in inside and len(chosen) < MOST_INDEXES:
        best = max(inside, key=lambda index: (len(missing.intersection(index.columns)), -len(index.columns)))
        if missing.isdisjoint(best.columns):
            break
        chosen.append(best)
        missing = missing.difference(best.columns)
    return tuple(chosen)


def together(indexes: Sequence[FulltextIndex]) -> FulltextIndex:
    """Give one index that stands for several: all their columns, all their names."""
    columns = dict.fromkeys(name for index in indexes for name in index.columns)
    return FulltextIndex(", ".join(index.name for index in indexes), tuple(columns), indexes[0].parser)
