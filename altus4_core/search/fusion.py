"""Merging ranked lists into one total order: pure functions.

Reciprocal rank fusion: Cormack, Clarke, Buettcher, "Reciprocal Rank Fusion outperforms Condorcet and individual
Rank Learning Methods", SIGIR 2009. Ranks are merged because raw FULLTEXT scores of two tables are not comparable.
"""

from collections.abc import Mapping, Sequence
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
        several = len(lists) > 1
        fused: list[FusedHit] = []
        places: list[tuple[float, int, int]] = []  # what the order depends on
        for place, ranked in enumerate(lists):
            database_id, table = ranked.database_id, ranked.table
            rank = 0
            exact = score = 0.0
            previous: float | None = None
            for position, hit in enumerate(ranked.hits):
                if hit.score != previous:
                    rank, previous = position + 1, hit.score
                    exact = ranked.weight / (k + rank) / best
                    score = round(exact, 6)
                fused.append(FusedHit(database_id, table, hit, score, rank))
                if several:
                    places.append((-exact, position, place))
        if not several:  # one list is in order already
            return fused
        return [fused[index] for index in sorted(range(len(fused)), key=places.__getitem__)]

    def explain(
        self, hits: Sequence[FusedHit], lists: Sequence[RankedList], options: Mapping[str, Any]
    ) -> Sequence[Mapping[str, Any]]:
        """Show the arithmetic."""
        k = float(options.get("k", RRF_K))
        weights = {(ranked.database_id, ranked.table): ranked.weight for ranked in lists}
        top = max(weights.values(), default=1.0) or 1.0
        formula = "weight / (k + rank) / (largestWeight / (k + 1))"
        return [
            {
                "formula": formula,
                "k": k,
                "largestWeight": top,
                "share": weights[hit.database_id, hit.table] / (k + hit.rank),
            }
            for hit in hits
        ]
