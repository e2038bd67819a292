"""The slow lane of a pool: how many slow statements may run at once, and who need not wait for a turn."""

import time

from .errors import PoolExhausted
from .permits import Permits

_WEIGHT = 0.2  # of the newest statement in the time that one is expected to take


class SlowLane:
    """Permits for slow statements, given only to those that can still end in time.

    Who gets a turn when the deadline is nearly over is sent in vain: the server works on, nobody waits for the answer,
    and the next in line has waited as long. With more callers than the server can serve, nobody would be answered.
    Nobody is refused before, though: who is told at once comes again at once, and then it is the gateway that is busy.

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
            PoolExhausted: too many wait, or it is this one's turn and the time left is too short.
            PoolClosed: closed before or meanwhile.
        """
        at_once = self._permits.free > 0
        began = time.monotonic()
        await self._permits.acquire(patience)
        now = time.monotonic()
        # Who has not waited is sent whatever it may take: what is expected would else never be put right.
        if not at_once and now - began + self._usual > deadline:
            self._permits.release()
            message = f"slow statements kept the database busy: {now - began:.1f} s of {deadline:g} s are over"
            raise PoolExhausted(message)
        return now

    def release(self, since: float) -> None:
        """Give a permit back; `since` is what `acquire` gave."""
        took = time.monotonic() - since
        self._usual += (took - self._usual) * (_WEIGHT if self._usual else 1.0)
        self._permits.release()

    def close(self) -> None:
        """Turn everybody away, now and later."""
        self._permits.close()
