"""Bringing texts to the form in which a collation compares them, with the way back to the original's positions.

An approximation of the server's collations, good for showing what matched; what is found is the server's decision.
Whole texts are folded by functions written in C: one search folds some ten thousand characters.
"""

import re
import unicodedata
from bisect import bisect_right
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from operator import itemgetter

import attrs

# The marks of Latin, Greek, Cyrillic, Hebrew and Arabic, and those for symbols.
_MARKS = re.compile(
    "[\u0300-\u036f\u0591-\u05bd\u05bf\u05c1\u05c2\u064b-\u065f\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff]+"
)
_BEYOND_ASCII = re.compile(r"[^\x00-\x7f]")


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
        return self.origins(text).of(position)

    def origins(self, text: str) -> "Origins":
        """Give the way back from the folded form of a text: characters fold one by one, to none or to several."""
        if text.isascii():
            return Origins()
        sizes: dict[str, int] = {}
        places: list[tuple[int, int, int]] = []
        grown = 0
        for found in _BEYOND_ASCII.finditer(text):
            character = found[0]
            size = sizes.get(character)
            if size is None:
                size = sizes[character] = len(self.fold(character))
            if size != 1:
                places.append((found.start() + grown, found.start(), size))
                grown += size - 1
        return Origins(tuple(places))


@attrs.frozen
class Origins:
    """Where the characters of a folded text come from.

    Attributes:
        places: Of characters that fold to another number of them: in the folded text, in the original, and to how many.
    """

    places: tuple[tuple[int, int, int], ...] = ()

    def of(self, position: int) -> int:
        """Give the position in the original of the character that gave what stands at `position`."""
        number = bisect_right(self.places, position, key=_folded_place)
        if not number:
            return position
        folded, original, size = self.places[number - 1]
        return original if position < folded + size else original + 1 + position - folded - size

    def span(self, begin: int, end: int) -> tuple[int, int]:
        """Give the part of the original that gave the part of the folded text from `begin` to `end`."""
        return self.of(begin), self.of(end - 1) + 1


_folded_place = itemgetter(0)


def fold_nothing(text: str) -> str:
    """`_bin` collations: give the text itself."""
    return text


def fold_case(text: str) -> str:
    """`_as_ci`: fold case, and spell out ligatures, wide and other variants."""
    if text.isascii():
        return text.lower()
    return unicodedata.normalize("NFKD", text.replace("İ", "i").lower())


def fold_case_alone(text: str) -> str:
    """`_as_cs`: fold case, as InnoDB does with every word that it indexes."""
    if text.isascii():
        return text.lower()
    return unicodedata.normalize("NFD", text.replace("İ", "i").lower())


def fold_accents(text: str) -> str:
    """Fold case and accents and spell ligatures out, as the Unicode collations do."""
    if text.isascii():
        return text.lower()
    return _MARKS.sub("", unicodedata.normalize("NFKD", text.casefold())).lower().replace("œ", "oe")


def fold_strokes(text: str) -> str:
    """Fold as collations of UCA 5.2 and later do, to which a stroke through a letter is an accent, too."""
    if text.isascii():
        return text.lower()
    return _replaced(fold_accents(text), _STROKES)


def fold_accents_simply(text: str) -> str:
    """Fold as the `_general_ci` collations do: character for character, so that ß is s, not ss, and marks are kept."""
    if text.isascii():
        return text.lower()
    if _MARKS.search(text) is None:
        return _letters(text)
    start, pieces = 0, []
    for found in _MARKS.finditer(text):
        pieces += [_letters(text[start : found.start()]), found[0]]
        start = found.end()
    return "".join([*pieces, _letters(text[start:])])


def _letters(text: str) -> str:
    return _replaced(_MARKS.sub("", unicodedata.normalize("NFD", text.replace("İ", "i").lower())), _SIMPLE)


