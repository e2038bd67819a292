"""Merging ranked lists into one total order: pure functions.

Reciprocal rank fusion: Cormack, Clarke, Buettcher, "Reciprocal Rank Fusion outperforms Condorcet and individual
Rank Learning Methods", SIGIR 2009. Ranks are merged because raw FULLTEXT scores of two tables are not comparable.
"""

from collections.abc import Mapping, Sequence
from operator import itemgetter
from typing import Any

from altus4_core.records import FusedHit, RankedList

RRF_K = 60


class ReciprocalRankFusion:
    """The default fusion, `rrf`.

    Score of a hit = weight / (k + rank), divided by the largest possible so that it lies in 0..1. Hits with equal
    scores in one list share a rank (1, 2, 2, 4). The order is total: score, then position in the list, then the
    list's place in the request; so a longer list never changes the order of its beginning, and pages concatenate.
    """

    name = "rrf"

    def fuse(self, lists: Sequence[RankedList], options: Mapping[str, Any]) -> Sequence[FusedHit]:
        """Merge; `options` may have `k` (default 60)."""
        k = float(options.get("k", RRF_K))
        top = max((ranked.weight for ranked in lists), default=1.0) or 1.0
        best = top / (k + 1)
        rows: list[tuple[float, int, int, int, RankedList]] = []
        for place, ranked in enumerate(lists):
            rank = 0
            previous: float | None = None
            for position, hit in enumerate(ranked.hits):
                if previous is None or hit.score != previous:
                    rank = position + 1
                    previous = hit.score
                rows.append((-(ranked.weight / (k + rank)) / best, position, place, rank, ranked))
        if len(lists) > 1:  # one list is in order already
            rows.sort(key=itemgetter(0, 1, 2))
        return [
            FusedHit(ranked.database_id, ranked.table, ranked.hits[position], round(-negated, 6), rank)
            for negated, position, _, rank, ranked in rows
        ]
