"""Suggestions from a list of words."""

from collections.abc import Sequence

from altus4_core.records import Suggestion, SuggestRequest


class FixedSuggester:
    """Completes the query to words of its list, the shortest first."""

    def __init__(self, words: Sequence[str] = (), name: str = "fixed") -> None:
        self.name = name
        self._words = sorted(set(words), key=lambda word: (len(word), word))

    async def suggest(self, request: SuggestRequest) -> Sequence[Suggestion]:
        """Give the words that begin with the query."""
        begin = request.query.strip().lower()
        fitting = [word for word in self._words if begin and word.lower().startswith(begin) and word.lower() != begin]
        return [Suggestion(word, round(len(begin) / len(word), 6), "completion") for word in fitting[: request.limit]]
