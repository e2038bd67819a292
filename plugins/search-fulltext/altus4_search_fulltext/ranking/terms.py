"""Terms: what rows are scored by. A term is a word in all forms that share its stem, or a word as it stands."""

import re
from collections.abc import Iterator
from functools import lru_cache

import attrs

from altus4_search_fulltext.needles import Needle
from altus4_search_fulltext.ranking.stems import Stem, unchanged
from altus4_search_fulltext.wordchars import is_word_character

_MOST_TERMS = 256  # remembered with the pieces that they judged: 7 MiB at most
_MOST_PIECES = 256
_SHORTEST_HEAD = 3  # letters


@attrs.frozen(eq=False)
class Term:
    """One term of a query.

    Attributes:
        name: The stem, or the word.
        head: Letters with which all its forms begin.
        stemmer: Gives the stem of a word.
        judged: Pieces of texts, and whether they begin with a form of the term; kept for further searches.
    """

    name: str
    head: str
    stemmer: Stem
    judged: dict[str, bool] = attrs.field(factory=dict, repr=False)

    def accepts(self, word: str) -> bool:
        """Say whether a folded word is a form of this term."""
        return self.stemmer(word) == self.name

    def judge(self, piece: str, pattern: re.Pattern[str]) -> bool:
        """Say whether a piece of a folded text begins with a form of this term, and remember it in `judged`.

        Args:
            piece: From the beginning of a word on.
            pattern: One word of a text.
        """
        if len(self.judged) >= _MOST_PIECES:
            self.judged.clear()
        word = pattern.match(piece)
        judged = self.judged[piece] = word is not None and self.accepts(word[0])
        return judged

    def spans(self, text: str, pattern: re.Pattern[str]) -> Iterator[tuple[int, int]]:
        """Give where its forms begin and end in a folded text.

        Args:
            text: Folded.
            pattern: One word of a text.
        """
        head, match = self.head, pattern.match
        begin = text.find(head)
        while begin >= 0:
            end = begin + len(head)
            if begin == 0 or not is_word_character(text[begin - 1]):
                word = match(text, begin)
                if word is not None:
                    end = word.end()
                    if self.accepts(word[0]):
                        yield begin, end
            begin = text.find(head, end)


@attrs.frozen
class TermNeedle(Needle):
    """Finds a term in any of its forms."""

    term: Term = attrs.field(kw_only=True)

    def spans(self, text: str, pattern: re.Pattern[str]) -> Iterator[tuple[int, int]]:
        """Give where forms of the term begin and end in the folded text."""
        return self.term.spans(text, pattern)


@lru_cache(maxsize=_MOST_TERMS)
def term_of(word: str, stemmer: Stem) -> Term:
    """Make the term of a folded word."""
    stem = stemmer(word)
    # Snowball writes a last y as i, and gives an e back that an ending had replaced: librari/library, tune/tuning.
    head = stem[:-1] if stem and stem[-1] in "ei" and stemmer is not unchanged else stem
    while not word.startswith(head):
        head = head[:-1]
    if len(head) < _SHORTEST_HEAD and head != word:
        # Every word would have to be looked at that begins with two letters: `one` and `any` stand for themselves.
        return Term(word, word, unchanged)
    return Term(stem, head, stemmer)


@lru_cache(maxsize=_MOST_TERMS)
def prefix_term(prefix: str) -> Term:
    """Make the term of all words that begin so."""
    name = f"{prefix}*"
    return Term(name, prefix, lambda _: name)


def needle_of(term: Term) -> TermNeedle:
    """Make what finds a term in rows."""
    return TermNeedle((term.head,), open_end=True, term=term)
