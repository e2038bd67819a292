"""Python scalars to SQL literals that are safe under every `sql_mode`.

Strings never hold a backslash between quotes: with one they are written in hexadecimal, so that it does not matter
whether NO_BACKSLASH_ESCAPES is set. Types are matched exactly: a subclass could print anything.
"""

from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

from .errors import UnsafeParameter

Scalar = str | int | float | Decimal | bool | bytes | date | datetime | time | timedelta | None

_INTEGER_BOUND = 10**65  # MySQL's longest exact number
_HOURS = 839  # a TIME stays below


def literal(value: Scalar) -> str:
    """Write a value as SQL.

    Args:
        value: str, int, float, Decimal, bool, None, bytes, date, datetime (aware ones as UTC), time or timedelta;
            exactly these types.

    Raises:
        UnsafeParameter: another type, a list, a NUL or a lone surrogate in a text, infinity, NaN, or a number or
            duration longer than MySQL has.
    """
    render = _RENDER.get(type(value))
    if render is None:
        message = f"a {type(value).__name__} cannot be a parameter; give str, int, float, Decimal, bool, None, "
        raise UnsafeParameter(message + "bytes or a date or time, and in_list() for lists")
    return render(value)


def _string(value: str) -> str:
    if "\0" in value:
        message = "a text parameter holds a NUL"
        raise UnsafeParameter(message)
    if not value.isascii():
        _require_text(value)
    if "\\" in value:
        return f"_utf8mb4 X'{value.encode().hex()}'"
    return "'" + value.replace("'", "''") + "'"


def _require_text(value: str) -> None:
    try:
        value.encode("utf-8")
    except UnicodeEncodeError:
        message = "a text parameter holds a lone surrogate, which is no text"
        raise UnsafeParameter(message) from None


def _integer(value: int) -> str:
    if not -_INTEGER_BOUND < value < _INTEGER_BOUND:
        message = "an integer parameter is longer than 65 digits"
        raise UnsafeParameter(message)
    return str(value)


def _float(value: float) -> str:
    written = repr(value)
    if written in {"inf", "-inf", "nan"}:
        message = f"{written} cannot be a parameter; MySQL has no such number"
        raise UnsafeParameter(message)
    return written if "e" in written else written + "e0"


def _decimal(value: Decimal) -> str:
    # Formatting Decimal("1E+999999999") would need a gigabyte, hence the bound before.
    if not value.is_finite() or (value and not -65 <= value.adjusted() < 65) or len(value.as_tuple().digits) > 65:
        message = "a Decimal parameter must be finite and of at most 65 digits"
        raise UnsafeParameter(message)
    if not value:
        return "0"
    return format(value, "f")


def _datetime(value: datetime) -> str:
    if value.tzinfo is not None:
        value = value.astimezone(UTC).replace(tzinfo=None)
    return f"'{value.isoformat(' ')}'"


def _time(value: time) -> str:
    if value.tzinfo is not None:
        message = "a time parameter with a time zone has no meaning without a date"
        raise UnsafeParameter(message)
    return f"'{value.isoformat()}'"


def _duration(value: timedelta) -> str:
    sign, span = ("-", -value) if value < timedelta() else ("", value)
    hours, rest = divmod(span.days * 86400 + span.seconds, 3600)
    if hours >= _HOURS:
        message = f"a timedelta parameter must be shorter than {_HOURS} hours"
        raise UnsafeParameter(message)
    return f"'{sign}{hours:02d}:{rest // 60:02d}:{rest % 60:02d}.{span.microseconds:06d}'"


_RENDER: dict[type, Callable[[Any], str]] = {
    str: _string,
    int: _integer,
    bool: lambda value: "1" if value else "0",
    float: _float,
    Decimal: _decimal,
    bytes: lambda value: f"_binary X'{value.hex()}'",
    date: lambda value: f"'{value.isoformat()}'",
    datetime: _datetime,
    time: _time,
    timedelta: _duration,
    type(None): lambda _: "NULL",
}
