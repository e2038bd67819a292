"""Categories by table."""

from collections import Counter
from collections.abc import Sequence

from altus4_core.records import Category, FusedHit, SearchRequest


class ByTable:
    """One category per table, the largest first."""

    def __init__(self, name: str = "by-table") -> None:
        self.name = name

    async def categorize(self, request: SearchRequest, hits: Sequence[FusedHit]) -> Sequence[Category]:
        """Count tables."""
        counts = Counter(hit.table for hit in hits)
        ordered = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
        return [Category(table, count, 1.0, self.name, {"tables": [table]}) for table, count in ordered]