@lru_cache(maxsize=64)
def folding_of(collation: str | None) -> Folding:
    """Give the folding for a collation's name; None: as the server's default collations."""
    name = collation or "utf8mb4_0900_ai_ci"
    charset, *parts = name.split("_")
    if name == "binary" or parts[-1:] == ["bin"]:
        return Folding(fold_nothing)
    fold: Callable[[str], str] = fold_accents_simply
    if "as" in parts:
        fold = _letting(fold_case, _LONG_S) if parts[-1] == "ci" else fold_case_alone
    elif parts[-1:] == ["cs"]:
        fold = fold_case_alone
    elif charset.startswith(("utf", "ucs")) and "general" not in parts:
        fold = fold_strokes if not _NEWER.isdisjoint(parts) else fold_accents
    elif charset == "latin1":
        fold = _letting(fold, "" if "german1" in parts else "ß")
    own = next((_LANGUAGES[part] for part in parts if part in _LANGUAGES), None)
    return Folding(fold if own is None else _letting(fold, *own), accents="as" not in parts and parts[-1:] != ["cs"])


@lru_cache(maxsize=64)
def same_texts(collation: str | None) -> Callable[[str], str]:
    """Give what is the same for texts that a collation holds to be equal; to most, spaces at the end are nothing.

    One collation's is always the same object.
    """
    fold = folding_of(collation).fold
    name = collation or ""
    if name == "binary" or not _UNPADDED.isdisjoint(name.split("_")):
        return fold

    def fold_padded(text: str) -> str:
        return fold(text).rstrip(" ")

    return fold_padded


def _letting(fold: Callable[[str], str], letters: str, same: Mapping[str, str] | None = None) -> Callable[[str], str]:
    """Give a folding that lets some letters be.

    Args:
        fold: For all others.
        letters: Lower case, which have no other form than upper case.
        same: What others are the same as.
    """
    spared = dict(zip(letters, map(chr, range(0xE000, 0xE000 + len(letters))), strict=True))
    there = [(letter, spared.get(other, other)) for letter, other in (same or {}).items()] + list(spared.items())
    back = [(private, letter) for letter, private in spared.items()]

    def fold_others(text: str) -> str:
        if text.isascii():
            return text.lower()
        return _replaced(fold(_replaced(text.replace("İ", "i").lower(), there)), back)

    return fold_others


def _replaced(text: str, pairs: Sequence[tuple[str, str]]) -> str:
    """Replace letters; for a handful of them several times as fast as `str.translate`."""
    for letter, other in pairs:
        text = text.replace(letter, other)
    return text


_LONG_S, _DOTLESS_I = "\u017f", "\u0131"
_STROKES = (("æ", "ae"), ("ø", "o"), ("ł", "l"), ("đ", "d"))
_SIMPLE = (("ß", "s"), (_LONG_S, "s"), (_DOTLESS_I, "i"))
_UNPADDED = frozenset(("0900", "nopad"))
_NEWER = frozenset(("520", "0900", "uca1400"))
_Own = tuple[str, Mapping[str, str]]
_SWEDISH: _Own = ("åäö", {"æ": "ä", "ø": "ö", "ü": "y"})
_DANISH: _Own = ("åæø", {"ä": "æ", "ö": "ø", "ü": "y"})
_SPANISH: _Own = ("ñ", {})
_TURKISH: _Own = (f"çğ{_DOTLESS_I}öşü", {})
_GERMAN: _Own = ("", {"ä": "ae", "æ": "ae", "ö": "oe", "ü": "ue"})
_LANGUAGES: Mapping[str, _Own] = {
    **dict.fromkeys(("swedish", "sv", "finnish"), _SWEDISH),
    **dict.fromkeys(("danish", "da", "nb", "nn", "norwegian"), _DANISH),
    **dict.fromkeys(("spanish", "spanish2", "es"), _SPANISH),
    **dict.fromkeys(("turkish", "tr"), _TURKISH),
    **dict.fromkeys(("german2", "pb"), _GERMAN),
}
