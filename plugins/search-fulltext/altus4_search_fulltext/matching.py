"""Which columns of a row really match, and a piece of text that shows it."""

import re
from collections.abc import Sequence

from altus4_search_fulltext.needles import Needle
from altus4_search_fulltext.snippets import LONGEST, snippet_of
from altus4_search_fulltext.tokens import TokenRules


class Matcher:
    """Looks for one query's needles in rows."""

    def __init__(self, needles: Sequence[Needle], rules: TokenRules) -> None:
        # With each needle its first word: where that is missing, which one test tells, so is the needle.
        self._needles = [(needle.words[0], needle) for needle in needles]
        self._pattern: re.Pattern[str] = rules.words
        self._fold = rules.folding.fold
        self._origin = rules.folding.origin
        self._accents = rules.folding.accents
        self._lowers = rules.folding.fold("A") == "a"

    def position(self, text: str) -> int:
        """Give where in the text a needle begins, -1 when none occurs."""
        if text.isascii():  # folded one to one by every collation
            return self._first(text.lower() if self._lowers else text)
        if self._accents:
            # Folding costs ten times what lowering does, and mostly the word stands there as it was asked for.
            lowered = text.lower()
            if len(lowered) == len(text) and (found := self._first(lowered)) >= 0:
                return found
        found = self._first(self._fold(text))
        return self._origin(text, found) if found >= 0 else -1

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
        for name, place in columns:
            text = values[place]
            if text and isinstance(text, str):
                position = self.position(text)
                if position >= 0:
                    matched.append(name)
                    if len(text) > len(shown):
                        shown, where = text, position
        if len(shown) > LONGEST:
            shown = snippet_of(shown, where)
        return tuple(matched), shown
