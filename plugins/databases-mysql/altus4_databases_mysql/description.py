"""A schema as the HTTP API shows it."""

from collections.abc import Mapping
from typing import Any

from altus4_mysql import Column, FulltextIndex, Table, TargetSchema

from altus4_core.clock import iso

_INDEXABLE = frozenset({"char", "varchar", "tinytext", "text", "mediumtext", "longtext"})


def describe(schema: TargetSchema) -> Mapping[str, Any]:
    """Give `{database, tables}`, JSON-ready, in the order of the tables' names."""
    return {"database": schema.database, "tables": [_table(table, schema) for table in schema.tables]}


def _table(table: Table, schema: TargetSchema) -> Mapping[str, Any]:
    indexed = {column.casefold() for index in table.fulltext_indexes for column in index.columns}
    indexes = [_index(index) for index in table.fulltext_indexes]
    described: dict[str, Any] = {
        "database": schema.database,
        "table": table.name,
        "name": table.name,
        "kind": table.kind,
        "columns": [_column(column, table, indexed) for column in table.columns],
        "fullTextIndexes": indexes,
        "fulltextIndexes": indexes,
        "primaryKey": list(table.primary_key),
        "estimatedRows": table.estimated_rows or 0,
        "lastAnalyzed": iso(schema.read_at),
    }
    return {**described, "engine": table.engine} if table.engine else described


def _column(column: Column, table: Table, indexed: set[str]) -> Mapping[str, Any]:
    return {
        "name": column.name,
        "type": column.type,
        "nullable": column.nullable,
        "key": column.key,
        "isFullTextIndexed": column.name.casefold() in indexed,
        "isSearchable": table.kind == "table" and column.is_text and column.data_type in _INDEXABLE,
    }


def _index(index: FulltextIndex) -> Mapping[str, Any]:
    described: dict[str, Any] = {"name": index.name, "columns": list(index.columns), "type": "FULLTEXT"}
    if index.parser:
        described["parser"] = index.parser
    if index.cardinality is not None:
        described["cardinality"] = index.cardinality
    return described
