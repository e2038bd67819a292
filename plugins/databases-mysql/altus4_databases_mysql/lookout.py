"""The lookout: while a breaker is open, notices cheaply that the server answers again.

Pauses double up to a minute, yet a server that returns should serve again within seconds. So whoever is turned away
sends the lookout, at most every few seconds: connect, read the greeting, hang up; no credentials.
"""

import asyncio
import time

from altus4_mysql import ConnectFailed, ConnectOptions

from altus4_databases_mysql.breaker import Breaker
from altus4_databases_mysql.gatekeeper import Resolve
from altus4_databases_mysql.guard import GuardedDriver

INTERVAL = 3.0  # seconds between two looks
PATIENCE = 2.0  # seconds for one look
_HEADER = 4  # bytes in front of a packet: length and number
_PROTOCOL = 10  # first byte of a greeting; an error packet has 0xff


class Lookout:
    """Looks after one database."""

    def __init__(self, breaker: Breaker, guard: GuardedDriver, options: ConnectOptions, resolve: Resolve) -> None:
        self._breaker = breaker
        self._guard = guard
        self._options = options
        self._resolve = resolve
        self._looked = float("-inf")
        self._task: asyncio.Task[None] | None = None

    def send(self) -> None:
        """Look in the background, unless that was done just now or would tell nothing.

        A server that refused the login does greet. Hanging up on it again and again would make it block this host
        (`max_connect_errors`), so only one that was unreachable is looked at.
        """
        failure = self._guard.last_failure
        if not self._breaker.wants_hint or (failure is not None and failure.reason != "unreachable"):
            return
        now = time.monotonic()
        if now - self._looked < INTERVAL or (self._task is not None and not self._task.done()):
            return
        self._looked = now
        self._task = asyncio.create_task(self._look())

    async def close(self) -> None:
        """Stop looking."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def _look(self) -> None:
        try:
            async with asyncio.timeout(PATIENCE):
                addresses = await self._resolve(self._options.host, self._options.port)
                if await greets(addresses[0], self._options.port):
                    self._breaker.hint()
        except (OSError, ConnectFailed):  # TimeoutError is an OSError
            return


async def greets(address: str, port: int) -> bool:
    """Tell whether a MySQL server greets there; raises `OSError` when nobody answers."""
    reader, writer = await asyncio.open_connection(address, port, limit=1024)
    try:
        start = await reader.readexactly(_HEADER + 1)
    except asyncio.IncompleteReadError:
        return False
    finally:
        writer.transport.abort()
    return start[_HEADER] == _PROTOCOL
