"""Spelling: a word that the databases hardly know, and a frequent one that is nearly the same."""

import asyncio
import threading
from collections import OrderedDict
from collections.abc import Callable, Sequence

from rapidfuzz import process
from rapidfuzz.distance import DamerauLevenshtein

from altus4_core.records import Suggestion, SuggestRequest
from altus4_core.vocabulary import Vocabularies, Vocabulary
from altus4_suggestions.words import MOST, WORD, samples_for, share_of

_SHORTEST = 4  # letters of a word that is corrected
_LONG = 8  # letters from which two mistakes are allowed
_CANDIDATES = 10
_REMEMBERED = 64  # samples whose words are kept as lists
_MOST_COMPARED = 1_000_000  # words, for one query: about 0.2 s of computation


class Spelling:
    """Corrects one query: every word that needs it and can be; else nothing.

    Args:
        vocabularies: Gives the service.
        times: How many times as frequent as the typed word a correction must be.
    """

    name = "spelling"

    def __init__(self, vocabularies: Callable[[], Vocabularies], times: int) -> None:
        self._vocabularies = vocabularies
        self._times = times
        self._words: OrderedDict[int, list[str]] = OrderedDict()
        self._lock = threading.Lock()  # of `_words`

    async def suggest(self, request: SuggestRequest) -> Sequence[Suggestion]:
        """Give the query with its words corrected. What is offered matches: the samples have each new word.

        In a thread: a long query over many tables is some tenths of a second of computation; more than that is not
        begun.
        """
        samples = samples_for(self._vocabularies, request)
        return await asyncio.to_thread(self.corrected, request.query, samples) if samples else []

    def corrected(self, query: str, samples: Sequence[Vocabulary]) -> Sequence[Suggestion]:
        """Correct a query by samples."""
        doubtful = {word for found in WORD.finditer(query) if self._may_be_wrong(word := found[0].casefold(), samples)}
        if len(doubtful) * sum(map(len, samples)) > _MOST_COMPARED:
            return []
        better = {word: self._better(word, _begun(word, query, samples), samples) for word in doubtful}
        text, quality, end = "", 1.0, 0
        for found in WORD.finditer(query):
            word, alike = better.get(found[0].casefold()) or (found[0], 1.0)
            text += query[end : found.start()] + word
            quality *= alike
            end = found.end()
        text += query[end:]
        return [Suggestion(text, round(quality, 4), "spelling")] if quality < 1.0 else []

    def _may_be_wrong(self, word: str, samples: Sequence[Vocabulary]) -> bool:
        """Say whether a word can be corrected at all: no other is so much more frequent than one in many rows."""
        return len(word) >= _SHORTEST and not word.isdigit() and share_of(samples, word) * self._times < 1

    def _better(self, word: str, begun: float, samples: Sequence[Vocabulary]) -> tuple[str, float] | None:
        """Give a word to take the place of this one, and how alike they are (0..1).

        `begun` is how frequent the most frequent word is that it may become: one that is no such word must be so much
        more frequent than that, too.
        """
        typed = share_of(samples, word)
        most = 2 if len(word) >= _LONG else 1
        best: tuple[float, str, float] | None = None
        for sample in samples:
            for candidate, distance, _ in process.extract(
                word,
                self._words_of(sample),
                scorer=DamerauLevenshtein.distance,
                score_cutoff=most,
                limit=_CANDIDATES,
            ):
                share = share_of(samples, candidate)
                least = typed if candidate.startswith(word) else max(typed, begun)
                if candidate == word or share <= least * self._times or not share:
                    continue
                alike = 1 - distance / max(len(word), len(candidate))
                if best is None or (alike, share, candidate) > (best[2], best[0], best[1]):
                    best = (share, candidate, alike)
        return None if best is None else (best[1], best[2])

    def _words_of(self, sample: Vocabulary) -> list[str]:
        """Give the words long enough to be a correction; remembered, since a sample never changes."""
        with self._lock:
            words = self._words.get(sample.generation)
            if words is None:
                words = [word for word, _ in sample if len(word) >= _SHORTEST - 1]
                self._words[sample.generation] = words
                if len(self._words) > _REMEMBERED:
                    self._words.popitem(last=False)
            self._words.move_to_end(sample.generation)
            return words


def _begun(word: str, query: str, samples: Sequence[Vocabulary]) -> float:
    """Give the largest share of sampled rows that have a word which this one, the last of the query, may become.

    Who has typed `datab` is more likely on the way to `database` than mistaken about `data`.
    """
    if not query.casefold().endswith(word):
        return 0.0
    shares = (
        count / sample.sampled
        for sample in samples
        if sample.sampled
        for longer, count in sample.starting(word, MOST)
        if longer != word
    )
    return max(shares, default=0.0)
