"""A limiter in this process's memory: hourly rates by tier, sliding windows for logging in and registering.

Everything happens between two awaits of the event loop, so no lock is needed and no two requests share a place.
"""

from collections import deque
from functools import partial

from altus4_core.clock import Clock
from altus4_core.limits.gcra import SECOND, Rate, judge
from altus4_core.limits.quotas import Limits, rate_verdict, subject_key, window_verdict
from altus4_core.limits.table import RecentTable
from altus4_core.limits.window import Window, judge_window
from altus4_core.records import RateLimit, Subject, Verdict

_MOST_RATES = 1000


class MemoryLimiter:
    """Counts in this process's memory."""

    name = "default"

    def __init__(self, limits: Limits, clock: Clock) -> None:
        self._limits = limits
        self._clock = clock
        # One table a kind: a flood of addresses must not make keys forgotten.
        self._rates = {
            kind: RecentTable[int](limits.capacity, int, self._is_paid) for kind in ("key", "account", "address")
        }
        self._rate_of: dict[RateLimit, Rate] = {}
        self._windows = {
            place: RecentTable[deque[int]](limits.capacity, deque, partial(self._has_passed, length=seconds * SECOND))
            for place, (_, seconds) in limits.windows.items()
        }

    async def admit(self, subject: Subject, action: str, cost: int) -> Verdict:
        """Count `cost` units of the action for the subject and judge.

        `cost` 0 only looks; less than 0 gives back what was counted before.
        """
        place = (subject.kind, action)
        if place in self._windows:
            return self._admit_window(place, subject, cost)
        quota = self._limits.quota(subject)
        rate = self._rate_of.get(quota) or self._rate(quota)
        table, key = self._rates[subject.kind], subject_key(subject)
        judgement = judge(rate, table.get(key), self._now(), cost)
        if cost:
            table.put(key, judgement.arrival)
        return rate_verdict(judgement, subject, quota)

    def _rate(self, quota: RateLimit) -> Rate:
        """Give what one process grants of a quota. Remembered: most subjects have one of a few."""
        if len(self._rate_of) >= _MOST_RATES:
            self._rate_of.clear()
        processes = self._limits.processes
        rate = Rate.per_hour(max(1, quota.requests_per_hour // processes), max(1, quota.burst // processes))
        self._rate_of[quota] = rate
        return rate

    def _admit_window(self, place: tuple[str, str], subject: Subject, cost: int) -> Verdict:
        most, seconds = self._limits.windows[place]
        window = Window(max(1, most // self._limits.processes), seconds * SECOND)
        table, key = self._windows[place], subject_key(subject)
        events = table.get(key)
        judgement = judge_window(window, events, self._now(), cost)
        if cost:
            table.put(key, events)
        return window_verdict(judgement, subject, place[1], most, seconds)

    def _now(self) -> int:
        return int(self._clock.monotonic() * SECOND)

    def _is_paid(self, arrival: int) -> bool:
        return arrival <= self._now()

    def _has_passed(self, events: deque[int], *, length: int) -> bool:
        return not events or events[-1] <= self._now() - length
