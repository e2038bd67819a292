"""One value made from what a source gave: strict for TOML, by the field's type for text."""

import json
import math
import re
import types
from collections.abc import Callable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from datetime import date, datetime, time
from enum import Enum
from pathlib import Path
from typing import Any, Literal, NoReturn, Union, get_args, get_origin

import attrs

from altus4_core.settings.field import Secret
from altus4_core.settings.redact import redact
from altus4_core.settings.shape import unwrap_optional

_INTEGER = re.compile(r"[+-]?[0-9]{1,40}")
_NUMBER = re.compile(r"[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]{1,4})?")
_BOOLEANS = {"true": True, "yes": True, "on": True, "1": True, "false": False, "no": False, "off": False, "0": False}
_UNIONS = (Union, types.UnionType)
_SCALARS: Mapping[Any, str] = {
    str: "text",
    Secret: "text",
    Path: "text",
    int: "a whole number",
    float: "a number",
    bool: "true or false",
}


class Unfit(ValueError):
    """A value that does not fit its field; `str()` is for the operator and shows no secret."""


def sequence_of(kind: Any) -> bool:
    """Tell whether the type is written as a list."""
    return (get_origin(kind) or kind) in {tuple, list, frozenset, set, Sequence, AbstractSet}


def mapping_of(kind: Any) -> bool:
    """Tell whether the type is written as a table of free names."""
    return (get_origin(kind) or kind) in {dict, Mapping}


def described(value: Any) -> str:
    """Name the kind of a TOML or JSON value."""
    if isinstance(value, datetime | date | time):
        return "a date or time"
    names = {bool: "true or false", int: "a whole number", float: "a number", str: "text", list: "a list"}
    return names.get(type(value), "a table" if isinstance(value, Mapping) else "nothing")


def convert_scalar(value: Any, kind: Any) -> Any:
    """Take a TOML value as it is, if it has the type.

    Raises:
        Unfit: it has not.
    """
    kind, _ = unwrap_optional(kind)
    if kind is Any:
        return value
    if get_origin(kind) is Literal or (isinstance(kind, type) and issubclass(kind, Enum)):
        return _choice(value, kind)
    if kind is float and isinstance(value, int | float) and not isinstance(value, bool):
        if not math.isfinite(value):
            raise Unfit("must be a finite number")
        return float(value)
    if kind in {str, Secret, Path} and isinstance(value, str):
        return _text(value, kind)
    if kind in {int, bool} and type(value) is kind:
        return value
    if get_origin(kind) in _UNIONS:
        return _any_of(value, kind, convert_scalar)
    if kind not in _SCALARS:
        message = f"is declared with a type that settings cannot have: {kind!r}"
        raise TypeError(message)
    hint = "; write it without quotes" if isinstance(value, str) and kind in {int, float, bool} else ""
    raise Unfit(f"must be {_SCALARS[kind]}, not {described(value)}{hint}")


def convert_text(text: str, kind: Any) -> Any:
    """Read a text from the environment or a file as the type asks.

    Lists and tables come back as plain values for the caller to convert further: texts of a comma-separated list, or
    what their JSON says.

    Raises:
        Unfit: it cannot be read so.
    """
    kind, _ = unwrap_optional(kind)
    if get_origin(kind) is Literal:
        return _choice(next((choice for choice in get_args(kind) if str(choice) == text), text), kind)
    if kind is bool:
        truth = _BOOLEANS.get(text.strip().lower())
        return truth if truth is not None else _unfit_text("true or false (or yes, no, 1, 0)", text)
    if kind is int:
        return int(text) if _INTEGER.fullmatch(text.strip()) else _unfit_text("a whole number", text)
    if kind is float:
        number = float(text) if _NUMBER.fullmatch(text.strip()) else math.nan
        return number if math.isfinite(number) else _unfit_text("a number", text)
    if get_origin(kind) in _UNIONS:
        return _any_of(text, kind, convert_text)
    return convert_scalar(text, kind)


def split_list(text: str) -> tuple[list[Any], bool]:
    """Read a list from text: a JSON array if it begins with `[`, else comma-separated.

    Gives the items, and whether they are texts still to be read (True) or values of JSON (False).
    """
    if text.lstrip().startswith("["):
        return _json(text, list, "a list: comma-separated, or a JSON array"), False
    return [item.strip() for item in text.split(",") if item.strip()], True


def read_table(text: str) -> dict[str, Any]:
    """Read a table from text: a JSON object."""
    table: dict[str, Any] = _json(text, dict, "a JSON object")
    return table


def _json(text: str, kind: type, wanted: str) -> Any:
    try:
        value = json.loads(text, parse_constant=_no_constant)
    except (ValueError, RecursionError):
        raise Unfit(f"must be {wanted}") from None  # the cause would quote the text, which may hold a secret
    if not isinstance(value, kind):
        raise Unfit(f"must be {wanted}")
    return value


def _no_constant(name: str) -> NoReturn:
    raise ValueError(name)


def _text(value: str, kind: Any) -> Any:
    try:
        value.encode()
    except UnicodeEncodeError:
        raise Unfit("is not valid UTF-8") from None  # the cause holds the value
    if "\0" in value:
        raise Unfit("has a NUL character in it")
    return value if kind is str else kind(value)


def _choice(value: Any, kind: Any) -> Any:
    choices = get_args(kind) if get_origin(kind) is Literal else [member.value for member in kind]
    for choice in choices:
        if type(choice) is type(value) and choice == value:
            return choice if get_origin(kind) is Literal else kind(value)
    listed = ", ".join(repr(choice) for choice in choices)
    got = f", not {short(value)}" if isinstance(value, str) else f", not {described(value)}"
    raise Unfit(f"must be one of {listed}{got}")


def _any_of(value: Any, kind: Any, convert: Callable[[Any, Any], Any]) -> Any:
    """Take the first alternative that fits, in the order in which they are written."""
    for part in get_args(kind):
        try:
            return convert(value, part)
        except Unfit:
            continue
    listed = " or ".join(_SCALARS.get(part, str(part)) for part in get_args(kind))
    raise Unfit(f"must be {listed}, not {described(value)}")


def _unfit_text(wanted: str, text: str) -> NoReturn:
    raise Unfit(f"must be {wanted}, not {short(text)}")


def short(text: str) -> str:
    """Quote a wrong value, cut and without a URL's password."""
    shown = redact(text)
    return repr(shown if len(shown) <= 60 else shown[:57] + "...")


def validator_message(error: Exception, name: str) -> str:
    """Give a validator's complaint without the field's name in front, which the problem says already."""
    text = str(error.args[0]) if error.args else "is not acceptable"
    return redact(text.removeprefix(f"'{name}' "))


def is_record(kind: Any) -> bool:
    """Tell whether the type is a settings class."""
    return isinstance(kind, type) and attrs.has(kind)
