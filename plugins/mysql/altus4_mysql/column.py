"""A column of a customer's table."""

from attrs import field, frozen


@frozen
class Column:
    """As INFORMATION_SCHEMA.COLUMNS tells it."""

    name: str
    ordinal: int = field(metadata={"doc": "position in the table, from 1"})
    data_type: str = field(metadata={"doc": "lower case without length, e.g. varchar"})
    type: str = field(metadata={"doc": "full text, e.g. varchar(255) or enum('a','b')"})
    nullable: bool = True
    key: str = field(default="", metadata={"doc": "PRI, UNI, MUL or empty"})
    charset: str | None = field(default=None, metadata={"doc": "None for types without text"})
    collation: str | None = None
    max_length: int | None = field(default=None, metadata={"doc": "characters; None where it has no meaning"})
    generated: bool = False
    comment: str = ""

    @property
    def is_text(self) -> bool:
        """Whether a value is text, hence may be searched, cut with LEFT and shown."""
        return self.charset is not None and self.charset != "binary"

    @property
    def is_binary(self) -> bool:
        """Whether a value is a binary string; VECTOR and GEOMETRY included."""
        return self.data_type in _BINARY


_BINARY = frozenset(
    (
        *("binary", "varbinary", "tinyblob", "blob", "mediumblob", "longblob", "bit", "vector"),
        *("geometry", "point", "linestring", "polygon", "multipoint", "multilinestring", "multipolygon"),
        *("geometrycollection", "geomcollection"),
    )
)
