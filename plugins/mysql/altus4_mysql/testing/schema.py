"""A target over a schema of its own on a real server, for tests of whoever searches one.

As a fixture:

    @pytest.fixture
    async def target(any_server):
        async with opened_schema(any_server.url, fill) as target:
            yield target
"""

import secrets
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any, Literal

from attrs import evolve, frozen

from altus4_mysql.driver import Flavour
from altus4_mysql.drivers import make_driver
from altus4_mysql.literals import Scalar
from altus4_mysql.options import ConnectOptions, Limits, SessionOptions
from altus4_mysql.pool import Pool, PoolSettings
from altus4_mysql.records import Column, FulltextIndex, ServerFacts, Table, TargetSchema
from altus4_mysql.rows import Rows
from altus4_mysql.statement import quote_identifier
from altus4_mysql.url import parse_url

VARIABLES = (
    "ft_max_word_len",
    "ft_min_word_len",
    "innodb_ft_max_token_size",
    "innodb_ft_min_token_size",
    "lower_case_table_names",
    "ngram_token_size",
)
_QUERY_SECONDS = 60.0


@frozen
class RegisteredSchema:
    """What the gateway keeps of a registered database, as far as a search may look at it."""

    id: str
    name: str
    user_id: str = "user"
    kind: str = "mysql"
    version: int = 1


class SchemaTarget:
    """An open target of kind `mysql`; remembers the statements it ran, and which of them took the slow lane."""

    kind: Literal["mysql"] = "mysql"

    def __init__(self, pool: Pool, schema: TargetSchema) -> None:
        self.id = "11111111-2222-4333-8444-555555555555"
        self.name = schema.database
        self.database = RegisteredSchema(self.id, self.name)
        self.pool = pool
        self.known = schema
        self.statements: list[str] = []
        self.lanes: list[bool] = []

    async def schema(self) -> TargetSchema:
        """See `MySQLTarget`."""
        return self.known

    async def describe(self) -> dict[str, Any]:
        """Give the names of the tables."""
        return {"database": self.name, "tables": [{"name": table.name} for table in self.known.tables]}

    async def fetch(
        self,
        sql: str,
        params: Sequence[Scalar] = (),
        *,
        deadline: float,
        limits: Limits | None = None,
        slow: bool = False,
    ) -> Rows:
        """See `MySQLTarget`."""
        self.statements.append(sql)
        self.lanes.append(slow)
        return await self.pool.fetch(sql, params, deadline=deadline, limits=limits, slow=slow)

    async def aclose(self) -> None:
        """Close the connections."""
        await self.pool.close()


@asynccontextmanager
async def opened_schema(url: str, fill: Callable[[Pool], Awaitable[None]]) -> AsyncIterator[SchemaTarget]:
    """Make a schema, fill it, give it as a target, and drop it afterwards.

    Args:
        url: Of an administrator, `mysql://user:password@host:port/`.
        fill: Gets a pool that may write.
    """
    name = f"t_{secrets.token_hex(6)}"
    admin_options = evolve(parse_url(url), database=None, query_timeout=_QUERY_SECONDS)
    admin = Pool(make_driver(), admin_options)
    await admin.fetch(f"CREATE DATABASE {name} CHARACTER SET utf8mb4")
    options = evolve(admin_options, database=name)
    writing = Pool(make_driver(), options)
    reading = Pool(make_driver(), _read_only(options), PoolSettings(size=4))
    try:
        await fill(writing)
        yield SchemaTarget(reading, await discover(writing, name))
    finally:
        await reading.close()
        await writing.close()
        await admin.fetch(f"DROP DATABASE {name}")
        await admin.close()


def _read_only(options: ConnectOptions) -> ConnectOptions:
    return evolve(options, session=SessionOptions(read_only=True))


async def discover(pool: Pool, name: str) -> TargetSchema:
    """Read what a search needs to know: a short version of what the plugin for databases does."""
    names = ", ".join(f"'{variable}'" for variable in VARIABLES)
    found = await pool.fetch(f"SHOW VARIABLES WHERE Variable_name IN ({names})")
    words = await pool.fetch("SELECT value FROM information_schema.INNODB_FT_DEFAULT_STOPWORD")
    version = (await pool.fetch("SELECT VERSION()")).scalar()
    flavour: Flavour = "mariadb" if "mariadb" in version.lower() else "mysql"
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
        "SELECT INDEX_NAME, COLUMN_NAME, INDEX_TYPE, SUB_PART FROM information_schema.STATISTICS"
        " WHERE TABLE_SCHEMA = %s AND TABLE_NAME = %s ORDER BY INDEX_NAME, SEQ_IN_INDEX",
        (schema, name),
    )
    fulltext: dict[str, list[str]] = {}
    for index, column, index_type, _ in parts:
        if index_type == "FULLTEXT":
            fulltext.setdefault(index, []).append(column)
    prefixed = tuple(row[1] for row in parts if row[0] == "PRIMARY" and row[3] is not None)
    created = "" if kind == "VIEW" else await _definition(pool, name)
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
        primary_key=() if prefixed else tuple(row[1] for row in parts if row[0] == "PRIMARY"),
        prefixed_key=prefixed,
        fulltext_indexes=tuple(
            FulltextIndex(index, tuple(names), "ngram" if f"`{index}`" in _ngram_part(created) else None)
            for index, names in fulltext.items()
        ),
    )


def _ngram_part(created: str) -> str:
    return "\n".join(line for line in created.splitlines() if "WITH PARSER" in line and "ngram" in line)


async def _definition(pool: Pool, table: str) -> str:
    row = (await pool.fetch(f"SHOW CREATE TABLE {quote_identifier(table)}")).first()
    return str(row[1]) if row else ""
