"""Stems of English words: what `tuning`, `tuned` and `tunes` have in common.

Snowball's English stemmer (Porter2), from `snowballstemmer`, which uses `PyStemmer` where that is installed.
"""

from collections.abc import Callable
from functools import cache

Stem = Callable[[str], str]

_REMEMBERED = 30_000  # words; about 5 MiB
_SHORTEST = 3  # letters of a word that has other forms


class _Stems(dict[str, str]):
    """Words and their stems; a dictionary, because a look-up in one costs a third of a call."""

    def __init__(self, porter: Stem) -> None:
        super().__init__()
        self._porter = porter

    def __missing__(self, word: str) -> str:
        if len(word) < _SHORTEST or not word.isascii() or not word.isalpha():
            return word  # codes, numbers and words of other scripts
        if len(self) >= _REMEMBERED:
            self.clear()
        stem = self[word] = self._porter(word)
        return stem


@cache
def english() -> Stem:
    """Give the function from a folded word to its stem; what is no English word is its own stem."""
    from snowballstemmer import stemmer  # heavy: loads a table for each language

    return _Stems(stemmer("english").stemWord).__getitem__


def unchanged(word: str) -> str:
    """Stem nothing: for languages whose stems are not known here."""
    return word


def variants(stem: str) -> list[str]:
    """Give forms that do not begin with their stem, or that a short stem has: `tune` has `tuning`, `librari` `library`.

    Not all are words; each has this stem.
    """
    endings = ["", "s", "es", "ed", "ing"]
    made = [stem + ending for ending in endings]
    if stem.endswith("i"):
        made.append(stem[:-1] + "y")
    if stem.endswith("e"):
        made += [stem[:-1] + "ing", stem[:-1] + "ings"]
    to_stem = english()
    return [form for form in made if to_stem(form) == stem]
