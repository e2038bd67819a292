"""The slow lane of a pool: how many slow statements may run at once, and who need not wait for a turn."""

import time

from .errors import PoolExhausted
from .permits import Permits

_WEIGHT = 0.2  # of the newest statement in the time that one is expected to take


class SlowLane:
    """Permits for slow statements, given only to those that can still end in time.

    Who gets a turn when the deadline is nearly over is sent in vain: the server works on, nobody waits for the answer,
    and the next in line has waited as long. With more callers than the server can serve, nobody would be answered.

    Args:
        size: statements at once.
        max_waiters: callers that may wait.
    """

    def __init__(self, size: int, max_waiters: int) -> None:
        self._size = size
        self._permits = Permits(size, max_waiters)
        self._usual = 0.0  # seconds a statement holds its permit, killed ones until the server let go

    @property
    def used(self) -> int:
        """Permits that are held."""
        return self._size - self._permits.free

    @property
    def free(self) -> int:
        """Permits nobody holds."""
        return self._permits.free

    @property
    def queued(self) -> int:
        """Callers waiting."""
        return self._permits.queued

    async def acquire(self, patience: float | None, deadline: float) -> float:
        """Take a permit; give `time.monotonic()` of that moment, for `release`.

        Args:
            patience: seconds to wait at most; None: as long as the caller does.
            deadline: seconds until nobody waits for the statement any more.

        Raises:
            PoolExhausted: too many are before this one, or the time is over.
            PoolClosed: closed before or meanwhile.
        """
        # Who finds a free permit is sent whatever it may take: what is expected would else never be put right. Those
        # before the others end one after the other; what runs now is half done, on the average.
        if self._permits.free:
            await self._permits.acquire(patience)
            return time.monotonic()
        began = time.monotonic()
        self._check((self._permits.queued + 0.5) / self._size * self._usual, deadline)
        await self._permits.acquire(patience)
        now = time.monotonic()
        try:
            self._check(now - began, deadline)
        except PoolExhausted:
            self._permits.release()
            raise
        return now

    def _check(self, waits: float, deadline: float) -> None:
        """Raise PoolExhausted if a statement that waits so long would end too late."""
        if waits + self._usual > deadline:
            message = (
                f"the database is busy with slow statements, and {self.queued} wait for their turn: one more would not "
                f"end within {deadline:g} s"
            )
            raise PoolExhausted(message)

    def release(self, since: float) -> None:
        """Give a permit back; `since` is what `acquire` gave."""
        took = time.monotonic() - since
        self._usual += (took - self._usual) * (_WEIGHT if self._usual else 1.0)
        self._permits.release()

    def close(self) -> None:
        """Turn everybody away, now and later."""
        self._permits.close()
