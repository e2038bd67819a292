"""Finding in a folded text what the server found: words, beginnings of words, phrases, words near each other."""

import re
from collections.abc import Iterator

import attrs

from altus4_search_fulltext.wordchars import is_word_character

_NOWHERE = (-1, -1)


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
        return next(self.spans(text, pattern), _NOWHERE)[0]

    def spans(self, text: str, pattern: re.Pattern[str]) -> Iterator[tuple[int, int]]:
        """Give where it begins and ends in the folded text, each time it is there.

        What goes on (`open_end`) ends with its word, a phrase with its last one; words near each other are given one
        by one.

        Args:
            text: Folded.
            pattern: One word of a text.
        """
        if self.within is not None:
            yield from self._near(text, pattern)
            return
        first = self.words[0]
        single = len(self.words) == 1
        size = len(first)
        begin = text.find(first)
        while begin >= 0:
            end = finish = begin + size
            if self.bounded and begin and is_word_character(text[begin - 1]):
                finish = -1
            elif self.bounded and end < len(text) and is_word_character(text[end]):
                word = pattern.match(text, begin) if single and self.open_end else None
                finish = word.end() if word is not None else -1
            elif not single:
                finish = self._continued(text, end, pattern)
            if finish >= 0:
                yield begin, finish
            begin = text.find(first, end if self.bounded else begin + 1)

    def _continued(self, text: str, end: int, pattern: re.Pattern[str]) -> int:
        """Give where the phrase ends whose first word ends there, -1 when another word follows."""
        last = len(self.words) - 1
        for number, word in enumerate(self.words[1:], 1):
            found = pattern.search(text, end)
            if found is None:
                return -1
            fits = found[0].startswith(word) if self.open_end and number == last else found[0] == word
            if not fits:
                return -1
            end = found.end()
        return end

    def _near(self, text: str, pattern: re.Pattern[str]) -> Iterator[tuple[int, int]]:
        """Find all words within `within` consecutive words, as InnoDB counts: first and last included."""
        wanted = set(self.words)
        latest: dict[str, tuple[int, int, int]] = {}
        for number, found in enumerate(pattern.finditer(text)):
            word = found[0]
            if word not in wanted:
                continue
            latest[word] = (number, *found.span())
            if len(latest) == len(wanted) and number - min(latest.values())[0] < (self.within or 0):
                for _, begin, end in sorted(latest.values()):
                    yield begin, end
