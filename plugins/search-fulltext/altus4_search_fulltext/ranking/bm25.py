"""BM25 over the rows that a server has drawn, with the statistics of a sample.

Robertson, Zaragoza, "The Probabilistic Relevance Framework: BM25 and Beyond", 2009. Score of a row = sum over terms of
idf * tf * (k1 + 1) / (tf + k1 * (1 - b + b * length / average length)) with idf = ln(1 + (n - df + 0.5) / (df + 0.5));
n and df are those of the sample, lengths are in characters. df must not be taken from the candidates: all of
them have the query's words, so that none would be rare.
"""

import math
import re
from collections.abc import Sequence

from altus4_search_fulltext.ranking.excerpt import Excerpt
from altus4_search_fulltext.ranking.terms import Term
from altus4_search_fulltext.wordchars import is_word_character

K1 = 1.6
B = 0.75
_LONGEST_PIECE = 100  # characters; longer words are in no index


class BM25:
    """Scores rows for one query.

    Nothing is tokenized: each term's beginning is looked for by the string's own search, and only what follows it is
    judged. 200 abstracts of 1,150 characters take 4 ms for 12 terms, and 1.4 ms for the usual two or three.

    Args:
        terms: Of the query.
        statistics: Of the table, for the query.
        pattern: One word of a text.
    """

    def __init__(self, terms: Sequence[Term], statistics: Excerpt, pattern: re.Pattern[str]) -> None:
        sampled = statistics.sampled
        self._terms = [
            (term, term.head, len(term.head), term.judged, idf(sampled, statistics.frequency(term))) for term in terms
        ]
        self._pattern = pattern
        self._flat = K1 * (1 - B)
        self._steep = K1 * B / (statistics.average_length or 1.0)

    def score(self, text: str, length: int) -> tuple[float, dict[str, float]]:
        """Score a row; with the weights of its terms, which are their saturated frequencies.

        Args:
            text: Of its columns, folded.
            length: Characters before folding.
        """
        total = 0.0
        weights: dict[str, float] = {}
        find = text.find
        for term, head, size, judged, rarity in self._terms:
            begin = find(head)
            if begin < 0:
                continue
            count = 0
            while begin >= 0:
                if not begin or not is_word_character(text[begin - 1]):
                    # Up to the next space, with what punctuation there is: the same few pieces come again and again.
                    end = find(" ", begin, begin + _LONGEST_PIECE)
                    piece = text[begin : end if end > 0 else begin + _LONGEST_PIECE]
                    found = judged.get(piece)
                    if found is None:
                        found = term.judge(piece, self._pattern)
                    if found:
                        count += 1
                begin = find(head, begin + size)
            if count:
                weight = weights[term.name] = count * (K1 + 1) / (count + self._flat + self._steep * length)
                total += rarity * weight
        return total, weights


def idf(rows: float, frequency: float) -> float:
    """Give how much a term tells: more, the rarer it is; never below 0."""
    return math.log(1 + (rows - frequency + 0.5) / (frequency + 0.5))
