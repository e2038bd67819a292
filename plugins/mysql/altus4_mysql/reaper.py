"""Ending a statement that nobody waits for any more, or whose connection was lost.

Closing the client's socket does not stop a statement: the server notices when it writes the answer. A FULLTEXT
query notices neither KILL QUERY nor KILL for minutes. So: ask a side connection to kill, and tell the caller when
the thread is really gone; until then its pool slot counts as used, else retries would pile up threads.
"""

import asyncio
import logging
import time

from .driver import Driver, DriverConnection
from .errors import ConnectFailed, MySQLError, QueryFailed
from .options import ConnectOptions

_LOG = logging.getLogger("altus4.mysql")

_NO_SUCH_THREAD = (1094, 1095)  # unknown; somebody else's, i.e. a new owner of the number
_FIRST_PAUSE = 0.05  # seconds
_LONGEST_PAUSE = 1.0
_PATIENCE = 5.0  # seconds for one step of the side connection


class Reaper:
    """Kills threads through side connections.

    Args:
        driver: makes the side connection.
        options: the same account: it may kill its own threads without privileges.
        seconds: how long to try before giving up.
    """

    def __init__(self, driver: Driver, options: ConnectOptions, seconds: float) -> None:
        self._driver = driver
        self._options = options
        self._seconds = seconds

    async def reap(self, victim: DriverConnection, connected_at: float, *, once: bool = False) -> bool:
        """Kill the victim's thread and wait until it is gone.

        Args:
            victim: a connection that was cut, or lost, with a statement in flight.
            connected_at: `time.monotonic()` of its making.
            once: give up when the first side connection comes to nothing.

        Returns:
            True when the thread is gone for certain, False when the time was over first.
        """
        pause = _FIRST_PAUSE
        try:
            async with asyncio.timeout(self._seconds):
                while not await self._try(victim, connected_at):
                    if once:
                        return False
                    await asyncio.sleep(pause)
                    pause = min(2 * pause, _LONGEST_PAUSE)
        except TimeoutError:
            _LOG.warning("gave up on thread %d after %g s; it may still run", victim.thread_id, self._seconds)
            return False
        return True

    async def _try(self, victim: DriverConnection, connected_at: float) -> bool:
        side: DriverConnection | None = None
        try:
            side = await self._driver.connect(self._options, only=victim.address)
            if side.version != victim.version or side.thread_id <= victim.thread_id:
                return True  # numbers only grow: another server, or a new life of this one
            uptime = await _query(side, "SHOW GLOBAL STATUS LIKE 'Uptime'")
            if int(uptime) + 2 < time.monotonic() - connected_at:
                return True  # started after the victim was connected: the number is somebody else's
            await self._kill(side, victim.thread_id)
        except ConnectFailed as error:
            return error.nobody_there
        except QueryFailed as error:
            return error.errno in _NO_SUCH_THREAD
        except (MySQLError, TimeoutError, ValueError):
            return False
        finally:
            if side is not None:
                side.close()
        return True

    async def _kill(self, side: DriverConnection, thread_id: int) -> None:
        """Kill until the server says that there is no such thread, by `QueryFailed`."""
        statement = f"KILL QUERY {thread_id}"
        pause = _FIRST_PAUSE
        while True:
            await _query(side, statement)
            await asyncio.sleep(pause)
            pause = min(2 * pause, _LONGEST_PAUSE)
            statement = f"KILL {thread_id}"


async def _query(side: DriverConnection, statement: str) -> str:
    async with asyncio.timeout(_PATIENCE):
        row = (await side.query(statement)).first()
    return str(row[1]) if row else ""
