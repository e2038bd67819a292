"""A borrowed connection."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress

from .driver import DriverConnection
from .errors import MySQLError, PoolClosed, QueryTimeout
from .literals import Scalar
from .options import Limits
from .rows import Rows
from .statement import render


class Lease:
    """Several statements on one connection. Ends with the `async with` of `Pool.lease`.

    Args:
        connection: the connection.
        query_timeout: default deadline of a statement, seconds.
    """

    def __init__(self, connection: DriverConnection, query_timeout: float) -> None:
        self._connection: DriverConnection | None = connection
        self._query_timeout = query_timeout
        self.discarded = False

    @property
    def connection(self) -> DriverConnection:
        """The driver's connection.

        Raises:
            PoolClosed: the lease has ended; the connection may be somebody else's now.
        """
        if self._connection is None:
            raise PoolClosed
        return self._connection

    async def fetch(
        self,
        sql: str,
        params: Sequence[Scalar] = (),
        *,
        deadline: float | None = None,
        limits: Limits | None = None,
    ) -> Rows:
        """Run one statement; see `Pool.fetch`.

        Raises:
            QueryTimeout: the connection has been cut; the lease is of no more use.
        """
        statement = render(sql, params)
        seconds = self._query_timeout if deadline is None else deadline
        try:
            async with asyncio.timeout(seconds):
                return await self.connection.query(statement, limits)
        except TimeoutError:
            raise QueryTimeout(seconds) from None

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator["Lease"]:
        """Commit at the end, roll back on any exception.

        Where ROLLBACK cannot be sent (cancellation, a dead connection) the pool closes the connection, which the
        server answers with the same.
        """
        await self.fetch("START TRANSACTION")
        try:
            yield self
        except Exception:
            if self.connection.in_transaction and not self.connection.in_flight:
                with suppress(MySQLError):
                    await self.fetch("ROLLBACK", deadline=1.0)
            raise
        await self.fetch("COMMIT")

    def discard(self) -> None:
        """Close the connection at the end instead of lending it on: its session was changed (locks, variables)."""
        self.discarded = True

    def end(self) -> None:
        """Let go; called by the pool."""
        self._connection = None
