"""Which columns of a row really match, and a piece of text that shows it."""

import re
from collections.abc import Sequence

from altus4_search_fulltext.needles import Needle
from altus4_search_fulltext.snippets import snippet_of
from altus4_search_fulltext.tokens import TokenRules


class Matcher:
    """Looks for one query's needles in rows."""

    def __init__(self, needles: Sequence[Needle], rules: TokenRules) -> None:
        self._needles = needles
        self._pattern: re.Pattern[str] = rules.words
        self._folding = rules.folding

    def position(self, text: str) -> int:
        """Give where the first needle that occurs begins in the folded text; -1 when none does."""
        folded = self._folding.fold(text)
        first = -1
        for needle in self._needles:
            found = needle.find(folded, self._pattern)
            if found >= 0 and (first < 0 or found < first):
                first = found
        return first

    def snippet(self, text: str) -> str | None:
        """Give a piece of the text that shows a match; None when there is none."""
        position = self.position(text)
        return None if position < 0 else snippet_of(text, self._folding.origin(text, position))

    def match(self, columns: Sequence[tuple[str, object]]) -> tuple[tuple[str, ...], str]:
        """Give the names of the columns that match, and a snippet of the longest of them.

        Args:
            columns: Names and values.
        """
        matched: list[str] = []
        shown, where = "", 0
        for name, text in columns:
            if not isinstance(text, str):
                continue
            position = self.position(text)
            if position >= 0:
                matched.append(name)
                if len(text) > len(shown):
                    shown, where = text, position
        if not matched:
            return (), ""
        return tuple(matched), snippet_of(shown, self._folding.origin(shown, where))
