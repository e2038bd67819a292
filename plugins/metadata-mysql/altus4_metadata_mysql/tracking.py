"""Running migrations: on one connection that holds the lock and never reconnects."""

import asyncio
import hashlib
import re
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager, suppress
from typing import Final

import attrs
from altus4_mysql import (
    ConnectFailed,
    ConnectOptions,
    DriverConnection,
    MySQLError,
    QueryFailed,
    make_driver,
    quote_identifier,
    render,
)

from altus4_core.errors import Busy, MigrationFailed
from altus4_core.store import AppliedMigration
from altus4_metadata_mysql.failures import NO_SUCH_TABLE, refusal
from altus4_metadata_mysql.trackingtable import TABLE, TrackingTable
from altus4_metadata_mysql.wiping import wipe

LOCK: Final = "altus4 migrate"
LONGEST_LOCK_NAME: Final = 64  # the server's own limit, in characters
LOCK_WAIT_TIMEOUT: Final = 10  # seconds that DDL waits for somebody's transaction
# Where each script begins: also what the driver has set, since a script may have changed it.
SESSION: Final = (
    "SET NAMES utf8mb4 COLLATE utf8mb4_unicode_ci, sql_mode = 'STRICT_TRANS_TABLES', time_zone = '+00:00',"
    " autocommit = 1, foreign_key_checks = 1, unique_checks = 1,"
    f" lock_wait_timeout = {LOCK_WAIT_TIMEOUT}, innodb_lock_wait_timeout = {LOCK_WAIT_TIMEOUT}"
)
ANSWER_SECONDS: Final = 15.0  # for what is no migration; that may take hours
SHOWN: Final = 300  # characters of a statement in a message
NO_SUCH_SCHEMA: Final = 1049
EMPTY_STATEMENT: Final = 1065  # all of it is an executable comment for another server
# What a statement answers whose work a run that was cut off had done already: table, column or key exists; column or
# key is gone; table is gone.
DONE_ALREADY: Final = frozenset({1050, 1060, 1061, 1091, 1051})
CHANGES_ROWS: Final = re.compile(
    r"(?:/\*.*?\*/|\s|\()*(?:insert|update|delete|replace|with)\b", re.IGNORECASE | re.DOTALL
)
DROPS: Final = re.compile(r"\s*drop\b", re.IGNORECASE)


class MySQLMigrationStore:
    """Runs migrations on single connections: a pool would reconnect, and a new connection does not hold the lock.

    Args:
        options: Where to and as whom.
        driver: Name of the driver.
        answer_seconds: How long the server may take for anything but a migration's own statements.
    """

    def __init__(self, options: ConnectOptions, driver: str, *, answer_seconds: float = ANSWER_SECONDS) -> None:
        self._options = options
        self._driver = make_driver(driver)
        self._answer_seconds = answer_seconds
        self._schema = options.database or ""

    async def applied(self) -> Sequence[AppliedMigration]:
        """Read the tracking table without a lock; writes nothing. No schema means nothing applied."""
        try:
            connection = await self._driver.connect(self._options)
        except ConnectFailed as error:
            if error.errno == NO_SUCH_SCHEMA:
                return []
            raise refusal(error, self._options) from error
        try:
            with _in_our_terms():
                async with asyncio.timeout(self._answer_seconds):
                    return await TrackingTable(connection, self._schema).rows()
        finally:
            await _close(connection)

    @asynccontextmanager
    async def session(self, *, wait: float) -> AsyncIterator["MySQLMigrationSession"]:
        """Take the migration lock; makes the schema if it is absent."""
        connection = await self._connect()
        try:
            with _in_our_terms():
                async with asyncio.timeout(wait + self._answer_seconds):
                    await self._take_lock(connection, wait)
                    await connection.query(SESSION)
            yield MySQLMigrationSession(connection, TrackingTable(connection, self._schema), self._schema)
        finally:
            await self._release(connection)

    async def _take_lock(self, connection: DriverConnection, wait: float) -> None:
        sql = "SELECT GET_LOCK(%s, %s)"
        got = (await connection.query(render(sql, (self._lock_name(), max(0, round(wait)))))).scalar()
        if got == 0:
            message = f"somebody else is migrating this schema; waited {wait:g} s: try again later, or with --wait"
            raise Busy(message)
        if got != 1:
            message = "the server did not give the migration lock: see its log"
            raise MigrationFailed(message)

    async def _release(self, connection: DriverConnection) -> None:
        # Closing frees the lock, too, but some time later: the next runner would find it held.
        if not connection.in_flight:
            with suppress(MySQLError, TimeoutError):
                async with asyncio.timeout(1.0):
                    await connection.query(render("SELECT RELEASE_LOCK(%s)", (self._lock_name(),)))
        await _close(connection)

    def _lock_name(self) -> str:
        name = f"{LOCK} {self._schema}"
        if len(name) <= LONGEST_LOCK_NAME:
            return name
        return f"{LOCK} {hashlib.sha256(self._schema.encode()).hexdigest()[:40]}"

    async def _connect(self) -> DriverConnection:
        try:
            return await self._driver.connect(self._options)
        except ConnectFailed as error:
            if error.errno != NO_SUCH_SCHEMA:
                raise refusal(error, self._options) from error
        try:
            connection = await self._driver.connect(attrs.evolve(self._options, database=None))
            try:
                schema = quote_identifier(self._schema)
                sql = f"CREATE DATABASE IF NOT EXISTS {schema} CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci"
                with _in_our_terms():
                    async with asyncio.timeout(self._answer_seconds):
                        await connection.query(render(sql))
            finally:
                await _close(connection)
            return await self._driver.connect(self._options)
        except MigrationFailed as error:
            if isinstance(error.__cause__, QueryFailed):
                what = f"the schema {self._schema!r} is not there, and this user may not make it"
                message = f"{what}: create it, and grant the user its rights (README of metadata-mysql)"
                raise MigrationFailed(message) from error
            raise
        except ConnectFailed as error:
            raise refusal(error, self._options) from error


