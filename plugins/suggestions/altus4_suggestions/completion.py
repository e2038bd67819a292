"""Completion: words of the databases that begin with the last word typed, the more frequent first."""

from collections import defaultdict
from collections.abc import Callable, Sequence

from altus4_core.records import Suggestion, SuggestRequest
from altus4_core.vocabulary import Vocabularies
from altus4_suggestions.words import MOST, WORD, samples_for

_SHORTEST = 2  # letters typed


class Completion:
    """Looks the last word's beginning up in the sorted words of each sample."""

    name = "completion"

    def __init__(self, vocabularies: Callable[[], Vocabularies]) -> None:
        self._vocabularies = vocabularies

    async def suggest(self, request: SuggestRequest) -> Sequence[Suggestion]:
        """Complete the last word; a query that ends in something else is complete."""
        found = list(WORD.finditer(request.query))
        if not found or found[-1].end() != len(request.query) or len(found[-1][0]) < _SHORTEST:
            return []
        lead, begin = request.query[: found[-1].start()], found[-1][0].casefold()
        shares: defaultdict[str, float] = defaultdict(float)
        for sample in samples_for(self._vocabularies, request):
            for word, count in sample.starting(begin, MOST):
                if word != begin and sample.sampled:
                    shares[word] = max(shares[word], count / sample.sampled)
        best = sorted(shares.items(), key=lambda item: (-item[1], item[0]))[: request.limit]
        # Below every popular query, which somebody has really asked: a word is only a word.
        return [Suggestion(f"{lead}{word}", round(0.5 * share, 4), "completion") for word, share in best]
