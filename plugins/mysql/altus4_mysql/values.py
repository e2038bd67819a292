"""Values of the text protocol to Python values. Nothing a server sends may crash or explode here.

What cannot be represented (zero dates, `2024-02-31`, numbers longer than MySQL has) stays the text it came as.
"""

import re
from collections.abc import Callable
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import lru_cache

from . import protocol as p

Convert = Callable[[bytes], object]

# MySQL's longest DECIMAL has 65 digits, of which 30 may follow the point. Without this bound a server could send
# `1E999999999`, small here and fatal wherever it is formatted.
_DECIMAL = re.compile(rb"-?\d{1,66}(?:\.\d{1,38})?", re.ASCII)
_INTEGER = re.compile(rb"-?\d{1,20}", re.ASCII)
_DASH = ord("-")
_POINT = (b"", b".")
_TIME = re.compile(rb"(-?)(\d{1,3}):([0-5]\d):([0-5]\d)(?:\.(\d{1,6}))?", re.ASCII)


def text(data: bytes) -> str:
    """UTF-8; what is invalid becomes U+FFFD."""
    return data.decode("utf-8", "replace")


def integer(data: bytes) -> object:
    """An `int`, or the text when it is none of at most 20 digits."""
    return int(data) if _INTEGER.fullmatch(data) else text(data)


def number(data: bytes) -> object:
    """A `float`, or the text when it is none; MySQL's longest form is about 330 characters (`%f`)."""
    try:
        return float(data) if len(data) < 400 else text(data)
    except ValueError:
        return text(data)


def decimal(data: bytes) -> object:
    """A `Decimal` of plain digits, or the text."""
    return Decimal(data.decode("ascii")) if _DECIMAL.fullmatch(data) else text(data)


def day(data: bytes) -> object:
    """A `date`, or the text (zero dates, impossible days)."""
    if len(data) != 10 or not data[4] == data[7] == _DASH:  # not the week dates that Python reads too
        return text(data)
    return _date(data)


@lru_cache(maxsize=4096)
def _date(data: bytes) -> object:
    try:
        return date.fromisoformat(data.decode("ascii"))
    except ValueError:
        return text(data)


def moment(data: bytes) -> object:
    """A naive `datetime` in the session's time zone (UTC), or the text (zero dates, impossible days)."""
    if not 19 <= len(data) <= 26 or not data[4] == data[7] == _DASH or data[19:20] not in _POINT:
        return text(data)
    try:
        plain = data.decode("ascii")
        if len(plain) > 19:
            plain = plain.ljust(26, "0")
        return datetime.fromisoformat(plain)
    except ValueError:
        return text(data)


def duration(data: bytes) -> object:
    """A `timedelta` (a TIME may be negative and up to 838 hours), or the text."""
    found = _TIME.fullmatch(data)
    if found is None:
        return text(data)
    sign, hours, minutes, seconds, fraction = found.groups()
    span = timedelta(
        hours=int(hours),
        minutes=int(minutes),
        seconds=int(seconds),
        microseconds=int((fraction or b"0").ljust(6, b"0")),
    )
    return -span if sign else span


_BY_TYPE: dict[int, Convert] = {
    p.TYPE_DECIMAL: decimal,
    p.TYPE_NEWDECIMAL: decimal,
    p.TYPE_TINY: integer,
    p.TYPE_SHORT: integer,
    p.TYPE_LONG: integer,
    p.TYPE_LONGLONG: integer,
    p.TYPE_INT24: integer,
    p.TYPE_YEAR: integer,
    p.TYPE_FLOAT: number,
    p.TYPE_DOUBLE: number,
    p.TYPE_DATE: day,
    p.TYPE_DATETIME: moment,
    p.TYPE_TIMESTAMP: moment,
    p.TYPE_TIME: duration,
    p.TYPE_BIT: bytes,
    p.TYPE_VECTOR: bytes,
    p.TYPE_GEOMETRY: bytes,
    # JSON columns are labelled binary, yet hold UTF-8.
    p.TYPE_JSON: text,
}


def converter(type_code: int, charset: int) -> Convert:
    """The conversion for a column.

    Args:
        type_code: the column type of the protocol.
        charset: the collation id; 63 is binary.

    Returns:
        a function of the value's bytes: `bytes` for binary strings, `text` for others.
    """
    return _BY_TYPE.get(type_code) or (bytes if charset == p.BINARY_CHARSET else text)
