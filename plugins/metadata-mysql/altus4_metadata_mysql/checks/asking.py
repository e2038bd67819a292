"""One connection for one look at the server, and what it means when there is none."""

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager, suppress

from altus4_mysql import DriverConnection, MySQLError, QueryFailed, make_driver

from altus4_core.errors import Altus4Error
from altus4_core.records import Finding, Severity
from altus4_core.settings import Secret
from altus4_metadata_mysql.link import options_of

SECONDS = 4.0


class Server:
    """The metadata server, as a check sees it.

    Args:
        url: The metadata URL.
        driver: Name of the driver.
        size: Connections of one gateway.
    """

    def __init__(self, url: Secret, driver: str, size: int) -> None:
        self._url = url
        self._driver = driver
        self.size = size

    @property
    def schema(self) -> str:
        """The metadata schema."""
        return options_of(self._url, query_timeout=SECONDS).database or ""

    @asynccontextmanager
    async def connection(self) -> AsyncIterator[DriverConnection]:
        """Connect for one look."""
        connection = await make_driver(self._driver).connect(options_of(self._url, query_timeout=SECONDS))
        try:
            yield connection
        finally:
            connection.close()
            with suppress(MySQLError, TimeoutError):
                await connection.wait_closed()

    async def look(
        self, name: str, at: Callable[[DriverConnection], Awaitable[Sequence[Finding]]]
    ) -> Sequence[Finding]:
        """Give the findings of one look; where the server does not let it, that is the finding."""
        try:
            async with self.connection() as connection:
                return await at(connection)
        except QueryFailed as error:
            message = f"this account may not look (error {error.errno})"
            return [Finding(name, Severity.INFO, message, "run altus4 doctor with an administrator's metadata URL")]
        except (MySQLError, Altus4Error) as error:
            return [Finding(name, Severity.ERROR, f"cannot be looked at: {str(error).splitlines()[0]}")]
