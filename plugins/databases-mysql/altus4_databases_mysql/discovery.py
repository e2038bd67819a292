"""Schema discovery: what a customer's database has, in a few statements for all of it.

Works with SELECT on that schema alone. Statements per table are needed for one thing: the parser of a FULLTEXT index
shows only in SHOW CREATE TABLE. They are left out where the server has no parser plugins at all (MariaDB as it
comes), and for tables whose answer is remembered.
"""

import asyncio
import logging
import re
from collections.abc import Mapping
from datetime import datetime

import attrs
from altus4_mysql import Lease, Limits, QueryFailed, ServerFacts, TargetSchema, quote_identifier

from altus4_databases_mysql import assembly
from altus4_databases_mysql.showcreate import fulltext_parsers

VARIABLES = (
    "ft_max_word_len",
    "ft_min_word_len",
    "innodb_ft_enable_stopword",
    "innodb_ft_max_token_size",
    "innodb_ft_min_token_size",
    "innodb_ft_server_stopword_table",
    "innodb_ft_user_stopword_table",
    "lower_case_table_names",
    "ngram_token_size",
)

_TABLES = (
    "SELECT TABLE_NAME, TABLE_TYPE, ENGINE, TABLE_COLLATION, TABLE_ROWS, DATA_LENGTH, LEFT(TABLE_COMMENT, 200)"
    " FROM information_schema.TABLES WHERE TABLE_SCHEMA = %s"
)
_COLUMNS = (
    "SELECT TABLE_NAME, COLUMN_NAME, ORDINAL_POSITION, DATA_TYPE, COLUMN_TYPE, IS_NULLABLE, COLUMN_KEY,"
    " CHARACTER_SET_NAME, COLLATION_NAME, CHARACTER_MAXIMUM_LENGTH, EXTRA, LEFT(COLUMN_COMMENT, 200)"
    " FROM information_schema.COLUMNS WHERE TABLE_SCHEMA = %s"
)
# An index the optimizer may not see answers error 1191 to MATCH.
_INDEXES = (
    "SELECT TABLE_NAME, INDEX_NAME, COLUMN_NAME, INDEX_TYPE, NON_UNIQUE, SUB_PART, NULLABLE"
    " FROM information_schema.STATISTICS WHERE TABLE_SCHEMA = %s AND (INDEX_TYPE = 'FULLTEXT' OR NON_UNIQUE = 0)"
    "{visible} ORDER BY TABLE_NAME, INDEX_NAME, SEQ_IN_INDEX"
)
_PARSERS = (
    "SELECT 1 FROM information_schema.PLUGINS WHERE PLUGIN_TYPE = 'FTPARSER' AND PLUGIN_STATUS = 'ACTIVE' LIMIT 1"
)
_DEFAULT_STOPWORDS = "SELECT value FROM information_schema.INNODB_FT_DEFAULT_STOPWORD"

# 20,000 tables of 10 columns: far beyond that, an answer is an attack on our memory rather than a schema.
LIMITS = Limits(max_response_bytes=32 << 20, max_rows=200_000)

_VERSION = re.compile(r"(\d+)\.(\d+)")
_VISIBLE = {"mysql": ((8, 0), " AND IS_VISIBLE = 'YES'"), "mariadb": ((10, 6), " AND IGNORED = 'NO'")}


@attrs.frozen
class Discovered:
    """A schema, and the parsers that were read for it (see `Discovery.read`)."""

    schema: TargetSchema
    parsers: assembly.Parsers