class MySQLMigrationSession:
    """The held lock. The connection never reconnects: when it is lost, everything after fails."""

    def __init__(self, connection: DriverConnection, table: TrackingTable, schema: str) -> None:
        self._connection = connection
        self._table = table
        self._schema = schema

    async def applied(self) -> Sequence[AppliedMigration]:
        """Read the tracking table in order of application."""
        with _in_our_terms():
            return await self._table.rows()

    async def run(self, statement: str, *, resumed: bool = False, progress: AppliedMigration | None = None) -> None:
        """Run one SQL statement of a migration, and record the progress."""
        with _in_our_terms():
            if progress is not None:
                await self._table.prepare()
            # What changes tables is committed by the server at once. What changes rows is not, and running it twice
            # is not the same as once: so it and the note that it has run come true together.
            free = progress is not None and self._connection.is_usable
            together = free and CHANGES_ROWS.match(statement) is not None
            if together:
                await self._connection.query("START TRANSACTION")
            try:
                await self._connection.query(statement)
            except QueryFailed as error:
                if not _counts_as_done(error.errno, statement, resumed=resumed):
                    if self._connection.in_transaction:
                        await self._connection.query("ROLLBACK")
                    message = f"the server refused it (error {error.errno}): {' '.join(statement.split())[:SHOWN]}"
                    raise MigrationFailed(message) from error
            if progress is not None:
                await self._table.write(progress)
            if together:
                await self._connection.query("COMMIT")

    async def record(self, row: AppliedMigration) -> None:
        """Insert or replace a row of the tracking table (made on first use)."""
        with _in_our_terms():
            if row.state == "applied":
                self._refuse_open_transaction(row.filename)
            await self._table.prepare()
            await self._table.write(row)
            if row.state == "applied":
                await self._reset()

    async def mark(self, filename: str, state: str) -> None:
        """Change the state of a row alone."""
        with _in_our_terms():
            await self._table.mark(filename, state)

    async def forget(self, filename: str) -> None:
        """Delete a row of the tracking table."""
        with _in_our_terms():
            self._refuse_open_transaction(filename)
            await self._table.remove(filename)
            await self._reset()

    async def rename(self, filename: str, to: str) -> None:
        """Give a row of the tracking table another name."""
        with _in_our_terms():
            await self._table.rename(filename, to)

    async def wipe(self, *, views: bool) -> Sequence[str]:
        """Drop every table, and with `views` every view. The table of migrations goes first: whoever is cut off here
        must not leave a schema that claims to be at head.
        """
        with _in_our_terms():
            self._table = TrackingTable(self._connection, self._schema)  # to be made anew
            return await wipe(self._connection, self._schema, TABLE, views=views)

    async def _reset(self) -> None:
        """Undo what a script has set or used, for the next script."""
        await self._connection.query(SESSION)
        await self._connection.query(render(f"USE {quote_identifier(self._schema)}"))

    def _refuse_open_transaction(self, filename: str) -> None:
        if not self._connection.is_usable:
            message = f"{filename} leaves a transaction open or autocommit off: end the script with COMMIT"
            raise MigrationFailed(message)


async def _close(connection: DriverConnection) -> None:
    connection.close()
    with suppress(TimeoutError):
        async with asyncio.timeout(1.0):
            await connection.wait_closed()


def _counts_as_done(errno: int, statement: str, *, resumed: bool) -> bool:
    if errno == EMPTY_STATEMENT:
        return True
    gone = errno == NO_SUCH_TABLE and DROPS.match(statement) is not None
    return resumed and (errno in DONE_ALREADY or gone)


@contextmanager
def _in_our_terms() -> Iterator[None]:
    """Turn what the driver raises into one line that says what to do."""
    try:
        yield
    except QueryFailed as error:
        what = f"the server refused to read or write its table of migrations (error {error.errno})"
        message = f"{what}: grant the user its rights (README of metadata-mysql)"
        raise MigrationFailed(message) from error
    except TimeoutError as error:
        message = "the metadata database does not answer: try again when it does"
        raise MigrationFailed(message) from error
    except MySQLError as error:
        message = f"{error}: run the same command again, it goes on where it stopped"
        raise MigrationFailed(message) from error
