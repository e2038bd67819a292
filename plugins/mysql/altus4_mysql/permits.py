"""How many may use the pool at once, and how many may wait."""

import asyncio
from collections import deque

from .errors import PoolClosed, PoolExhausted


class Permits:
    """A fair semaphore with a bounded queue. First come, first served; nobody overtakes.

    Args:
        size: permits.
        max_waiters: callers that may wait; the next one fails at once.
    """

    def __init__(self, size: int, max_waiters: int) -> None:
        self._free = size
        self._max_waiters = max_waiters
        self._waiters: deque[asyncio.Future[None]] = deque()
        self._closed = False

    @property
    def free(self) -> int:
        """Permits nobody holds."""
        return self._free

    @property
    def queued(self) -> int:
        """Callers waiting."""
        return len(self._waiters)

    async def acquire(self, seconds: float | None) -> None:
        """Take a permit, waiting at most `seconds`; None: as long as the caller does.

        Raises:
            PoolExhausted: the queue is full, or the time is over.
            PoolClosed: closed before or meanwhile.
        """
        if self._closed:
            raise PoolClosed
        if self._free and not self._waiters:
            self._free -= 1
            return
        if len(self._waiters) >= self._max_waiters:
            message = f"all connections are busy and {self._max_waiters} callers wait already"
            raise PoolExhausted(message)
        waiter: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiters.append(waiter)
        try:
            if seconds is None:
                await waiter
                return
            async with asyncio.timeout(seconds):
                await waiter
        except BaseException as error:
            self._withdraw(waiter)
            if isinstance(error, TimeoutError):
                message = f"no connection became free within {seconds:g} s"
                raise PoolExhausted(message) from None
            raise

    def _withdraw(self, waiter: "asyncio.Future[None]") -> None:
        if waiter.done() and not waiter.cancelled() and waiter.exception() is None:
            # The permit was handed over in the very moment its receiver gave up: pass it on.
            self.release()
            return
        try:
            self._waiters.remove(waiter)
        except ValueError:
            return

    def release(self) -> None:
        """Give a permit back, or straight to the first who waits."""
        while self._waiters:
            waiter = self._waiters.popleft()
            if not waiter.done():
                waiter.set_result(None)
                return
        self._free += 1

    def close(self) -> None:
        """Turn everybody away, now and later."""
        self._closed = True
        while self._waiters:
            waiter = self._waiters.popleft()
            if not waiter.done():
                waiter.set_exception(PoolClosed())
