"""Conditions on rows, as a search mode gets them: a tree of comparisons, free of any database's types."""

from typing import Any, Literal

import attrs

Operator = Literal["eq", "ne", "lt", "lte", "gt", "gte", "in", "nin", "between", "prefix", "isNull"]


@attrs.frozen
class Comparison:
    """A column compared with a JSON value; `table` confines it to rows of that table.

    Attributes:
        column: As the caller wrote it.
        operator: What is asked.
        value: A scalar; a tuple of scalars for `in`, `nin` and `between` (two); a bool for `isNull`.
        table: None: every table that has the column.
        place: Where it stands in the request, for errors: `filters.price.lte`.
    """

    column: str
    operator: Operator
    value: Any
    table: str | None = None
    place: str = "filters"


@attrs.frozen
class AllOf:
    """Rows for which every part holds."""

    parts: tuple["Filter", ...]


@attrs.frozen
class AnyOf:
    """Rows for which at least one part holds."""

    parts: tuple["Filter", ...]


@attrs.frozen
class NoneOf:
    """Rows for which no part holds."""

    parts: tuple["Filter", ...]


Filter = Comparison | AllOf | AnyOf | NoneOf


@attrs.frozen
class Misfit:
    """A place in a request that does not fit a table: an unknown column, or a value that is none of its type.

    The request is refused when the place fits no searched table. `concerned` is false when it is about another table.
    """

    place: str
    message: str
    code: str
    concerned: bool = True
