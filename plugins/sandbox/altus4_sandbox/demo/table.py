"""One table of a demo database: its definition and its rows."""

from collections.abc import Iterator, Sequence

import attrs
from altus4_mysql import Pool, Scalar, quote_identifier

# Bytes of one INSERT, far below what the servers accept (16 MiB on MariaDB).
_STATEMENT = 1 << 20
_SECONDS = 60.0


@attrs.frozen
class DemoTable:
    """`columns` are the names of the values of a row; `definition` is what stands in CREATE TABLE's brackets.

    `fulltext` maps index names to their columns.
    """

    name: str
    definition: str
    columns: tuple[str, ...]
    fulltext: dict[str, tuple[str, ...]]
    rows: Sequence[tuple[Scalar, ...]] = attrs.field(repr=False)

    async def build(self, admin: Pool, schema: str) -> None:
        """Create the table in the schema, fill it, and index it. Raises MySQLError."""
        table = f"{quote_identifier(schema)}.{quote_identifier(self.name)}"
        await admin.fetch(f"CREATE TABLE {table} ({self.definition}{self._indexes()})", deadline=_SECONDS)
        columns = ", ".join(map(quote_identifier, self.columns))
        row = f"({', '.join(['%s'] * len(self.columns))})"
        for batch in _batches(self.rows):
            # Names come from this distribution, values are parameters.
            statement = f"INSERT INTO {table} ({columns}) VALUES {', '.join([row] * len(batch))}"
            values = [_storable(value) for values in batch for value in values]
            await admin.fetch(statement, values, deadline=_SECONDS)

    def _indexes(self) -> str:
        return "".join(
            f", FULLTEXT INDEX {quote_identifier(name)} ({', '.join(map(quote_identifier, columns))})"
            for name, columns in self.fulltext.items()
        )


def _batches(rows: Sequence[tuple[Scalar, ...]]) -> Iterator[list[tuple[Scalar, ...]]]:
    batch: list[tuple[Scalar, ...]] = []
    size = 0
    for row in rows:
        batch.append(row)
        # A text that is written in hexadecimal takes two characters a byte.
        size += sum(2 * len(value) if isinstance(value, str) else 8 for value in row)
        if size > _STATEMENT:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch


def _storable(value: Scalar) -> Scalar:
    # Sources and metadata may hold NULs and lone surrogates, which no text column takes.
    if isinstance(value, str):
        return value.replace("\0", "").encode("utf-8", errors="replace").decode("utf-8")
    return value
