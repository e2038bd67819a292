"""A categorizer: by the first letter of the snippet."""

from collections import Counter
from collections.abc import Sequence

from altus4_core.records import Category, FusedHit, SearchRequest


class FirstLetter:
    """One category per letter."""

    name = "first-letter"

    async def categorize(self, request: SearchRequest, hits: Sequence[FusedHit]) -> Sequence[Category]:
        """Count first letters."""
        letters = Counter(
            fused.hit.snippet.strip()[0].upper() for fused in hits if fused.hit.snippet.strip()[:1].isalpha()
        )
        ordered = sorted(letters.items(), key=lambda item: (-item[1], item[0]))
        return [Category(letter, count, 1.0, self.name) for letter, count in ordered]
