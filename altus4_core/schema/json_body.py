"""Parsing a request's JSON: UTF-8, no NaN, no lone surrogates, no member twice, at most 64 levels."""

import json
from typing import Any, NoReturn

import orjson

from altus4_core.errors import InvalidJSON

MOST_LEVELS = 64

_TOO_DEEP = f"The body is nested deeper than {MOST_LEVELS} levels."
_CONSTANTS = ("NaN", "Infinity", "-Infinity")


def parse_json(raw: bytes) -> Any:
    """Parse a body; an empty one is None.

    A member given twice is refused: parsers differ in which one they believe, so a checking proxy and we could see
    different requests.

    Raises:
        InvalidJSON: the message says what is wrong and where.
    """
    if not raw or raw.isspace():
        return None
    try:
        value = orjson.loads(raw)
    except orjson.JSONDecodeError as error:
        raise InvalidJSON(_reason(raw, error)) from None
    opened = raw.count(b"{") + raw.count(b"[")
    if opened:
        # Each member of an object has a colon, so as many members as colons means that none was lost as a duplicate.
        members = len(value) if opened == 1 and isinstance(value, dict) else _measure(value)
        if members != raw.count(b":"):
            _refuse_duplicates(raw)
    return value


def _measure(value: Any) -> int:
    """Count the members of all objects, level by level (no recursion: a stack must not depend on a request)."""
    members = depth = 0
    level = [value]
    while level:
        inner: list[Any] = []
        for container in level:
            if type(container) is dict:
                members += len(container)
                inner += [item for item in container.values() if type(item) is dict or type(item) is list]
            elif type(container) is list:
                inner += [item for item in container if type(item) is dict or type(item) is list]
        depth += 1
        if inner and depth >= MOST_LEVELS:
            raise InvalidJSON(_TOO_DEEP)
        level = inner
    return members


def _refuse_duplicates(raw: bytes) -> None:
    # Numbers stay text: Python refuses to convert one of thousands of digits, and nobody needs them here.
    json.loads(raw, object_pairs_hook=_unique, parse_int=str, parse_float=str)


def _unique(pairs: list[tuple[str, Any]]) -> None:
    names = {name for name, _ in pairs}
    if len(names) < len(pairs):
        seen: set[str] = set()
        for name, _ in pairs:
            if name in seen:
                _refuse(name)
            seen.add(name)


def _refuse(name: str) -> NoReturn:
    shown = ascii(name)[1:-1]
    message = f"The body has the member {shown[:60]!r} twice in one object."
    raise InvalidJSON(message)


def _reason(raw: bytes, error: orjson.JSONDecodeError) -> str:
    """Say in our own words why it is not JSON."""
    try:
        text = raw.decode()
    except UnicodeDecodeError as wrong:
        return f"The body is not valid UTF-8 (byte {wrong.start + 1})."
    if text.startswith("\ufeff"):
        return "The body begins with a byte order mark; send it without."
    if "depth limit" in error.msg or "recursion" in error.msg:
        return _TOO_DEEP
    place = f"line {error.lineno}, column {error.colno}"
    if "surrogate" in error.msg:
        return f"The body has a lone surrogate escape in a string at {place}."
    if error.pos >= len(text):
        return f"The body is not complete JSON: it ends at {place}."
    if any(text.startswith(_CONSTANTS, start) for start in (error.pos, max(0, error.pos - 1))):
        return f"The body has NaN or Infinity at {place}; JSON has no such numbers."
    return f"The body is not valid JSON at {place}."
