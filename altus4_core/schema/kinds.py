"""Reading type annotations: what is optional, what is a list, what is a table of free names."""

import types
import typing
from collections.abc import Mapping, MutableMapping, Sequence
from collections.abc import Set as AbstractSet
from typing import Any, Literal, Union, get_args, get_origin

import attrs

from altus4_core.schema.field import Unset

_LISTS = (tuple, list, frozenset, set, Sequence, AbstractSet)
_TABLES = (dict, Mapping, MutableMapping)


def hints_of(cls: type) -> Mapping[str, Any]:
    """Give the resolved types of a record's fields."""
    return typing.get_type_hints(cls)


def alternatives(kind: Any) -> tuple[tuple[Any, ...], bool]:
    """Split a union into its alternatives (without None and `Unset`), and tell whether None is one of them."""
    parts = get_args(kind) if get_origin(kind) in {Union, types.UnionType} else (kind,)
    rest = tuple(part for part in parts if part not in {type(None), Unset} and part != Literal[Unset.UNSET])
    return rest, type(None) in parts


def is_union(kind: Any) -> bool:
    """Tell whether the type is `X | Y`."""
    return get_origin(kind) in {Union, types.UnionType}


def is_list(kind: Any) -> bool:
    """Tell whether the type travels as a JSON array."""
    return (get_origin(kind) or kind) in _LISTS


def is_table(kind: Any) -> bool:
    """Tell whether the type travels as a JSON object with free names."""
    return (get_origin(kind) or kind) in _TABLES


def is_record(kind: Any) -> bool:
    """Tell whether the type is an attrs class."""
    return isinstance(kind, type) and attrs.has(kind)


def item_kind(kind: Any) -> Any:
    """Give the type of a list's items. Tuples of fixed length do not travel as JSON here.

    Raises:
        TypeError: it is such a tuple.
    """
    arguments = get_args(kind)
    if (get_origin(kind) or kind) is tuple and arguments and arguments[1:] != (...,):
        message = f"{kind!r} has a fixed length; use tuple[X, ...]"
        raise TypeError(message)
    return arguments[0] if arguments else Any


def value_kind(kind: Any) -> Any:
    """Give the type of a table's values."""
    return (get_args(kind) or (str, Any))[1]
