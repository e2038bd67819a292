"""Real servers, schemas of one's own, and a small target over the library's pool."""

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any

import attrs
from altus4_mysql import (
    Column,
    ConnectOptions,
    FulltextIndex,
    Limits,
    Pool,
    PoolSettings,
    Rows,
    Scalar,
    ServerFacts,
    SessionOptions,
    Table,
    TargetSchema,
    TLSOptions,
    make_driver,
)
from altus4_sandbox.address import ServerAddress, new_schema_name
from altus4_search_fulltext.boolean.language import BooleanLanguage
from altus4_search_fulltext.mode import FulltextMode
from altus4_search_fulltext.natural import NaturalLanguage

from altus4_core.records import SearchRequest
from altus4_core.stored import Database

VARIABLES = (
    "ft_max_word_len",
    "ft_min_word_len",
    "innodb_ft_max_token_size",
    "innodb_ft_min_token_size",
    "lower_case_table_names",
    "ngram_token_size",
)


class Target:
    """An open MySQL target; remembers the statements it ran."""

    kind = "mysql"

    def __init__(self, pool: Pool, schema: TargetSchema) -> None:
        self.id = "11111111-2222-4333-8444-555555555555"
        self.database = Database(self.id, "user", schema.database, "127.0.0.1", 3306, schema.database, "root")
        self.name = schema.database
        self.pool = pool
        self.known = schema
        self.statements: list[str] = []
        self.lanes: list[bool] = []  # whether each took the slow one

    async def schema(self) -> TargetSchema:
        return self.known

    async def fetch(
        self,
        sql: str,
        params: Sequence[Scalar] = (),
        *,
        deadline: float,
        limits: Limits | None = None,
        slow: bool = False,
    ) -> Rows:
        self.statements.append(sql)
        self.lanes.append(slow)
        return await self.pool.fetch(sql, params, deadline=deadline, limits=limits, slow=slow)


def options(address: ServerAddress, database: str | None = None, *, read_only: bool = False) -> ConnectOptions:
    return ConnectOptions(
        host=address.host,
        port=address.port,
        user=address.user,
        password=address.password,
        database=database,
        tls=TLSOptions(mode="disabled"),
        loopback_key=True,
        query_timeout=60.0,
        session=SessionOptions(read_only=read_only),
    )


@asynccontextmanager
async def opened(address: ServerAddress, setup: Callable[[Pool], Awaitable[None]]) -> AsyncIterator[Target]:
    """Make a schema, fill it, and give it as a target; drop it afterwards."""
    name = new_schema_name("ft")
    admin = Pool(make_driver(), options(address))
    await admin.fetch(f"CREATE DATABASE {name} CHARACTER SET utf8mb4")
    writing = Pool(make_driver(), options(address, name))
    reading = Pool(make_driver(), options(address, name, read_only=True), PoolSettings(size=4))
    try:
        await setup(writing)
        yield Target(reading, await discover(writing, name))
    finally:
        await reading.close()
        await writing.close()
        await admin.fetch(f"DROP DATABASE {name}")
        await admin.close()


async def discover(pool: Pool, name: str) -> TargetSchema:
    """Read what a search needs to know: a short version of what the plugin for databases does."""
    names = ", ".join(f"'{variable}'" for variable in VARIABLES)
    found = await pool.fetch(f"SHOW VARIABLES WHERE Variable_name IN ({names})")
    words = await pool.fetch("SELECT value FROM information_schema.INNODB_FT_DEFAULT_STOPWORD")
    version = (await pool.fetch("SELECT VERSION()")).scalar()
    flavour = "mariadb" if "mariadb" in version.lower() else "mysql"
    server = ServerFacts(
        version, flavour, {row[0]: str(row[1]) for row in found}, frozenset(row[0].lower() for row in words)
    )
    tables = await pool.fetch(
        "SELECT TABLE_NAME, ENGINE, TABLE_COLLATION, TABLE_TYPE FROM information_schema.TABLES"
        " WHERE TABLE_SCHEMA = %s ORDER BY TABLE_NAME",
        (name,),
    )
    return TargetSchema(
        name, server, tuple([await _table(pool, name, *row) for row in tables]), read_at=datetime.now(UTC)
    )


async def _table(pool: Pool, schema: str, name: str, engine: str | None, collation: str | None, kind: str) -> Table:
    columns = await pool.fetch(
        "SELECT COLUMN_NAME, ORDINAL_POSITION, DATA_TYPE, COLUMN_TYPE, IS_NULLABLE, CHARACTER_SET_NAME, COLLATION_NAME,"
        " CHARACTER_MAXIMUM_LENGTH FROM information_schema.COLUMNS WHERE TABLE_SCHEMA = %s AND TABLE_NAME = %s"
        " ORDER BY ORDINAL_POSITION",
        (schema, name),
    )
    parts = await pool.fetch(
        "SELECT INDEX_NAME, COLUMN_NAME, INDEX_TYPE FROM information_schema.STATISTICS"
        " WHERE TABLE_SCHEMA = %s AND TABLE_NAME = %s ORDER BY INDEX_NAME, SEQ_IN_INDEX",
        (schema, name),
    )
    fulltext: dict[str, list[str]] = {}
    for index, column, index_type in parts:
        if index_type == "FULLTEXT":
            fulltext.setdefault(index, []).append(column)
    quoted = "`" + name.replace("`", "``").replace("%", "%%") + "`"
    created = "" if kind == "VIEW" else (await pool.fetch(f"SHOW CREATE TABLE {quoted}")).first()[1]
    return Table(
        schema=schema,
        name=name,
        columns=tuple(
            Column(
                name=row[0],
                ordinal=int(row[1]),
                data_type=row[2].lower(),
                type=row[3],
                nullable=row[4] == "YES",
                charset=row[5],
                collation=row[6],
                max_length=row[7] if row[5] else None,
            )
            for row in columns
        ),
        kind="view" if kind == "VIEW" else "table",
        engine=engine,
        collation=collation,
        primary_key=tuple(row[1] for row in parts if row[0] == "PRIMARY"),
        fulltext_indexes=tuple(
            FulltextIndex(index, tuple(names), "ngram" if f"`{index}`" in _ngram_part(created) else None)
            for index, names in fulltext.items()
        ),
    )


def _ngram_part(created: str) -> str:
    return "\n".join(line for line in created.splitlines() if "WITH PARSER" in line and "ngram" in line)


def request(query: str, **changes: Any) -> SearchRequest:
    return attrs.evolve(SearchRequest(query=query, timeout_ms=20_000), **changes)


def natural(*, longest: int = 2000, most_terms: int = 32) -> FulltextMode:
    return FulltextMode("natural", NaturalLanguage(most_terms), longest=longest, concurrency=4)


def boolean(*, longest: int = 2000) -> FulltextMode:
    return FulltextMode("boolean", BooleanLanguage(), longest=longest, concurrency=4)
