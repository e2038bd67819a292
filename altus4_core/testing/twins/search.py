"""Searching databases in memory: rows that hold a word of the query."""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

from altus4_core.errors import TargetFailed
from altus4_core.facets import FacetCounts
from altus4_core.matches import Matches
from altus4_core.records import Hit, SearchRequest, TableHits
from altus4_core.seams import OpenTarget
from altus4_core.testing.twins.target import KIND, MemoryTarget, Row

WORD = re.compile(r"\w+")


class MemorySearch:
    """Scores a row by how often it holds words of the query; equal scores keep the order of the table."""

    options = None

    def __init__(self, name: str = "memory") -> None:
        self.name = name
        self.kinds = frozenset({KIND})

    async def search(self, request: SearchRequest, target: OpenTarget) -> list[TableHits]:
        """Search all tables, or those that the request names; raises `TargetFailed` for a foreign target."""
        if not isinstance(target, MemoryTarget):
            message = "This is no database in memory."
            raise TargetFailed(message)
        words = set(WORD.findall(request.query.lower()))
        found = []
        for name, rows in target.tables.items():
            if request.tables is not None and name not in request.tables:
                continue
            hits = [hit for row in rows if (hit := _hit(words, row, request)) is not None]
            hits.sort(key=lambda hit: -hit.score)
            shown = hits[: request.depth]
            facets = {column: _counted(column, hits) for column in request.facets if any(column in row for row in rows)}
            ended = len(shown) == len(hits)
            found.append(TableHits(name, "memory", shown, len(hits), "eq", exhausted=ended, facets=facets))
        return found


def _hit(words: set[str], row: Row, request: SearchRequest) -> Hit | None:
    columns = request.columns
    counts: Mapping[str, int] = {
        column: sum(word in words for word in WORD.findall(value.lower()))
        for column, value in row.items()
        if isinstance(value, str) and (columns is None or column in columns)
    }
    matched = tuple(column for column, count in counts.items() if count)
    if not matched:
        return None
    key: Any = next(iter(row.values()))
    wanted = request.highlight.columns if request.highlight is not None else ()
    marked = [column for column in matched if wanted is None or column in wanted]
    return Hit(
        (key,),
        float(sum(counts.values())),
        dict(row),
        matched,
        str(row[matched[0]])[:200],
        matches=None if request.highlight is None else partial(_matches, words, {each: row[each] for each in marked}),
    )


def _counted(column: str, hits: Sequence[Hit]) -> FacetCounts:
    counts = Counter([hit.data.get(column) for hit in hits])
    return FacetCounts(counts.most_common(), exact=True, sampled=len(hits))


def _matches(words: set[str], texts: Mapping[str, str]) -> Mapping[str, Matches]:
    return {
        column: Matches(text, [found.span() for found in WORD.finditer(text) if found[0].lower() in words])
        for column, text in texts.items()
    }
