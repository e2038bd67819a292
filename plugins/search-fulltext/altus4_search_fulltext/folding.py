"""Bringing texts to the form in which a collation compares them, with the way back to the original's positions.

An approximation of the server's collations, good for showing what matched; what is found is the server's decision.
Whole texts are folded by functions written in C: one search folds some ten thousand characters.
"""

import re
import unicodedata
from collections.abc import Callable
from functools import lru_cache

import attrs

# The marks of Latin, Greek, Cyrillic, Hebrew and Arabic, and those for symbols.
_MARKS = re.compile(
    "[\u0300-\u036f\u0591-\u05bd\u05bf\u05c1\u05c2\u064b-\u065f\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff]+"
)


@attrs.frozen(eq=False)
class Folding:
    """How one collation sees texts.

    Attributes:
        fold: Gives the comparable form of a text.
        accents: Whether accents are folded away, too, and not only case.
    """

    fold: Callable[[str], str]
    accents: bool = False

    def origin(self, text: str, position: int) -> int:
        """Give the position in `text` of what stands at `position` in its folded form."""
        if text.isascii() or len(self.fold(text[:position])) == position == len(self.fold(text[: position + 1])) - 1:
            return position
        # One character may fold to none or to several, hence by bisection: the folded length never shrinks.
        low, high = 0, len(text)
        while low < high:
            middle = (low + high) // 2
            if len(self.fold(text[: middle + 1])) > position:
                high = middle
            else:
                low = middle + 1
        return low


def fold_nothing(text: str) -> str:
    """`_bin` and case-sensitive collations: give the text itself."""
    return text


def fold_case(text: str) -> str:
    """`_as_ci`: fold case alone."""
    return text.lower()


def fold_accents(text: str) -> str:
    """Fold case and accents and spell ligatures out, as the Unicode collations do."""
    if text.isascii():
        return text.lower()
    return _MARKS.sub("", unicodedata.normalize("NFKD", text.casefold())).lower()


def fold_accents_simply(text: str) -> str:
    """Fold as the `_general_ci` collations do: character for character, so that ß is s, not ss."""
    if text.isascii():
        return text.lower()
    return _MARKS.sub("", unicodedata.normalize("NFD", text.lower())).replace("ß", "s")


@lru_cache(maxsize=64)
def folding_of(collation: str | None) -> Folding:
    """Give the folding for a collation's name; None: as the server's default collations."""
    name = collation or "utf8mb4_0900_ai_ci"
    if name == "binary" or name.endswith(("_bin", "_cs")):
        return Folding(fold_nothing)
    if name.endswith("_as_ci"):
        return Folding(fold_case)
    return Folding(fold_accents_simply if "general" in name else fold_accents, accents=True)
