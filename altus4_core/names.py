"""What a name that people read must not hold: characters that change how the text around it is shown."""

import unicodedata

from altus4_core.errors import FieldProblem

# Embeddings, overrides and isolates of the bidirectional algorithm (UAX 9). Joiners stay: emoji and Persian need them.
_BIDIRECTIONAL = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


def is_misleading(text: str) -> bool:
    """Say whether a text holds control characters, line or paragraph separators, or turns the direction of writing."""
    return any(
        character in _BIDIRECTIONAL or unicodedata.category(character) in {"Cc", "Zl", "Zp"} for character in text
    )


def name_problems(field: str, name: str, least: int, most: int) -> list[FieldProblem]:
    """Say what is wrong with a trimmed name.

    Args:
        field: Its place in the request.
        name: The name.
        least: Fewest characters.
        most: Most characters.
    """
    if not least <= len(name) <= most:
        return [FieldProblem(field, f"must have {least} to {most} characters", "length")]
    if is_misleading(name):
        return [FieldProblem(field, "must not have control characters", "invalid_characters")]
    return []
