"""Finding in a folded text what the server found: words, beginnings of words, phrases, words near each other."""

import re

import attrs

from altus4_search_fulltext.wordchars import is_word_character


@attrs.frozen
class Needle:
    """One thing to look for.

    Attributes:
        words: Folded; several stand one after the other, whatever separates them.
        open_end: Whether the last word may go on (`prefix*`).
        bounded: False for ngram tokens, which lie anywhere inside words.
        within: All words in any order within so many words; None: in sequence.
    """

    words: tuple[str, ...]
    open_end: bool = False
    bounded: bool = True
    within: int | None = None

    def find(self, text: str, pattern: re.Pattern[str]) -> int:
        """Give where it begins in the folded text, -1 when it is not there. Linear in the text.

        Args:
            text: Folded.
            pattern: One word of a text.
        """
        if self.within is not None:
            return self._find_near(text, pattern)
        first = self.words[0]
        single = len(self.words) == 1
        size = len(first)
        begin = text.find(first)
        while begin >= 0:
            end = begin + size
            if not self.bounded:
                if single or self._continues(text, end, pattern):
                    return begin
            elif begin == 0 or not is_word_character(text[begin - 1]):
                closed = (single and self.open_end) or end == len(text) or not is_word_character(text[end])
                if closed and (single or self._continues(text, end, pattern)):
                    return begin
            begin = text.find(first, end)
        return -1

    def _continues(self, text: str, end: int, pattern: re.Pattern[str]) -> bool:
        last = len(self.words) - 1
        for number, word in enumerate(self.words[1:], 1):
            found = pattern.search(text, end)
            if found is None:
                return False
            fits = found[0].startswith(word) if self.open_end and number == last else found[0] == word
            if not fits:
                return False
            end = found.end()
        return True

    def _find_near(self, text: str, pattern: re.Pattern[str]) -> int:
        """Find all words within `within` consecutive words, as InnoDB counts: first and last included."""
        wanted = set(self.words)
        latest: dict[str, tuple[int, int]] = {}
        for number, found in enumerate(pattern.finditer(text)):
            word = found[0]
            if word not in wanted:
                continue
            latest[word] = (number, found.start())
            if len(latest) == len(wanted):
                number_of_first, begin = min(latest.values())
                if number - number_of_first < (self.within or 0):
                    return begin
        return -1
