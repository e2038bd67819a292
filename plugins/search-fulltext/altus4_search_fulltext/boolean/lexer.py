"""From the text of a boolean query to tokens with positions."""

import re
from enum import Enum

import attrs

from altus4_search_fulltext.boolean.refusals import invalid


class Kind(Enum):
    """Kinds of tokens."""

    WORD = "word"
    PREFIX = "prefix"
    PHRASE = "phrase"
    SIGN = "sign"
    AND = "AND"
    OR = "OR"
    NOT = "NOT"
    OPEN = "("
    CLOSE = ")"
    END = "end"


@attrs.frozen
class Token:
    """One token; `at` is its position, `within` the distance of a phrase."""

    kind: Kind
    text: str
    at: int
    within: int | None = None


FARTHEST = 1000  # words that a distance may span
SIGNS = "+-~><"
_KEYWORDS = {"AND": Kind.AND, "OR": Kind.OR, "NOT": Kind.NOT}
_WORD = re.compile(r'[^\s()"*]+')
_DISTANCE = re.compile(r"\s*@([0-9]+)(?=[\s()]|$)")
_BARE_AT = re.compile(r"\s*@(?=[\s()]|$)")
# Typographic quotes are what phones type; control characters separate words. One character for one: positions stay.
_PLAIN = {
    **dict.fromkeys(map(ord, "\u201c\u201d\u201e\u201f\u2033\uff02"), '"'),
    **dict.fromkeys((*range(32), 127), " "),
    **dict.fromkeys(range(0xD800, 0xE000), " "),
}


def tokens(query: str) -> list[Token]:
    """Cut a query into tokens, the last of kind END.

    Raises:
        Unsearchable: a quote is not closed, a sign or a `*` stands alone, a distance is none.
    """
    text = query.translate(_PLAIN)
    found: list[Token] = []
    at = 0
    while at < len(text):
        character = text[at]
        if character.isspace():
            at += 1
        elif character == "(":
            found.append(Token(Kind.OPEN, "(", at))
            at += 1
        elif character == ")":
            found.append(Token(Kind.CLOSE, ")", at))
            at += 1
        elif character == '"':
            at = _phrase(text, at, found)
        elif character in SIGNS:
            at = _sign(text, at, found)
        else:
            at = _word(text, at, found)
    found.append(Token(Kind.END, "", len(text)))
    return found


def _phrase(text: str, at: int, found: list[Token]) -> int:
    close = text.find('"', at + 1)
    if close < 0:
        raise invalid(at, "the quote is not closed", 'Write "..." around a phrase.')
    words = " ".join(text[at + 1 : close].split())
    if not words:
        raise invalid(at, "the phrase is empty", "Put words between the quotes, or leave them out.")
    end = close + 1
    within: int | None = None
    distance = _DISTANCE.match(text, end)
    if distance is not None:
        within = int(distance[1]) if len(distance[1]) < 6 else FARTHEST + 1
        if not 2 <= within <= FARTHEST:
            hint = f"Write a number of words from 2 to {FARTHEST}."
            raise invalid(distance.start(1) - 1, "the distance is out of range", hint)
        end = distance.end()
    elif bare := _BARE_AT.match(text, end):
        raise invalid(bare.end() - 1, "'@' has no number", 'Write "two words" @8.')
    if text[end : end + 1] == "*":
        raise invalid(end, "'*' follows a phrase", "Only a single word can be a prefix: data*.")
    found.append(Token(Kind.PHRASE, words, at, within))
    return end


def _sign(text: str, at: int, found: list[Token]) -> int:
    following = text[at + 1 : at + 2]
    if not following or following.isspace() or following == ")":
        hint = "Write it directly before what it belongs to, or leave it out."
        raise invalid(at, f"'{text[at]}' stands alone", hint)
    found.append(Token(Kind.SIGN, text[at], at))
    return at + 1


def _word(text: str, at: int, found: list[Token]) -> int:
    match = _WORD.match(text, at)
    if match is None:
        raise invalid(at, "'*' stands alone", "Write it directly after the beginning of a word: data*.")
    word, end = match[0], match.end()
    if text[end : end + 1] != "*":
        found.append(Token(_KEYWORDS.get(word, Kind.WORD), word, at))
        return end
    following = text[end + 1 : end + 2]
    if following and not following.isspace() and following not in "()":
        raise invalid(end, "'*' is not at the end of a word", "Only the end of a word can be left open: data*.")
    found.append(Token(Kind.PREFIX, word, at))
    return end + 1
