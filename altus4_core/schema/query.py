"""From a query string to a record. Values are texts; lists come in four spellings."""

import re
from collections.abc import Callable, Iterable
from typing import Any, Generic, Literal, Protocol, TypeVar, get_args, get_origin
from urllib.parse import parse_qsl

import attrs

from altus4_core.errors import FieldProblem, ValidationFailed
from altus4_core.schema import kinds
from altus4_core.schema.decoder import Decoder
from altus4_core.schema.field import json_name

T = TypeVar("T")

_INDEXED = re.compile(r"(.+)\[([0-9]{0,6})\]", re.ASCII | re.DOTALL)
_INTEGER = re.compile(r"-?[0-9]{1,18}", re.ASCII)
_NUMBER = re.compile(r"-?[0-9]{1,300}(\.[0-9]{1,300})?([eE][+-]?[0-9]{1,3})?", re.ASCII)
_BOOLEANS = {"true": True, "false": False, "1": True, "0": False}


class Pairs(Protocol):
    """What is needed of a query string: its pairs in order, repeated names included (a `MultiMapping` has that)."""

    def items(self) -> Iterable[tuple[str, str]]:
        """Give the pairs."""
        ...


class QueryDecoder(Generic[T]):
    """Decodes the query string of one operation. Parameters that the record does not have are ignored.

    A list may be written `a=x`, repeated `a=`, `a[]=` or `a[0]=`; `a=` alone is the empty list.

    Raises:
        TypeError: a field has a type that a query string cannot carry.
    """

    def __init__(self, cls: type[T]) -> None:
        self._decode = Decoder(cls)
        hints = kinds.hints_of(cls)
        self._readers: dict[str, tuple[bool, Callable[[str], Any]]] = {}
        record: type = cls
        for field in attrs.fields(record):
            parts, _ = kinds.alternatives(hints[field.name])
            kind = parts[0]
            listed = kinds.is_list(kind)
            single = kinds.item_kind(kind) if listed else kind
            if len(parts) > 1 or kinds.is_record(single) or kinds.is_table(single) or kinds.is_list(single):
                message = f"{cls.__name__}.{field.name}: a query string cannot carry {hints[field.name]!r}"
                raise TypeError(message)
            self._readers[json_name(field)] = (listed, _reader(single))

    def __call__(self, query: Pairs, raw: str = "") -> T:
        """Decode.

        Args:
            query: The pairs.
            raw: The query string as it came, in which bytes that are not UTF-8 can still be seen.

        Raises:
            ValidationFailed: with all the problems, one for each parameter.
        """
        found: dict[str, list[tuple[int, str]]] = {}
        unreadable = _not_utf8(raw)
        refused: dict[str, FieldProblem] = {}
        for name, text in query.items():
            place, index = name, -1
            if name not in self._readers and (match := _INDEXED.fullmatch(name)):
                place, index = match[1], int(match[2] or -1)
                if place in self._readers and not self._readers[place][0]:
                    continue
            if place in self._readers and name in unreadable:
                refused[place] = FieldProblem(place, "is not valid UTF-8", "encoding")
            elif place in self._readers:
                found.setdefault(place, []).append((index, text))
        values: dict[str, Any] = {}
        for name, entries in found.items():
            listed, read = self._readers[name]
            if listed:
                entries.sort(key=lambda entry: entry[0])
                values[name] = [read(text) for _, text in entries if text]
            elif len(entries) > 1:
                refused.setdefault(name, FieldProblem(name, "must be given only once", "repeated"))
            else:
                values[name] = read(entries[0][1])
        return self._decoded(values, list(refused.values())) if refused else self._decode(values)

    def _decoded(self, values: dict[str, Any], refused: list[FieldProblem]) -> T:
        """Decode what is left for its problems, to tell all at once."""
        try:
            self._decode(values)
        except ValidationFailed as error:
            told = {problem.field for problem in refused}  # a refused one is not missing, too
            others = [FieldProblem(**details) for details in error.details if details["field"] not in told]
            raise ValidationFailed.of([*refused, *others]) from None
        raise ValidationFailed.of(refused)


def _not_utf8(raw: str) -> frozenset[str]:
    """Give the names of the parameters of which a value is not UTF-8."""
    if raw.isascii() and "%" not in raw:
        return frozenset()
    pairs = parse_qsl(raw, keep_blank_values=True, errors="surrogateescape")
    return frozenset([name for name, text in pairs if any("\ud800" <= character <= "\udfff" for character in text)])


def _reader(kind: Any) -> Callable[[str], Any]:
    """Give what turns a text into the JSON value it stands for; text that is none stays text, for the decoder."""
    choices = get_args(kind) if get_origin(kind) is Literal else ()
    if kind is int or (choices and all(type(choice) is int for choice in choices)):
        return lambda text: int(text) if _INTEGER.fullmatch(text) else text
    if kind is float:
        return lambda text: float(text) if _NUMBER.fullmatch(text) else text
    if kind is bool:
        return lambda text: _BOOLEANS.get(text, text)
    return lambda text: text
