"""How a server cuts a text into tokens, and which of them its index can hold.

Facts are read from the server (`ServerFacts`) and the index; the class of word characters is measured (`wordchars`).
Where the server's rules cannot be read (parser plugins, MyISAM's stop-word file) nothing is judged unsearchable.
"""

import re
from collections.abc import Iterable, Sequence
from enum import Enum

import attrs
from altus4_mysql import FulltextIndex, ServerFacts, Table

from altus4_core.records import Notice
from altus4_search_fulltext import notices
from altus4_search_fulltext.folding import Folding, folding_of
from altus4_search_fulltext.wordchars import apostrophe_word_pattern, word_pattern

_UNBOUNDED = 1 << 30


class Fate(Enum):
    """What the index does with a token."""

    FOUND = "found"
    STOPWORD = "stopword"
    SHORT = "short"
    LONG = "long"


@attrs.frozen(eq=False)
class TokenRules:
    """The rules of one index.

    Attributes:
        folding: How the indexed columns compare.
        minimum: Letters a word must have.
        maximum: Letters a word may have.
        stopwords: Folded.
        ngram: Letters of a token of the ngram parser; None: words.
        words: Pattern of one word.
        innodb: Whether the table is InnoDB, which alone understands `"a b" @8`.
    """

    folding: Folding
    minimum: int
    maximum: int
    stopwords: frozenset[str]
    ngram: int | None
    words: re.Pattern[str]
    innodb: bool

    @property
    def longest(self) -> int:
        """Letters of the longest word that can be looked up; more tokens than 128 are an error to the server."""
        return self.maximum if self.ngram is None else 128

    def judge(self, folded: str) -> Fate:
        """Say what becomes of a folded word."""
        if self.ngram is not None:
            return self._judge_ngrams(folded)
        length = len(folded)
        if length < self.minimum:
            return Fate.STOPWORD if folded in self.stopwords else Fate.SHORT
        if length > self.maximum:
            return Fate.LONG
        return Fate.STOPWORD if folded in self.stopwords else Fate.FOUND

    def ngrams(self, folded: str) -> list[str]:
        """Give the tokens of a word under the ngram parser that are not left out.

        A token that contains a stop word is not indexed (manual, "ngram Full-Text Parser").
        """
        size = self.ngram or 1
        grams = [folded[start : start + size] for start in range(len(folded) - size + 1)]
        return [gram for gram in grams if not self._holds_stopword(gram)]

    def _judge_ngrams(self, folded: str) -> Fate:
        if len(folded) < (self.ngram or 1):
            return Fate.SHORT
        return Fate.FOUND if self.ngrams(folded) else Fate.STOPWORD

    def _holds_stopword(self, gram: str) -> bool:
        size = len(gram)
        return any(gram[start:end] in self.stopwords for start in range(size) for end in range(start + 1, size + 1))


@attrs.define
class Removed:
    """Collects the tokens that an index cannot find, once each, and tells about them."""

    stopwords: dict[str, None] = attrs.field(factory=dict)
    short: dict[str, None] = attrs.field(factory=dict)
    long: dict[str, None] = attrs.field(factory=dict)
    empty: dict[str, None] = attrs.field(factory=dict)

    def add(self, fate: Fate, word: str) -> None:
        """Note one."""
        if fate is Fate.STOPWORD:
            self.stopwords[word] = None
        elif fate is Fate.SHORT:
            self.short[word] = None
        elif fate is Fate.LONG:
            self.long[word] = None

    def notices(self, rules: TokenRules) -> list[Notice]:
        """Give a warning for each kind of loss."""
        found: list[Notice] = []
        if self.stopwords:
            found.append(notices.stopwords_removed(list(self.stopwords)))
        if self.short:
            found.append(notices.too_short(list(self.short), rules.ngram or rules.minimum))
        if self.long:
            found.append(notices.too_long(list(self.long), rules.longest))
        if self.empty:
            found.append(notices.nothing_searchable(list(self.empty)))
        return found


def rules_of(server: ServerFacts, table: Table, index: FulltextIndex) -> TokenRules:
    """Read the rules of an index off the server's facts."""
    first = table.column(index.columns[0])
    folding = folding_of(first.collation if first is not None else table.collation)
    innodb = (table.engine or "").casefold() == "innodb"
    parser = (index.parser or "").casefold()
    if parser and parser != "ngram":
        return TokenRules(folding, 1, _UNBOUNDED, frozenset(), None, word_pattern(), innodb=innodb)
    if parser == "ngram":
        size = server.number("ngram_token_size", 2)
        stopwords = _folded(folding, server.stopwords) if innodb else frozenset()
        return TokenRules(folding, 1, _UNBOUNDED, stopwords, size, word_pattern(), innodb=innodb)
    if innodb:
        return TokenRules(
            folding,
            server.number("innodb_ft_min_token_size", 3),
            server.number("innodb_ft_max_token_size", 84),
            _folded(folding, server.stopwords),
            None,
            word_pattern(),
            innodb=True,
        )
    return TokenRules(
        folding,
        server.number("ft_min_word_len", 4),
        server.number("ft_max_word_len", 84),
        frozenset(),
        None,
        apostrophe_word_pattern(),
        innodb=False,
    )


def searchable(rules: TokenRules, words: Sequence[str], removed: Removed) -> list[str]:
    """Give the folded words that the index can find; note the others."""
    found: list[str] = []
    fold, judge = rules.folding.fold, rules.judge
    for word in words:
        folded = fold(word)
        fate = judge(folded)
        if fate is Fate.FOUND:
            found.append(folded)
        else:
            removed.add(fate, word)
    return found


def _folded(folding: Folding, words: Iterable[str]) -> frozenset[str]:
    return frozenset(folding.fold(word) for word in words)
