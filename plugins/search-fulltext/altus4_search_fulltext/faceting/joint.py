"""Counting values where several indexes find a table's rows: each row is counted with the first index that finds it."""

from collections.abc import Callable, Sequence
from typing import Any

import attrs
from altus4_mysql import Column

from altus4_core.facets import FacetCounts
from altus4_core.records import Notice, TableHits
from altus4_core.schema.encode import dumps
from altus4_search_fulltext.faceting.counting import MOST_VALUES, FacetCounting
from altus4_search_fulltext.folding import same_texts


async def counted_in(countings: Sequence[FacetCounting], hits: TableHits, *, exact: bool) -> TableHits:
    """Give the hits with the counts.

    Args:
        countings: At least one; no row is found in two of them.
        hits: As found.
        exact: Whether to count all rows.
    """
    if len(countings) == 1:
        return await countings[0].add(hits, exact=exact)
    asked = attrs.evolve(hits, total=None, notices=())  # the total is not that of one index
    parts = [await counting.add(asked, exact=exact) for counting in countings]
    told: dict[tuple[str, str], Notice] = {
        (notice.code, notice.message): notice for part in parts for notice in part.notices
    }
    folds = {facet.name: _fold(facet.column) for facet in countings[0].facets}
    facets = {name: _added([part.facets[name] for part in parts], folds[name]) for name in parts[0].facets}
    return attrs.evolve(hits, facets=facets, notices=(*hits.notices, *told.values()))


def _fold(column: Column) -> Callable[[str], str]:
    return same_texts(column.collation) if column.is_text else str


def _added(counts: Sequence[FacetCounts], fold: Callable[[str], str]) -> FacetCounts:
    """Add up counts; texts that the column's collation does not tell apart are one value, as they are in each."""
    totals: dict[str, int] = {}
    values: dict[str, Any] = {}
    for each in counts:
        for value, count in each.values:
            name = dumps(fold(value) if isinstance(value, str) else value).decode()
            values.setdefault(name, value)
            totals[name] = totals.get(name, 0) + count
    listed = sorted(totals, key=lambda name: -totals[name])  # stable: equal ones as they were counted
    complete = all(each.complete for each in counts)
    return FacetCounts(
        [(values[name], totals[name]) for name in listed[:MOST_VALUES]],
        exact=complete and all(each.exact for each in counts),
        sampled=sum(each.sampled for each in counts),
        complete=complete and len(listed) <= MOST_VALUES,
        fold=counts[0].fold,
    )
