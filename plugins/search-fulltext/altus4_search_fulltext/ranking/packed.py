"""Many words with small numbers in little memory: a table of 8,000 words takes 120 KB, a dict of them 1 MB."""

import bisect
from array import array
from collections.abc import Iterator, Mapping

_MOST = 65_535


class PackedCounts:
    """Words in order of code points, each with a number up to 65,535. Never changes."""

    __slots__ = ("_counts", "_ends", "_text")

    def __init__(self, counts: Mapping[str, int]) -> None:
        # UTF-8 keeps the order of code points, so that bytes are compared.
        encoded = sorted((word.encode("utf-8", "replace"), count) for word, count in counts.items())
        ends: array[int] = array("I")
        end = 0
        for word, _ in encoded:
            end += len(word)
            ends.append(end)
        self._text = b"".join([word for word, _ in encoded])
        self._ends = ends
        self._counts: array[int] = array("H", [min(count, _MOST) for _, count in encoded])

    @property
    def size(self) -> int:
        """Memory taken, the few hundred bytes of the objects apart."""
        return len(self._text) + len(self._ends) * self._ends.itemsize + len(self._counts) * self._counts.itemsize

    def get(self, word: str) -> int:
        """Give a word's number, 0 when it is not there."""
        wanted = word.encode("utf-8", "replace")
        place = self._place(wanted)
        return self._counts[place] if place < len(self._ends) and self._word(place) == wanted else 0

    def starting(self, prefix: str) -> Iterator[tuple[str, int]]:
        """Give the words that begin so, in order."""
        wanted = prefix.encode("utf-8", "replace")
        for place in range(self._place(wanted), len(self._ends)):
            word = self._word(place)
            if not word.startswith(wanted):
                return
            yield word.decode(), self._counts[place]

    def __iter__(self) -> Iterator[tuple[str, int]]:
        """Give all."""
        return self.starting("")

    def __len__(self) -> int:
        """Give how many words there are."""
        return len(self._ends)

    def _word(self, place: int) -> bytes:
        return self._text[self._ends[place - 1] if place else 0 : self._ends[place]]

    def _place(self, wanted: bytes) -> int:
        return bisect.bisect_left(range(len(self._ends)), wanted, key=self._word)
