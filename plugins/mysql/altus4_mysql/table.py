"""A customer's table and its FULLTEXT indexes."""

from typing import Literal

from attrs import field, frozen

from .column import Column

TableKind = Literal["table", "view"]


@frozen
class FulltextIndex:
    """A FULLTEXT index. MATCH must name exactly its columns, else the server answers error 1191."""

    name: str
    columns: tuple[str, ...] = field(metadata={"doc": "in the order of the index"})
    parser: str | None = field(default=None, metadata={"doc": "None: built in; ngram; or a plugin's name"})
    cardinality: int | None = field(default=None, metadata={"doc": "the server's estimate"})


@frozen
class Table:
    """A base table or a view."""

    schema: str
    name: str
    columns: tuple[Column, ...] = ()
    kind: TableKind = "table"
    engine: str | None = field(default=None, metadata={"doc": "None for views"})
    collation: str | None = None
    primary_key: tuple[str, ...] = field(default=(), metadata={"doc": "column names in key order; may be empty"})
    prefixed_key: tuple[str, ...] = field(
        default=(), metadata={"doc": "columns that its PRIMARY KEY covers in part; then it is no `primary_key`"}
    )
    fulltext_indexes: tuple[FulltextIndex, ...] = ()
    estimated_rows: int | None = field(default=None, metadata={"doc": "the engine's estimate"})
    data_bytes: int | None = field(default=None, metadata={"doc": "the engine's estimate"})
    comment: str = ""

    def column(self, name: str) -> Column | None:
        """The column of that name; MySQL's column names ignore case."""
        wanted = name.casefold()
        for each in self.columns:
            if each.name.casefold() == wanted:
                return each
        return None

    @property
    def searchable(self) -> bool:
        """Whether a FULLTEXT search can be run on it."""
        return bool(self.fulltext_indexes)
