"""Table `migrations`: what was applied, and the lock under which migrations run."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

import attrs
from altus4_mysql import (
    ConnectFailed,
    ConnectOptions,
    DriverConnection,
    MySQLError,
    QueryFailed,
    Scalar,
    make_driver,
    quote_identifier,
    render,
)

from altus4_core.errors import Busy, MigrationFailed
from altus4_core.store import AppliedMigration
from altus4_metadata_mysql.failures import NO_SUCH_TABLE, refusal
from altus4_metadata_mysql.values import from_time_needed, to_time

LOCK = "altus4 migrate"
LOCK_WAIT_TIMEOUT = 10  # seconds that DDL waits for somebody's transaction
STATEMENT_SECONDS = 24 * 3600.0
# What a statement answers whose work a run that was cut off had done already: table, column or index exists;
# nothing to drop; unknown table at a drop.
DONE_ALREADY = frozenset({1050, 1060, 1061, 1091, 1051})

CREATE = (
    "CREATE TABLE IF NOT EXISTS migrations ("
    " id INT AUTO_INCREMENT PRIMARY KEY,"
    " filename VARCHAR(255) NOT NULL UNIQUE,"
    " applied_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP,"
    " batch INT NOT NULL DEFAULT 1,"
    " checksum CHAR(64) NOT NULL DEFAULT '',"
    " state VARCHAR(16) NOT NULL DEFAULT 'applied',"
    " statements_done INT NOT NULL DEFAULT 0,"
    " duration_ms BIGINT NOT NULL DEFAULT 0,"
    " applied_by VARCHAR(255) NOT NULL DEFAULT ''"
    ") ENGINE = InnoDB DEFAULT CHARACTER SET = utf8mb4 COLLATE = utf8mb4_bin"
)
COLUMNS = "filename, applied_at, batch, checksum, state, statements_done, duration_ms"


class MySQLMigrationStore:
    """Runs migrations on single connections: a pool would reconnect, and a new connection does not hold the lock."""

    def __init__(self, options: ConnectOptions, driver: str) -> None:
        self._options = options
        self._driver = make_driver(driver)

    async def applied(self) -> Sequence[AppliedMigration]:
        """Read the tracking table without a lock; writes nothing. No schema means nothing applied."""
        try:
            connection = await self._driver.connect(self._options)
        except ConnectFailed as error:
            if error.reason == "unknown_database":
                return []
            raise refusal(error, self._options) from error
        try:
            return await _applied(connection)
        finally:
            connection.close()

    @asynccontextmanager
    async def session(self, *, wait: float) -> AsyncIterator["MySQLMigrationSession"]:
        """Take the migration lock; makes the schema if it is absent."""
        connection = await self._connect()
        try:
            name = f"{LOCK} {self._options.database}"[:64]
            got = (await connection.query(render("SELECT GET_LOCK(%s, %s)", (name, wait)))).scalar()
            if got != 1:
                message = f"somebody else is migrating; waited {wait:g} s"
                raise Busy(message)
            await connection.query(f"SET SESSION lock_wait_timeout = {LOCK_WAIT_TIMEOUT}")
            session = MySQLMigrationSession(connection)
            yield session
            await connection.query(render("SELECT RELEASE_LOCK(%s)", (name,)))
        except MySQLError as error:
            message = f"the metadata database failed: {error}"
            raise MigrationFailed(message) from error
        finally:
            connection.close()

    async def _connect(self) -> DriverConnection:
        try:
            return await self._driver.connect(self._options)
        except ConnectFailed as error:
            if error.reason != "unknown_database":
                raise refusal(error, self._options) from error
        try:
            connection = await self._driver.connect(attrs.evolve(self._options, database=None))
            try:
                schema = quote_identifier(self._options.database or "").replace("%%", "%")
                await connection.query(f"CREATE DATABASE IF NOT EXISTS {schema} CHARACTER SET utf8mb4")
            finally:
                connection.close()
            return await self._driver.connect(self._options)
        except QueryFailed as error:
            message = f"the schema {self._options.database!r} is absent and this user may not create it"
            raise MigrationFailed(message) from error
        except ConnectFailed as error:
            raise refusal(error, self._options) from error


class MySQLMigrationSession:
    """The held lock. The connection never reconnects: when it is lost, everything after fails."""

    def __init__(self, connection: DriverConnection) -> None:
        self._connection = connection
        self._ready = False

    async def applied(self) -> Sequence[AppliedMigration]:
        """Read the tracking table in order of application."""
        return await _applied(self._connection)

    async def run(self, statement: str, *, resumed: bool = False) -> None:
        """Run one SQL statement of a migration."""
        try:
            await self._connection.query(statement)
        except QueryFailed as error:
            dropping = statement.lstrip().lower().startswith(("drop", "alter"))
            done = error.errno in DONE_ALREADY or (error.errno == NO_SUCH_TABLE and dropping)
            if resumed and done:
                return
            message = f"error {error.errno} at: {' '.join(statement.split())[:300]}"
            raise MigrationFailed(message) from error

    async def record(self, row: AppliedMigration) -> None:
        """Insert or replace a row of the tracking table (made on first use)."""
        if not self._ready:
            await self._connection.query(CREATE)
            self._ready = True
        sql = (
            f"INSERT INTO migrations ({COLUMNS}, applied_by) VALUES (%s, %s, %s, %s, %s, %s, %s, CURRENT_USER())"
            " ON DUPLICATE KEY UPDATE applied_at = VALUES(applied_at), batch = VALUES(batch),"
            " checksum = VALUES(checksum), state = VALUES(state), statements_done = VALUES(statements_done),"
            " duration_ms = VALUES(duration_ms), applied_by = VALUES(applied_by)"
        )
        values: tuple[Scalar, ...] = (
            row.filename,
            to_time(row.applied_at),
            row.batch,
            row.checksum,
            row.state,
            row.statements_done,
            row.duration_ms,
        )
        await self._connection.query(render(sql, values))

    async def forget(self, filename: str) -> None:
        """Delete a row of the tracking table."""
        await self._connection.query(render("DELETE FROM migrations WHERE filename = %s", (filename,)))


async def _applied(connection: DriverConnection) -> Sequence[AppliedMigration]:
    try:
        rows = await connection.query(f"SELECT {COLUMNS} FROM migrations ORDER BY id")
    except QueryFailed as error:
        if error.errno == NO_SUCH_TABLE:
            return []
        raise
    return [
        AppliedMigration(name, from_time_needed(applied_at), batch, checksum, state, done, duration)
        for name, applied_at, batch, checksum, state, done, duration in rows
    ]
