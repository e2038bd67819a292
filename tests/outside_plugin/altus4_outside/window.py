"""A limiter: fixed windows of a minute, in memory."""

from collections import OrderedDict

from altus4_core.clock import Clock
from altus4_core.records import Subject, Verdict

WINDOW = 60
CAPACITY = 10_000


class WindowLimiter:
    """Counts each subject's requests from the first one on, a minute long."""

    name = "minute"

    def __init__(self, clock: Clock, most: int) -> None:
        self._clock = clock
        self._most = most
        self._windows: OrderedDict[tuple[str, str], tuple[float, int]] = OrderedDict()

    async def admit(self, subject: Subject, action: str, cost: int) -> Verdict:
        """Count."""
        now = self._clock.monotonic()
        key = (subject.kind, subject.id)
        ends, used = self._windows.get(key, (0.0, 0))
        if ends <= now:
            ends, used = now + WINDOW, 0
        allowed = used + cost <= self._most
        if allowed:
            used = max(0, used + cost)
            self._windows[key] = (ends, used)
            self._windows.move_to_end(key)
        while len(self._windows) > CAPACITY:
            self._windows.popitem(last=False)
        left = ends - now
        return Verdict(
            allowed=allowed, limit=self._most, remaining=max(0, self._most - used), reset_after=left,
            retry_after=0.0 if allowed else left, window=WINDOW, tier=subject.tier, policy=self.name,
        )  # fmt: skip
