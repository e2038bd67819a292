"""From rows of INFORMATION_SCHEMA to the records of a schema. Pure."""

import sys
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import attrs
from altus4_mysql import Column, FulltextIndex, Row, Table

_BASE = frozenset({"BASE TABLE", "SYSTEM VERSIONED"})
_KINDS_OF_GENERATED = ("VIRTUAL GENERATED", "STORED GENERATED", "PERSISTENT")

Parsers = Mapping[str, Mapping[str, str]]
"""FULLTEXT parsers by table, then index; "" is the built-in one."""


@attrs.frozen
class IndexPart:
    """One column of an index, as STATISTICS tells it. `whole` is false where only a prefix is indexed."""

    table: str
    index: str
    column: str
    fulltext: bool
    unique: bool
    whole: bool
    nullable: bool


def index_parts(rows: Iterable[Row]) -> list[IndexPart]:
    """Read rows of (table, index, column, type, non-unique, prefix length, nullable), ordered by position.

    An index over an expression has no column there; it cannot identify a row or be matched, so it is left out.
    """
    whole: list[IndexPart] = []
    broken: set[tuple[str, str]] = set()
    for table, index, column, kind, non_unique, prefix, nullable in rows:
        if column is None:
            broken.add((table, index))
            continue
        whole.append(
            IndexPart(
                table,
                index,
                column,
                fulltext=kind == "FULLTEXT",
                unique=not int(non_unique),
                whole=prefix is None,
                nullable=str(nullable).upper() == "YES",
            )
        )
    return [part for part in whole if (part.table, part.index) not in broken]


def tables(
    schema: str, table_rows: Iterable[Row], column_rows: Iterable[Row], parts: Sequence[IndexPart], parsers: Parsers
) -> tuple[Table, ...]:
    """Put tables together, in the order of their names.

    Args:
        schema: The schema's name.
        table_rows: (name, type, engine, collation, rows, data bytes, comment).
        column_rows: (table, name, ordinal, data type, type, nullable, key, charset, collation, length, extra,
            comment), in order of position.
        parts: The columns of FULLTEXT and unique indexes.
        parsers: What SHOW CREATE TABLE told.
    """
    columns: defaultdict[str, list[Column]] = defaultdict(list)
    for row in column_rows:
        columns[row[0]].append(_column(row))
    indexes: defaultdict[str, dict[str, list[IndexPart]]] = defaultdict(dict)
    for part in parts:
        indexes[part.table].setdefault(part.index, []).append(part)
    found = [
        Table(
            schema=schema,
            name=name,
            columns=tuple(sorted(columns[name], key=lambda column: column.ordinal)),
            kind="table" if kind in _BASE else "view",
            engine=engine,
            collation=collation,
            primary_key=_primary_key(indexes[name]),
            prefixed_key=tuple(part.column for part in indexes[name].get("PRIMARY", ()) if not part.whole),
            fulltext_indexes=_fulltext(indexes[name], parsers.get(name, {})),
            estimated_rows=_number(rows),
            data_bytes=_number(size),
            comment=comment if kind in _BASE and comment else "",
        )
        for name, kind, engine, collation, rows, size, comment in table_rows
        if kind in _BASE or kind == "VIEW"
    ]
    return tuple(sorted(found, key=lambda table: table.name))


def _column(row: Row) -> Column:
    _, name, ordinal, data_type, kind, nullable, key, charset, collation, length, extra, comment = row
    return Column(
        name=name,
        ordinal=int(ordinal),
        data_type=sys.intern(_text(data_type).lower()),
        type=sys.intern(_text(kind)),
        nullable=_text(nullable).upper() == "YES",
        key=_text(key),
        charset=_interned(charset),
        collation=_interned(collation),
        max_length=_number(length) if charset is not None else None,
        generated=any(kind in _text(extra).upper() for kind in _KINDS_OF_GENERATED),
        comment=_text(comment),
    )


def _primary_key(indexes: Mapping[str, Sequence[IndexPart]]) -> tuple[str, ...]:
    """Give the primary key, or the first unique index that cannot hold NULL: the server itself treats it as one."""
    ordered = sorted(indexes, key=lambda name: name != "PRIMARY")
    for name in ordered:
        parts = indexes[name]
        if all(part.unique and part.whole and not part.nullable for part in parts):
            return tuple(part.column for part in parts)
    return ()


def _fulltext(indexes: Mapping[str, Sequence[IndexPart]], parsers: Mapping[str, str]) -> tuple[FulltextIndex, ...]:
    return tuple(
        FulltextIndex(name, tuple(part.column for part in parts), parsers.get(name) or None)
        for name, parts in indexes.items()
        if parts[0].fulltext
    )


def _number(value: Any) -> int | None:
    return value if isinstance(value, int) else None


def _text(value: Any) -> str:
    return value if isinstance(value, str) else "" if value is None else str(value)


def _interned(value: Any) -> str | None:
    return sys.intern(value) if isinstance(value, str) else None
