"""Values of filters, typed by the column they are compared with, before any SQL is written.

What a column shows in an answer can be sent back as a value: decimals and long integers as text, dates as ISO 8601.
"""

import base64
import binascii
import ipaddress
import math
import re
import struct
import uuid
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import attrs
from altus4_mysql import Column, Scalar

EQUALITY = frozenset({"eq", "ne", "in", "nin"})
ORDER = frozenset({"lt", "lte", "gt", "gte", "between"})

_NUMBER = re.compile(r"-?[0-9]{1,65}(\.[0-9]{1,65})?([eE][+-]?[0-9]{1,3})?", re.ASCII)
_DAY = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
_MOMENT = re.compile(r"(\d{4}-\d\d-\d\d)(?:[Tt ](\d\d:\d\d(?::\d\d(?:\.\d{1,6})?)?)([Zz]|[+-]\d\d:\d\d)?)?", re.ASCII)
_TIME = re.compile(r"(-?)(\d{1,3}):([0-5]\d)(?::([0-5]\d)(?:\.(\d{1,6}))?)?", re.ASCII)
_DIGITS = 65  # of MySQL's longest exact number


class Unfit(ValueError):
    """A value is none of the column's type; the text says what would be."""


@attrs.frozen
class Kind:
    """How columns of some types are compared.

    Attributes:
        what: What a value must be, for refusals.
        read: Gives the value to bind.
        operators: That make sense, `isNull` apart.
        placeholder: In SQL.
        column: The column in SQL, with `{}` for its name.
    """

    what: str
    read: Callable[[Any], Scalar]
    operators: frozenset[str]
    placeholder: str = "%s"
    column: str = "{}"


def kind_of(column: Column) -> Kind | None:
    """Give how a column is compared; None: it can only be asked whether it is null."""
    kind = _KINDS.get(column.data_type)
    if kind is not None:
        return kind
    return TEXT if column.is_text and column.data_type != "json" else None


def _exact(value: Any) -> Decimal:
    if type(value) is str:
        if not _NUMBER.fullmatch(value):
            raise Unfit
        number = Decimal(value)
    elif type(value) is int:
        number = Decimal(value)
    elif type(value) is float:
        number = Decimal(repr(value))  # as it was written, not as it is stored
    else:
        raise Unfit
    if not number.is_finite() or (number and not -_DIGITS <= number.adjusted() < _DIGITS):
        raise Unfit
    if len(number.as_tuple().digits) > _DIGITS:
        raise Unfit
    return number


def number(value: Any) -> Scalar:
    """Read an exact number; true and false are 1 and 0, as MySQL has them."""
    return int(value) if type(value) is bool else _exact(value)


def _single(value: Any) -> Scalar:
    """Read a number for FLOAT: 0.1 is the FLOAT nearest to it, which is what the column holds."""
    wide = _double(value)
    try:
        narrow: float = struct.unpack("f", struct.pack("f", wide))[0]
    except OverflowError:
        return wide
    return narrow


def _double(value: Any) -> float:
    if type(value) is str and not _NUMBER.fullmatch(value):
        raise Unfit
    if type(value) is bool or type(value) not in (str, int, float):
        raise Unfit
    try:
        wide = float(value)
    except OverflowError:
        raise Unfit from None
    if not math.isfinite(wide):
        raise Unfit
    return wide


def _bits(value: Any) -> Scalar:
    if type(value) is bool:
        return int(value)
    whole = _exact(value)
    if whole != whole.to_integral_value() or not 0 <= whole < 2**64:
        raise Unfit
    return int(whole)


def _year(value: Any) -> Scalar:
    if type(value) is bool:
        raise Unfit
    whole = _exact(value)
    if whole != whole.to_integral_value() or not (whole == 0 or 1901 <= whole <= 2155):
        raise Unfit
    return int(whole)


def _day(value: Any) -> Scalar:
    if type(value) is not str or not _DAY.fullmatch(value):
        raise Unfit
    try:
        return date.fromisoformat(value)
    except ValueError:
        raise Unfit from None


