"""From records to JSON: camelCase members, times in UTC with milliseconds, exact numbers as text."""

import base64
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, time
from decimal import Decimal
from enum import Enum
from functools import cache
from typing import Any
from uuid import UUID

import attrs
import orjson

from altus4_core.clock import iso
from altus4_core.schema.field import Unset, json_name

LARGEST_EXACT = 2**53
"""JavaScript and most JSON readers keep whole numbers exactly up to here; larger ones are sent as text."""

_READY = frozenset({str, bool, float, type(None)})
_OPTIONS = orjson.OPT_PASSTHROUGH_DATETIME | orjson.OPT_PASSTHROUGH_SUBCLASS | orjson.OPT_STRICT_INTEGER


def to_json(value: Any) -> Any:
    """Make a value JSON-ready.

    Records become objects in camelCase without the members that are None or `UNSET`. Mappings keep their keys and
    their None values: a row's NULL is information. Sets are sorted; times get UTC, milliseconds and `Z`; Decimal, and
    int beyond 2^53, become text; bytes become base64.

    Raises:
        TypeError: it holds something that must not or cannot be sent, a `Secret` for one.
    """
    kind = type(value)
    if kind in _READY:
        return value
    if kind is int:
        return value if -LARGEST_EXACT <= value <= LARGEST_EXACT else str(value)
    if kind is dict:
        return {_key(name): item if type(item) in _READY else to_json(item) for name, item in value.items()}
    if kind is list or kind is tuple:
        return [item if type(item) in _READY else to_json(item) for item in value]
    return _converted(value)


def dumps(value: Any) -> bytes:
    """Write a value as JSON bytes; `to_json` is part of it.

    Raises:
        TypeError: as `to_json`.
    """
    try:
        return orjson.dumps(value, default=_converted, option=_OPTIONS)
    except orjson.JSONEncodeError:
        # An integer beyond 53 bits, or keys that are not text: rare, so the copy is made only now.
        return orjson.dumps(to_json(value))


def _key(name: Any) -> str:
    if type(name) is str:
        return name
    ready = to_json(name)
    return ready if isinstance(ready, str) else orjson.dumps(ready).decode()


def _converted(value: Any) -> Any:
    """Convert what orjson does not know, or would write otherwise."""
    if isinstance(value, Enum):
        return to_json(value.value)
    if isinstance(value, datetime):
        return iso(value if value.tzinfo is not None else value.replace(tzinfo=UTC))
    kind: type = type(value)
    if attrs.has(kind):
        return {
            name: ready for name, attribute in _plan(kind) if (ready := _member(getattr(value, attribute))) is not None
        }
    if isinstance(value, Mapping):
        return {_key(name): to_json(item) for name, item in value.items()}
    if isinstance(value, set | frozenset):
        return sorted((to_json(item) for item in value), key=_order)
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, date | time):
        return value.isoformat()
    if isinstance(value, bytes | bytearray | memoryview):
        return base64.b64encode(value).decode()
    if isinstance(value, UUID):
        return str(value)
    return _converted_subclass(value)


def _converted_subclass(value: Any) -> Any:
    converters: tuple[tuple[type | tuple[type, ...], Callable[[Any], Any]], ...] = (
        (str, str.__str__),
        (int, lambda number: to_json(int(number))),
        (float, float),
        ((list, tuple), lambda items: [to_json(item) for item in items]),
    )
    for kind, convert in converters:
        if isinstance(value, kind):
            return convert(value)
    message = f"{type(value).__name__} cannot be sent as JSON"
    raise TypeError(message)


def _member(value: Any) -> Any:
    if type(value) in _READY:
        return value
    return None if isinstance(value, Unset) else to_json(value)


def _order(item: Any) -> tuple[str, Any]:
    return (type(item).__name__, item if isinstance(item, str | int | float) else str(item))


@cache
def _plan(cls: type) -> tuple[tuple[str, str], ...]:
    """Give the names in JSON and in Python of a record's members. Pure, so remembering it is no state."""
    return tuple((json_name(field), field.name) for field in attrs.fields(cls))
