"""Which columns of a row really match, and a piece of text that shows it."""

import re
from collections.abc import Sequence

from altus4_search_fulltext.folding import Folding
from altus4_search_fulltext.meaning import Meaning, counting
from altus4_search_fulltext.needles import Needle
from altus4_search_fulltext.snippets import LONGEST, snippet_of
from altus4_search_fulltext.tokens import TokenRules

_ASCII_WORD = frozenset("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz")  # as in `wordchars`


class Matcher:
    """Looks for one query's needles in rows."""

    def __init__(self, needles: Sequence[Needle], rules: TokenRules, meaning: Meaning | None = None) -> None:
        self._meaning = meaning
        # With each needle its first word: where that is missing, which one test tells, so is the needle.
        self._needles = [(needle.words[0], needle) for needle in needles]
        self._pattern: re.Pattern[str] = rules.words
        self._folding: Folding = rules.folding
        self._fold = rules.folding.fold
        # MyISAM keeps apostrophes inside words, so that beside one a word neither begins nor ends.
        self._apostrophes = rules.ngram is None and not rules.innodb
        self._accents = rules.folding.accents
        self._lowers = rules.folding.fold("A") == "a"
        # Most queries are one word, and most texts ASCII: these two need neither needles nor a pattern.
        only = needles[0] if len(needles) == 1 else None
        simple = type(only) is Needle and len(only.words) == 1 and only.bounded and only.within is None
        self._word = only.words[0] if only is not None and simple else None
        self._open_end = only is not None and only.open_end

    def position(self, text: str) -> int:
        """Give where in the text a needle begins, -1 when none occurs."""
        if text.isascii():  # folded one to one by every collation
            folded = text.lower() if self._lowers else text
            return self._first(folded) if self._word is None else self._find_word(folded, self._word)
        if self._accents:
            # Folding costs ten times what lowering does, and mostly the word stands there as it was asked for.
            lowered = text.lower()
            if len(lowered) == len(text) and (found := self._first(lowered)) >= 0:
                return found
        found = self._first(self._fold(text))
        return self._folding.origin(text, found) if found >= 0 else -1

    def counting(self, texts: Sequence[str]) -> frozenset[Needle] | None:
        """Give the needles by which a row with these texts matches; None: by each that it has, or nobody knows."""
        if self._meaning is None:
            return None
        folded = [self._fold(text) for text in texts]
        pattern = self._pattern
        return counting(self._meaning, lambda needle: any(needle.find(text, pattern) >= 0 for text in folded))

    def spans(self, text: str, among: frozenset[Needle] | None = None) -> list[tuple[int, int]]:
        """Give where in the text each match begins and ends; they may overlap.

        Args:
            text: To look in.
            among: Needles to look for; None: all.
        """
        folded = self._fold(text)
        pattern = self._pattern
        found = {
            span
            for word, needle in self._needles
            if word in folded and (among is None or needle in among)
            for span in needle.spans(folded, pattern)
        }
        if found and self._apostrophes and "'" in folded:
            words = [match.span() for match in pattern.finditer(folded)]
            begins, ends = {begin for begin, _ in words}, {end for _, end in words}
            found = {(begin, end) for begin, end in found if begin in begins and end in ends}
        if not found:
            return []
        origins = self._folding.origins(text)
        return sorted([origins.span(begin, end) for begin, end in found])

    def _find_word(self, folded: str, word: str) -> int:
        """Find one word in a folded ASCII text; what `Needle.find` does, without its calls."""
        begin = folded.find(word)
        while begin >= 0:
            end = begin + len(word)
            if (not begin or folded[begin - 1] not in _ASCII_WORD) and (
                self._open_end or end == len(folded) or folded[end] not in _ASCII_WORD
            ):
                return begin
            begin = folded.find(word, end)
        return -1

    def _first(self, folded: str) -> int:
        pattern = self._pattern
        first = -1
        for word, needle in self._needles:
            if word in folded:
                found = needle.find(folded, pattern)
                if found >= 0 and (first < 0 or found < first):
                    first = found
        return first

    def snippet(self, text: str) -> str | None:
        """Give a piece of the text that shows a match; None when there is none."""
        position = self.position(text)
        return None if position < 0 else snippet_of(text, position)

    def match(self, values: Sequence[object], columns: Sequence[tuple[str, int]]) -> tuple[tuple[str, ...], str]:
        """Give the names of the columns that match, and a snippet of the longest of them.

        Args:
            values: Of a row.
            columns: Names of the searched columns, and where their values stand.
        """
        matched: list[str] = []
        shown, where = "", 0
        word, lowers, open_end = self._word, self._lowers, self._open_end
        for name, place in columns:
            text = values[place]
            if text and isinstance(text, str):
                if word is not None and text.isascii():  # nearly every row: not worth two calls
                    folded = text.lower() if lowers else text
                    position = folded.find(word)
                    if position >= 0:
                        end = position + len(word)
                        if (position and folded[position - 1] in _ASCII_WORD) or not (
                            open_end or end == len(folded) or folded[end] not in _ASCII_WORD
                        ):
                            position = self._find_word(folded, word)  # a part of a longer word: look further
                else:
                    position = self.position(text)
                if position >= 0:
                    matched.append(name)
                    if len(text) > len(shown):
                        shown, where = text, position
        if len(shown) > LONGEST:
            shown = snippet_of(shown, where)
        return tuple(matched), shown
