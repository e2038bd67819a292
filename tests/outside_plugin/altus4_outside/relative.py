"""A fusion: scores relative to the best of their list."""

from collections.abc import Mapping, Sequence
from typing import Any

from altus4_core.records import FusedHit, RankedList


class RelativeFusion:
    """Orders by score divided by the list's best, then by place in the list, then by the list's place."""

    name = "relative-to-best"

    def fuse(self, lists: Sequence[RankedList], options: Mapping[str, Any]) -> Sequence[FusedHit]:
        """Merge."""
        rows = []
        for place, ranked in enumerate(lists):
            best = max((hit.score for hit in ranked.hits), default=0.0)
            for position, hit in enumerate(ranked.hits):
                score = max(0.0, hit.score / best) if best > 0 else 0.0
                rows.append((-score, position, place, FusedHit(ranked.database_id, ranked.table, hit, score, position)))
        rows.sort(key=lambda row: row[:3])
        return [row[3] for row in rows]
