"""A suggester: the plural."""

from collections.abc import Sequence

from altus4_core.records import Suggestion, SuggestRequest


class Plural:
    """Adds an s."""

    name = "plural"

    async def suggest(self, request: SuggestRequest) -> Sequence[Suggestion]:
        """Propose the plural of a single word."""
        word = request.query.strip()
        if not word.isalpha() or word.endswith("s") or len(word) > 100 or request.limit < 1:
            return []
        return [Suggestion(f"{word}s", 0.5, "completion")]
