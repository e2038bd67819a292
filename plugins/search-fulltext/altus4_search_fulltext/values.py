"""Values of MySQL types as honest JSON: nothing that a JSON reader would silently change.

DECIMAL and integers beyond 2^53 become strings, dates ISO 8601, BIT a number, SET a list, JSON itself, geometry
GeoJSON. Zero and impossible dates stay the text that the server wrote.
"""

import base64
import json
from collections.abc import Callable
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from altus4_mysql import Column

from altus4_search_fulltext.geometry import geojson

Convert = Callable[[Any], Any]

SAFE_INTEGER = 2**53
GEOMETRY_TYPES = frozenset(
    (
        *("geometry", "point", "linestring", "polygon", "multipoint", "multilinestring", "multipolygon"),
        *("geometrycollection", "geomcollection"),
    )
)
BINARY_TYPES = frozenset(("binary", "varbinary", "tinyblob", "blob", "mediumblob", "longblob"))
_OMITTED = BINARY_TYPES | {"vector"}


def is_shown(column: Column) -> bool:
    """Say whether a column is part of a result unasked: binary strings and vectors are not."""
    return column.data_type not in _OMITTED


def converter(column: Column) -> Convert | None:
    """Give what turns a column's values, as the driver gives them, into JSON; None: they are JSON already."""
    found = _BY_TYPE.get(column.data_type)
    if found is None and column.charset is None and column.data_type not in _PLAIN:
        return other  # MariaDB's uuid, inet6, ...
    return found


def integer(value: Any) -> Any:
    """Write integers beyond 2^53 as strings: JavaScript would round them."""
    if isinstance(value, int) and not -SAFE_INTEGER <= value <= SAFE_INTEGER:
        return str(value)
    return value


def decimal(value: Any) -> Any:
    """Write as a string, plain digits."""
    return format(value, "f") if isinstance(value, Decimal) else None if value is None else str(value)


def day(value: Any) -> Any:
    """Write as `2024-02-29`."""
    return value.isoformat() if isinstance(value, date) else value


def moment(value: Any) -> Any:
    """Write a DATETIME, which has no time zone, as `2024-02-29T12:00:00.000`; microseconds where there are any."""
    if not isinstance(value, datetime):
        return value
    if not value.microsecond:
        return value.isoformat() + ".000"
    return value.isoformat(timespec="microseconds" if value.microsecond % 1000 else "milliseconds")


def instant(value: Any) -> Any:
    """Write a TIMESTAMP, which the session has in UTC, with a `Z`."""
    return moment(value) + "Z" if isinstance(value, datetime) else value


def duration(value: Any) -> Any:
    """Write a TIME as `-838:59:59`, with six decimals where there are any."""
    if not isinstance(value, timedelta):
        return value
    sign, span = ("-", -value) if value < timedelta() else ("", value)
    minutes, seconds = divmod(span.days * 86400 + span.seconds, 60)
    fraction = f".{span.microseconds:06d}" if span.microseconds else ""
    return f"{sign}{minutes // 60:02d}:{minutes % 60:02d}:{seconds:02d}{fraction}"


def members(value: Any) -> Any:
    """Write a SET as the list of its members."""
    if not isinstance(value, str):
        return value
    return value.split(",") if value else []


def document(value: Any) -> Any:
    """Parse JSON; its long integers and exact decimals become strings, a text that was cut stays a text."""
    if not isinstance(value, str):
        return value
    try:
        return json.loads(value, parse_int=_json_integer, parse_float=_json_number)
    except (ValueError, RecursionError):
        return value


def base64_text(value: Any) -> Any:
    """Write bytes, or what the server wrote so already, in base64 without line breaks."""
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    return value.replace("\n", "") if isinstance(value, str) else value


def shape(value: Any) -> Any:
    """Write a geometry as GeoJSON; None when it cannot be read."""
    return geojson(value) if isinstance(value, bytes) else None


def other(value: Any) -> Any:
    """Write what no rule knows: text where it is any."""
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    if value is None or isinstance(value, str | int | float | bool):
        return integer(value)
    return str(value)


def key_part(value: Any) -> Any:
    """Write a primary key's value, already converted where the column has a rule.

    Binary ones come in hexadecimal, a SET as the server writes it: keys are hashed, and part of ids.
    """
    if isinstance(value, bytes):
        return value.hex()
    return ",".join(value) if isinstance(value, list) else value


def _json_integer(digits: str) -> Any:
    return integer(int(digits)) if len(digits) < 20 else digits


def _json_number(digits: str) -> Any:
    number = float(digits)
    return number if len(digits) < 18 and number not in (float("inf"), float("-inf")) else digits


_PLAIN = frozenset(("tinyint", "smallint", "mediumint", "int", "year", "float", "double"))
_BY_TYPE: dict[str, Convert] = {
    "bigint": integer,
    "bit": integer,
    "decimal": decimal,
    "date": day,
    "datetime": moment,
    "timestamp": instant,
    "time": duration,
    "set": members,
    "json": document,
    **dict.fromkeys(GEOMETRY_TYPES, shape),
    **dict.fromkeys(_OMITTED, base64_text),
}
