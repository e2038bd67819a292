"""A natural-language query for one index.

The server's natural mode takes any text but a `*` that follows no word, which is a syntax error (measured); what stands
in double quotes is a phrase there, too.
"""

import re
from collections.abc import Sequence

import attrs

from altus4_search_fulltext import notices
from altus4_search_fulltext.needles import Needle
from altus4_search_fulltext.query import IndexQuery, Reading
from altus4_search_fulltext.tokens import Removed, TokenRules, searchable

_MOST_PHRASE_TOKENS = 128  # more are an error of the server
_NOT_SENT = re.compile(r"[*\x00-\x1f\x7f\ud800-\udfff]")


@attrs.frozen
class NaturalLanguage:
    """Plain words; any text is a query.

    Attributes:
        most_terms: Different words searched for; further ones are left out with a warning.
    """

    most_terms: int = 32

    def read(self, query: str) -> Reading:
        """Take the query as it is."""
        return _NaturalReading(query, self.most_terms)


@attrs.frozen
class _NaturalReading:
    query: str
    most_terms: int

    def for_index(self, rules: TokenRules) -> IndexQuery:
        return natural_query(self.query, rules, self.most_terms)

    def without_exclusions(self) -> Reading:
        return self

    def exclusions(self, rules: TokenRules) -> Sequence[str]:
        return ()


def natural_query(query: str, rules: TokenRules, most_terms: int) -> IndexQuery:
    """Prepare a query.

    Args:
        query: What the caller typed.
        rules: Of the index.
        most_terms: Different words searched for; further ones are left out with a warning.
    """
    text = _NOT_SENT.sub(" ", query)
    dropped: list[str] = []
    if len(text) > 2 * most_terms:
        text, dropped = _shortened(text, rules, most_terms)
    if '"' in text and (text.count('"') % 2 or _longest_phrase(text, rules) > _MOST_PHRASE_TOKENS):
        text = text.replace('"', " ")
    removed = Removed()
    needles: dict[Needle, None] = {}
    for number, piece in enumerate(text.split('"')):
        words = rules.words.findall(piece)
        found = searchable(rules, words, removed)
        if number % 2 and len(found) > 1 and rules.ngram is None:
            needles[Needle(tuple(rules.folding.fold(word) for word in words))] = None
        else:
            needles.update(dict.fromkeys(_needles(found, rules)))
    told = removed.notices(rules)
    if not needles and not told:
        told = [notices.nothing_searchable()]
    if dropped:
        told.append(notices.query_shortened(most_terms, dropped))
    return IndexQuery(text if needles else "", tuple(needles), tuple(told), alternatives='"' not in text)


def _longest_phrase(text: str, rules: TokenRules) -> int:
    """Count the tokens of the longest piece between quotes."""
    phrases = text.split('"')[1::2]
    if rules.ngram is not None:
        return max(map(len, phrases), default=0)
    return max((len(rules.words.findall(phrase)) for phrase in phrases), default=0)


def _needles(words: list[str], rules: TokenRules) -> list[Needle]:
    if rules.ngram is None:
        return [Needle((word,)) for word in words]
    return [Needle((gram,), bounded=False) for word in words for gram in rules.ngrams(word)]


def _shortened(text: str, rules: TokenRules, most_terms: int) -> tuple[str, list[str]]:
    """Cut a text before its first word too many; give it and the words cut off."""
    fold, size = rules.folding.fold, rules.ngram
    seen: set[str] = set()
    for found in rules.words.finditer(text):
        word = fold(found[0])
        seen.update([word] if size is None else rules.ngrams(word))
        if len(seen) > most_terms:
            rest = dict.fromkeys(rules.words.findall(text, found.start()))
            return text[: found.start()], list(rest)
    return text, []
