"""Where a text must not be cut: inside what a reader sees as one character.

The rules of Unicode's UAX #29 that matter for cutting: marks stay with their letter, emoji with what modifies or joins
them, flags are pairs, Hangul letters make syllables, and CR LF is one line end.
"""

import unicodedata

_JOINER = "\u200d"
_FIRST_MARK = "\u0300"


def is_inside(text: str, position: int) -> bool:
    """Say whether a cut at `position` would part what belongs together."""
    if not 0 < position < len(text):
        return False
    before, behind = text[position - 1], text[position]
    if behind < _FIRST_MARK:
        return behind == "\n" and before == "\r"
    if _JOINER in {before, behind} or _is_modifier(behind):
        return True
    if _is_flag(behind):
        start = position
        while start and _is_flag(text[start - 1]):
            start -= 1
        return (position - start) % 2 == 1
    return _is_syllable(before, behind)


def cut_before(text: str, position: int, least: int = 0) -> int:
    """Give the last place up to `position` where the text may be cut; `least` when there is none."""
    while position > least and is_inside(text, position):
        position -= 1
    return position


def cut_behind(text: str, position: int) -> int:
    """Give the first place from `position` on where the text may be cut."""
    while is_inside(text, position):
        position += 1
    return position


def _is_modifier(character: str) -> bool:
    if "\U0001f3fb" <= character <= "\U0001f3ff" or "\U000e0020" <= character <= "\U000e007f":  # skins, tags
        return True
    return unicodedata.category(character)[0] == "M"


def _is_flag(character: str) -> bool:
    return "\U0001f1e6" <= character <= "\U0001f1ff"


def _is_syllable(before: str, behind: str) -> bool:
    if "\u1160" <= behind <= "\u11a7":  # a vowel
        return "\u1100" <= before <= "\u11a7"
    if "\u11a8" <= behind <= "\u11ff":  # a final consonant
        return "\u1160" <= before <= "\u11ff" or "\uac00" <= before <= "\ud7a3"
    return False
