"""What a backup has to know of the server and the schema, on a connection of its own."""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
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

from altus4_metadata_mysql.dump.errors import BackupFailed
from altus4_metadata_mysql.failures import refusal
from altus4_metadata_mysql.privileges import Privileges, read_privileges

BASE_TABLES: Final = (
    "SELECT table_name, COALESCE(data_length, 0) FROM information_schema.tables"
    " WHERE table_schema = %s AND table_type <> 'VIEW' ORDER BY 1"
)
COUNT_SECONDS: Final = 3600.0  # of a table with a hundred million rows


@attrs.frozen
class Server:
    """Family and version, as `9.7.4`."""

    product: str
    version: str
    binary_log: bool = False

    @property
    def release(self) -> tuple[int, int]:
        """The numbers that say whether a dump fits."""
        return release_of(self.version)


def release_of(version: str) -> tuple[int, int]:
    """Give the first two numbers of a version; what is no number counts as 0."""
    numbers = [int(part) if part.isdecimal() else 0 for part in version.split(".")[:2]]
    return (numbers[0], numbers[1]) if len(numbers) == 2 else (numbers[0], 0)


def product_of(version: str) -> str:
    """Tell the family from the server's own words."""
    return "MariaDB" if "mariadb" in version.lower() else "MySQL"


class Facts:
    """Asks one connection."""

    def __init__(self, connection: DriverConnection, schema: str) -> None:
        self._connection = connection
        self._schema = schema

    async def server(self) -> Server:
        """Say who it is."""
        row = next(iter(await self._connection.query("SELECT @@version, @@log_bin")))
        text = str(row[0])
        return Server(product_of(text), text.split("-", maxsplit=1)[0], bool(row[1]))

    async def sizes(self) -> Mapping[str, int]:
        """Give the tables with the bytes they roughly have."""
        rows = await self._connection.query(render(BASE_TABLES, (self._schema,)))
        return {str(name): int(size) for name, size in rows}

    async def counts(self, tables: Sequence[str]) -> Mapping[str, int]:
        """Count the rows of tables."""
        counted = {}
        for table in tables:
            place = f"{quote_identifier(self._schema)}.{quote_identifier(table)}"
            async with asyncio.timeout(COUNT_SECONDS):
                counted[table] = int((await self._connection.query(render(f"SELECT COUNT(*) FROM {place}"))).scalar())
        return counted

    async def privileges(self) -> Privileges:
        """Say what this account may do."""
        return await read_privileges(self._connection)


@asynccontextmanager
async def look(options: ConnectOptions, driver: str) -> AsyncIterator[Facts]:
    """Connect, and turn what goes wrong into one line.

    Raises:
        StartupRefused: the server cannot be reached or refuses the account.
        BackupFailed: it went away, or refused to be looked at.
    """
    try:
        connection = await make_driver(driver).connect(attrs.evolve(options, query_timeout=COUNT_SECONDS))
    except ConnectFailed as error:
        raise refusal(error, options) from error
    try:
        yield Facts(connection, options.database or "")
    except QueryFailed as error:
        message = f"the server refused to be read (error {error.errno}): grant the user SELECT on the whole schema"
        raise BackupFailed(message) from error
    except (MySQLError, TimeoutError) as error:
        message = f"the metadata database went away ({error}): nothing was changed; run it again"
        raise BackupFailed(message) from error
    finally:
        connection.close()
        with suppress(TimeoutError):
            async with asyncio.timeout(1.0):
                await connection.wait_closed()
