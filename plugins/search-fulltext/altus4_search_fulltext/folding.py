"""Bringing texts to the form in which a collation compares them, with the way back to the original's positions.

An approximation of the server's collations, good for showing what matched; what is found is the server's decision.
"""

import unicodedata
from collections.abc import Callable
from functools import lru_cache
from typing import Protocol

import attrs


class Folding(Protocol):
    """How one collation sees texts."""

    def fold(self, text: str) -> str:
        """Give the comparable form."""
        ...

    def origin(self, text: str, position: int) -> int:
        """Give the position in `text` of what stands at `position` in its folded form."""
        ...


@attrs.frozen
class ExactFolding:
    """`_bin` and case-sensitive collations: nothing is folded."""

    def fold(self, text: str) -> str:
        """Give the text itself."""
        return text

    def origin(self, text: str, position: int) -> int:
        """Give the same position."""
        return position


class CharacterFolding:
    """Folds character by character; remembers at most the characters of the BMP."""

    def __init__(self, fold_character: Callable[[str], str]) -> None:
        self._table = _Table(fold_character)

    def fold(self, text: str) -> str:
        """Give the comparable form."""
        return text.lower() if text.isascii() else text.translate(self._table)

    def origin(self, text: str, position: int) -> int:
        """Walk through the text, since one character may fold to none or to several."""
        if text.isascii():
            return position
        length = 0
        for index, character in enumerate(text):
            length += len(self._table[ord(character)])
            if length > position:
                return index
        return len(text)


class _Table(dict[int, str]):
    """A translation table that fills itself."""

    def __init__(self, fold_character: Callable[[str], str]) -> None:
        super().__init__()
        self._fold_character = fold_character

    def __missing__(self, code: int) -> str:
        folded = self._fold_character(chr(code))
        if code < 0x10000:
            self[code] = folded
        return folded


def fold_case(character: str) -> str:
    """Fold case alone: `_as_ci`."""
    return character.lower()


def fold_accents(character: str) -> str:
    """Fold case and accents and spell ligatures out, as the Unicode collations do."""
    decomposed = unicodedata.normalize("NFKD", character.casefold())
    if not decomposed:
        return decomposed
    return "".join(part for part in decomposed if not unicodedata.combining(part)).lower()


def fold_accents_one_to_one(character: str) -> str:
    """Fold as the `_general_ci` collations do: character for character, so that ß is s, not ss."""
    if character == "ß":
        return "s"
    base = fold_accents(character)
    return base[:1] if base else character


@lru_cache(maxsize=64)
def folding_of(collation: str | None) -> Folding:
    """Give the folding for a collation's name; None: as the server's default collations."""
    name = collation or "utf8mb4_0900_ai_ci"
    if name == "binary" or name.endswith(("_bin", "_cs")):
        return ExactFolding()
    if name.endswith("_as_ci"):
        return CharacterFolding(fold_case)
    if "general" in name:
        return CharacterFolding(fold_accents_one_to_one)
    return CharacterFolding(fold_accents)
