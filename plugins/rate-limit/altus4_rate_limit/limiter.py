"""The limiter `default`: hourly rates by tier for ordinary requests, sliding windows for logging in and registering.

Everything happens between two awaits of the event loop, so no lock is needed and no two requests share a place.
"""

import ipaddress
from collections import deque
from collections.abc import Mapping
from functools import partial

import attrs

from altus4_core.clock import Clock
from altus4_core.records import RateLimit, Subject, Verdict
from altus4_rate_limit.gcra import SECOND, Judgement, Rate, judge
from altus4_rate_limit.table import RecentTable
from altus4_rate_limit.window import Window, judge_window


@attrs.frozen
class Limits:
    """All limits.

    Attributes:
        tiers: Quotas by tier; an unknown tier gets the smallest.
        windows: (most, seconds) by kind of subject and action.
        capacity: Subjects remembered per table.
        processes: Gateway processes that share the load; each grants its part.
    """

    tiers: Mapping[str, RateLimit]
    windows: Mapping[tuple[str, str], tuple[int, int]] = attrs.field(factory=dict)
    capacity: int = 100_000
    processes: int = 1


class MemoryLimiter:
    """Counts in this process's memory."""

    name = "default"

    def __init__(self, limits: Limits, clock: Clock) -> None:
        self._limits = limits
        self._clock = clock
        self._smallest = min(limits.tiers.values(), key=lambda quota: quota.requests_per_hour)
        # One table a kind: a flood of addresses must not make keys forgotten.
        self._rates = {
            kind: RecentTable[int](limits.capacity, int, self._is_paid) for kind in ("key", "account", "address")
        }
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
        quota = subject.custom or self._limits.tiers.get(subject.tier, self._smallest)
        rate = Rate.per_hour(
            max(1, quota.requests_per_hour // self._limits.processes), max(1, quota.burst // self._limits.processes)
        )
        table, key = self._rates[subject.kind], _key(subject)
        judgement = judge(rate, table.get(key), self._now(), cost)
        if cost:
            table.put(key, judgement.arrival)
        policy = "custom" if subject.custom is not None else subject.tier
        return _verdict(judgement, quota.requests_per_hour, 3600, subject.tier, policy)

    def _admit_window(self, place: tuple[str, str], subject: Subject, cost: int) -> Verdict:
        most, seconds = self._limits.windows[place]
        window = Window(max(1, most // self._limits.processes), seconds * SECOND)
        table, key = self._windows[place], _key(subject)
        events = table.get(key)
        judgement = judge_window(window, events, self._now(), cost)
        if cost:
            table.put(key, events)
        return _verdict(judgement, most, seconds, subject.tier, place[1])

    def _now(self) -> int:
        return int(self._clock.monotonic() * SECOND)

    def _is_paid(self, arrival: int) -> bool:
        return arrival <= self._now()

    def _has_passed(self, events: deque[int], *, length: int) -> bool:
        return not events or events[-1] <= self._now() - length


def _key(subject: Subject) -> str:
    """Give the key of a subject: an IPv6 address counts as its /64, which is what one customer gets."""
    if subject.kind != "address":
        return subject.id
    try:
        address = ipaddress.ip_address(subject.id.partition("%")[0])
    except ValueError:
        return subject.id
    if isinstance(address, ipaddress.IPv4Address):
        return str(address)
    if address.ipv4_mapped is not None:
        return str(address.ipv4_mapped)
    return str(ipaddress.ip_network((address, 64), strict=False))


def _verdict(judgement: Judgement, limit: int, window: int, tier: str, policy: str) -> Verdict:
    return Verdict(
        allowed=judgement.allowed,
        limit=limit,
        remaining=judgement.remaining if judgement.allowed else 0,
        reset_after=judgement.full_after / SECOND,
        retry_after=judgement.retry_after / SECOND,
        window=window,
        tier=tier,
        policy=policy,
    )
