"""The simplest merge that is a total order: the first of each list, then the second of each."""

from collections.abc import Mapping, Sequence
from typing import Any

from altus4_core.records import FusedHit, RankedList


class Interleave:
    """Takes the lists' first hits in the order of the lists, then their second hits, and so on."""

    def __init__(self, name: str = "interleave") -> None:
        self.name = name

    def fuse(self, lists: Sequence[RankedList], options: Mapping[str, Any]) -> Sequence[FusedHit]:
        """Merge; the score is one divided by the row of the list that the hit stood in."""
        rows = sorted((position, place) for place, ranked in enumerate(lists) for position in range(len(ranked.hits)))
        return [
            FusedHit(
                lists[place].database_id,
                lists[place].table,
                lists[place].hits[position],
                round(1 / (position + 1), 6),
                position + 1,
            )
            for position, place in rows
        ]
