"""A driver behind a circuit breaker: every connection attempt to one database passes here and is counted."""

import asyncio
import time
from collections.abc import Callable

from altus4_mysql import ConnectFailed, ConnectOptions, Driver, DriverConnection

from altus4_databases_mysql.breaker import Breaker, Open, Ticket

# An attempt that somebody gave up on counts against the server when it took this many times as long as the last good
# one, within these bounds in seconds.
PATIENCE = 5
SHORTEST, LONGEST = 0.2, 1.0


class CircuitOpen(ConnectFailed):
    """Nothing was tried: the server has failed too often; `retry_after` in seconds."""

    def __init__(self, retry_after: float) -> None:
        super().__init__("unreachable", "the circuit is open")
        self.retry_after = retry_after


class GuardedDriver:
    """Counts what the server does wrong while connecting; refusals of our own do not count."""

    def __init__(self, driver: Driver, breaker: Breaker, on_connected: Callable[[], None] = lambda: None) -> None:
        self._driver = driver
        self._breaker = breaker
        self._on_connected = on_connected
        self._silence = LONGEST
        self.last_failure: ConnectFailed | None = None
        self._probes: set[asyncio.Task[DriverConnection]] = set()

    @property
    def name(self) -> str:
        """The driver's name."""
        return self._driver.name

    async def connect(self, options: ConnectOptions, *, only: str | None = None) -> DriverConnection:
        """Connect; raises `ConnectFailed`, and its kind `CircuitOpen` without trying."""
        try:
            ticket = self._breaker.admit()
        except Open as error:
            raise CircuitOpen(error.retry_after) from error
        if ticket.probe:
            return await self._probe(options, only, ticket)
        return await self._connect(options, only, ticket)

    async def _probe(self, options: ConnectOptions, only: str | None, ticket: Ticket) -> DriverConnection:
        """Connect in a task of its own: what comes of it is for everybody, so whoever began it may leave.

        A search of two tables at once needs two connections. The second one finds the probe under way, fails, and takes
        the first with it: a probe that ended with that would never find out anything.
        """
        task = asyncio.create_task(self._connect(options, only, ticket))
        self._probes.add(task)
        task.add_done_callback(self._probes.discard)
        try:
            return await asyncio.shield(task)
        except asyncio.CancelledError:
            task.add_done_callback(_close)
            raise

    async def _connect(self, options: ConnectOptions, only: str | None, ticket: Ticket) -> DriverConnection:
        started = time.monotonic()
        try:
            connection = await self._driver.connect(options, only=only)
        except ConnectFailed as error:
            self._failed(ticket, error)
            raise
        except BaseException:
            # Cancelled: a request's own deadline is over, or its client has gone. Only the first says something
            # about the server, and only the time tells them apart.
            if time.monotonic() - started >= self._silence:
                self._failed(ticket, ConnectFailed("unreachable"))
            else:
                self._breaker.abandoned(ticket)
            raise
        self.last_failure = None
        self._breaker.succeeded()
        self._silence = min(max(PATIENCE * (time.monotonic() - started), SHORTEST), LONGEST)
        self._on_connected()
        return connection

    def _failed(self, ticket: Ticket, error: ConnectFailed) -> None:
        self.last_failure = error
        if error.reason == "not_allowed":
            self._breaker.abandoned(ticket)
        else:
            self._breaker.failed(ticket)


def _close(task: "asyncio.Task[DriverConnection]") -> None:
    """Let go of a connection that nobody waits for any more."""
    if not task.cancelled() and task.exception() is None:
        task.result().close()