def _moment(value: Any) -> Scalar:
    """Read a date and time; with a zone it is brought to UTC, in which the session is."""
    found = _MOMENT.fullmatch(value) if type(value) is str else None
    if found is None:
        raise Unfit
    day, clock, zone = found.groups()
    try:
        moment = datetime.fromisoformat(f"{day}T{clock or '00:00'}{(zone or '').upper()}")
        return moment if moment.tzinfo is None else moment.astimezone(UTC).replace(tzinfo=None)
    except (ValueError, OverflowError):
        raise Unfit from None


def _duration(value: Any) -> Scalar:
    found = _TIME.fullmatch(value) if type(value) is str else None
    if found is None:
        raise Unfit
    sign, hours, minutes, seconds, fraction = found.groups()
    if int(hours) > 838:
        raise Unfit
    span = timedelta(
        hours=int(hours),
        minutes=int(minutes),
        seconds=int(seconds or 0),
        microseconds=int((fraction or "0").ljust(6, "0")),
    )
    return -span if sign else span


def _text(value: Any) -> Scalar:
    if type(value) is not str:
        raise Unfit
    return value


def _member(value: Any) -> Scalar:
    if type(value) is not str or "," in value:
        raise Unfit
    return value


def _bytes(value: Any) -> Scalar:
    if type(value) is not str:
        raise Unfit
    try:
        return base64.b64decode(value, validate=True)
    except (binascii.Error, ValueError):
        raise Unfit from None


def _uuid(value: Any) -> Scalar:
    try:
        return str(uuid.UUID(_checked(value)))
    except ValueError:
        raise Unfit from None


def _inet6(value: Any) -> Scalar:
    try:
        address = ipaddress.ip_address(_checked(value))
    except ValueError:
        raise Unfit from None
    return str(address) if address.version == 6 else f"::ffff:{address}"


def _inet4(value: Any) -> Scalar:
    try:
        return str(ipaddress.IPv4Address(_checked(value)))
    except ValueError:
        raise Unfit from None


def _checked(value: Any) -> str:
    if type(value) is not str:
        raise Unfit
    return value


TEXT = Kind("text", _text, EQUALITY | ORDER | {"prefix"})
SET = Kind("a member of the set, without a comma", _member, EQUALITY)
_EXACT = Kind("a number of at most 65 digits, long ones as text", number, EQUALITY | ORDER)
_SINGLE = Kind("a number", _single, EQUALITY | ORDER)
_DOUBLE = Kind("a number", _double, EQUALITY | ORDER)
_BYTES = Kind("base64", _bytes, EQUALITY)

_KINDS: Mapping[str, Kind] = {
    **dict.fromkeys(("tinyint", "smallint", "mediumint", "int", "bigint", "decimal"), _EXACT),
    "float": _SINGLE,
    "double": _DOUBLE,
    "bit": Kind("a whole number, true or false", _bits, EQUALITY | ORDER, column="({} + 0)"),
    "year": Kind("a year, 1901 to 2155 or 0", _year, EQUALITY | ORDER),
    "date": Kind("a date such as 2024-02-29", _day, EQUALITY | ORDER, "CAST(%s AS DATE)"),
    **dict.fromkeys(
        ("datetime", "timestamp"),
        Kind("a time such as 2024-02-29T12:00:00Z", _moment, EQUALITY | ORDER, "CAST(%s AS DATETIME(6))"),
    ),
    "time": Kind("a time such as -838:59:59", _duration, EQUALITY | ORDER, "CAST(%s AS TIME(6))"),
    "set": SET,
    **dict.fromkeys(("binary", "varbinary", "tinyblob", "blob", "mediumblob", "longblob"), _BYTES),
    "uuid": Kind("a UUID", _uuid, EQUALITY | ORDER),
    "inet6": Kind("an IP address", _inet6, EQUALITY | ORDER),
    "inet4": Kind("an IPv4 address", _inet4, EQUALITY | ORDER),
}
