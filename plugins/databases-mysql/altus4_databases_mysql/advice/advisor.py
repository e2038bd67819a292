"""Gathering what the rules need, within bounds, and applying them to a whole database."""

import asyncio
from collections.abc import Mapping
from datetime import datetime

import attrs
from altus4_mysql import Table, quote_identifier

from altus4_core.errors import TargetFailed
from altus4_core.records import Notice
from altus4_databases_mysql.advice.ddl import column_definitions
from altus4_databases_mysql.advice.record import Advice
from altus4_databases_mysql.advice.rules import Facts, advice_for
from altus4_databases_mysql.advice.sample import ColumnSample, sample_of
from altus4_databases_mysql.target import MySQLOpenTarget

MOST_TABLES = 200  # looked into
_AT_ONCE = 2  # connections of the pool that sampling may hold
_SECONDS = 10.0  # for all samples
_ORDER = {"high": 0, "medium": 1, "low": 2}


@attrs.frozen
class Report:
    """All advice on a database, what matters most first."""

    database: str
    read_at: datetime
    tables: int
    advice: tuple[Advice, ...]
    warnings: tuple[Notice, ...] = ()


async def advise(target: MySQLOpenTarget) -> Report:
    """Look at a database and give advice; raises `TargetFailed` when it cannot be read at all."""
    schema = await target.schema()
    # Those that can be searched first: a large database may have many tables that nobody wants to search.
    tables = sorted(schema.tables, key=lambda table: (not table.searchable, table.name))
    warnings = []
    if len(tables) > MOST_TABLES:
        message = f"Only {MOST_TABLES} of {len(tables)} tables were looked into, those with FULLTEXT indexes first."
        warnings.append(Notice("TABLES_LEFT_OUT", message))
        tables = tables[:MOST_TABLES]
    samples = await _samples(target, tables)
    unread = [table.name for table in tables if table.name not in samples]
    if unread:
        message = f"The texts of {len(unread)} tables could not be read in time; advice on them rests on types alone."
        warnings.append(Notice("TEXTS_NOT_READ", message, {"tables": unread[:100]}))
    advice: list[Advice] = []
    for table in tables:
        definitions = await _definitions(target, table)
        usage, since = target.usage.of(table), target.usage.since
        facts = Facts(schema.server, table, samples.get(table.name, {}), usage, since, definitions)
        advice += advice_for(facts)
    advice.sort(key=lambda one: (_ORDER[one.impact], one.table))
    return Report(schema.database, schema.read_at, len(tables), tuple(advice), tuple(warnings))


async def _samples(target: MySQLOpenTarget, tables: list[Table]) -> Mapping[str, Mapping[str, ColumnSample]]:
    found: dict[str, Mapping[str, ColumnSample]] = {}
    slots = asyncio.Semaphore(_AT_ONCE)

    async def one(table: Table) -> None:
        async with slots:
            found[table.name] = await sample_of(target, table)

    try:
        async with asyncio.timeout(_SECONDS), asyncio.TaskGroup() as group:
            for table in tables:
                group.create_task(one(table))
    except TimeoutError:
        return found
    return found


async def _definitions(target: MySQLOpenTarget, table: Table) -> Mapping[str, str]:
    """Read the definition of a table whose collations are to be changed; nothing where that is not allowed."""
    collations = [column.collation or "" for column in table.columns if column.is_text]
    if not (table.searchable and any(collation.endswith(("_bin", "_cs")) for collation in collations)):
        return {}
    try:
        statement = f"SHOW CREATE TABLE {quote_identifier(table.schema)}.{quote_identifier(table.name)}"
        row = (await target.fetch(statement, deadline=2.0)).first()
    except TargetFailed:
        return {}
    return column_definitions(str(row[1])) if row else {}
