"""The answer to a statement."""

from collections.abc import Iterator
from typing import Any

from attrs import field, frozen

from .protocol import BINARY_CHARSET, TYPE_JSON

Row = tuple[Any, ...]


@frozen
class ResultColumn:
    """What a server says about a column of an answer."""

    name: str
    table: str
    type_code: int
    charset: int
    length: int
    flags: int
    decimals: int

    @property
    def is_binary(self) -> bool:
        """Whether values are bytes rather than text (for string types; JSON is text)."""
        return self.charset == BINARY_CHARSET and self.type_code != TYPE_JSON


@frozen
class Rows:
    """Columns, rows and counters of an answer.

    Attributes:
        columns: empty for a statement without a result set.
        rows: a list of tuples in column order.
        affected_rows: as the server counts them; the number of rows for a SELECT.
        last_insert_id: 0 when there is none.
        warnings: how many the server kept.
        seconds: from sending the statement to the end of its rows, without waiting for a connection.
    """

    columns: tuple[ResultColumn, ...] = ()
    rows: list[Row] = field(factory=list)
    affected_rows: int = 0
    last_insert_id: int = 0
    warnings: int = 0
    seconds: float = field(default=0.0, eq=False)

    def __iter__(self) -> Iterator[Row]:
        """The rows, in the server's order."""
        return iter(self.rows)

    def __len__(self) -> int:
        """How many rows came."""
        return len(self.rows)

    def __bool__(self) -> bool:
        """Whether any row came."""
        return bool(self.rows)

    @property
    def names(self) -> tuple[str, ...]:
        """The column names, in order."""
        return tuple(column.name for column in self.columns)

    def first(self) -> Row | None:
        """The first row, or None."""
        return self.rows[0] if self.rows else None

    def scalar(self) -> Any:
        """The first value of the first row, or None without rows."""
        return self.rows[0][0] if self.rows else None

    def dicts(self) -> list[dict[str, Any]]:
        """Each row by column name; of columns with one name the last wins."""
        names = self.names
        return [dict(zip(names, row, strict=True)) for row in self.rows]