class Discovery:
    """Reads the schema of one database.

    Args:
        database: Name of the schema.
        logger: Gets what could not be read.
    """

    def __init__(self, database: str, logger: logging.Logger) -> None:
        self._database = database
        self._logger = logger

    async def read(self, lease: Lease, now: datetime, remembered: assembly.Parsers | None = None) -> Discovered:
        """Read everything, on one connection.

        Args:
            lease: A connection. Its session is changed; discard it afterwards.
            now: The time to note.
            remembered: Parsers of an earlier reading that are to be believed where the table still has the same
                FULLTEXT indexes by name; None reads all of them again.

        Raises:
            MySQLError: it could not be read.
        """
        connection = lease.connection
        visible = _visible(connection.flavour, connection.version)
        await lease.fetch(_session(live=connection.flavour == "mysql" and bool(visible)))
        names = ", ".join(f"'{name}'" for name in VARIABLES)
        variables = {row[0]: row[1] for row in await lease.fetch(f"SHOW VARIABLES WHERE Variable_name IN ({names})")}
        server = ServerFacts(connection.version, connection.flavour, variables, await self._stopwords(lease, variables))
        where = (self._database,)
        table_rows = await lease.fetch(_TABLES, where, limits=LIMITS)
        column_rows = await lease.fetch(_COLUMNS, where, limits=LIMITS)
        parts = assembly.index_parts(await lease.fetch(_INDEXES.format(visible=visible), where, limits=LIMITS))
        parsers = await self._parsers(lease, parts, remembered)
        # Ten thousand columns take some 50 ms of pure computation: not on the event loop.
        tables = await asyncio.to_thread(assembly.tables, self._database, table_rows, column_rows, parts, parsers)
        return Discovered(TargetSchema(self._database, server, tables, read_at=now), parsers)

    async def _stopwords(self, lease: Lease, variables: Mapping[str, str]) -> frozenset[str]:
        """Read the words that InnoDB leaves out; none when unknown, so that no word is dropped on a guess."""
        if variables.get("innodb_ft_enable_stopword", "ON").upper() != "ON":
            return frozenset()
        custom = variables.get("innodb_ft_user_stopword_table") or variables.get("innodb_ft_server_stopword_table")
        try:
            statement = _DEFAULT_STOPWORDS
            if custom:
                schema, _, table = custom.partition("/")
                statement = f"SELECT value FROM {quote_identifier(schema)}.{quote_identifier(table)}"
            rows = await lease.fetch(statement)
        except QueryFailed as error:
            self._logger.info("stop words cannot be read: %s; server: %s", error, error.server_text)
            return frozenset()
        return frozenset(str(row[0]).lower() for row in rows if row[0])

    async def _parsers(
        self, lease: Lease, parts: list[assembly.IndexPart], remembered: assembly.Parsers | None
    ) -> assembly.Parsers:
        if not await lease.fetch(_PARSERS):
            return {}
        indexes: dict[str, set[str]] = {}
        for part in parts:
            if part.fulltext:
                indexes.setdefault(part.table, set()).add(part.index)
        found: dict[str, Mapping[str, str]] = {}
        for table, names in sorted(indexes.items()):
            known = (remembered or {}).get(table)
            if known is not None and set(known) == names:
                found[table] = known
                continue
            read = await self._parsers_of(lease, table)
            found[table] = {name: read.get(name, "") for name in names}
        return found

    async def _parsers_of(self, lease: Lease, table: str) -> Mapping[str, str]:
        statement = f"SHOW CREATE TABLE {quote_identifier(self._database)}.{quote_identifier(table)}"
        try:
            row = (await lease.fetch(statement)).first()
        except QueryFailed as error:
            # Dropped a moment ago, or a column-level grant: the built-in parser is by far the likeliest.
            self._logger.info("definition of a table cannot be read: %s; server: %s", error, error.server_text)
            return {}
        return fulltext_parsers(str(row[1])) if row else {}


def _session(*, live: bool) -> str:
    """Ask for names in backticks whatever the server's default is, and for live row estimates (MySQL 8 keeps a day)."""
    fresh = ", information_schema_stats_expiry = 0" if live else ""
    return f"SET SESSION sql_quote_show_create = 1{fresh}"


def _visible(flavour: str, version: str) -> str:
    """Give the condition that leaves invisible indexes out, where the server knows such."""
    since, condition = _VISIBLE[flavour]
    found = _VERSION.match(version)
    return condition if found and (int(found[1]), int(found[2])) >= since else ""
