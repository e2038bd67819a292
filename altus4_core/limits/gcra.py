"""The generic cell rate algorithm: a burst at once, then one request per interval.

Per subject it keeps a single number, the theoretical arrival time: the moment at which everything granted so far
will have been paid for at the sustained rate. Nothing is rounded to windows, so there is no moment at which twice
the limit can pass, and the time to wait is exact. Times are whole nanoseconds: sums of floats would drift.

Source: ITU-T I.371, annex on the virtual scheduling algorithm.
"""

import attrs

SECOND = 1_000_000_000
HOUR = 3600 * SECOND


@attrs.frozen
class Rate:
    """`burst` requests at once, and `interval` nanoseconds to earn each one back."""

    interval: int
    burst: int

    @classmethod
    def per_hour(cls, requests: int, burst: int) -> "Rate":
        """Build from requests per hour."""
        return cls(max(1, HOUR // requests), burst)


@attrs.frozen
class Judgement:
    """What follows from a request: `arrival` is the number to keep; times in nanoseconds from now."""

    allowed: bool
    arrival: int
    remaining: int
    full_after: int
    retry_after: int


def judge(rate: Rate, arrival: int, now: int, cost: int) -> Judgement:
    """Count `cost` requests, if they fit.

    Args:
        rate: The limit.
        arrival: The number kept from the last time; 0 for a new subject.
        now: Nanoseconds, never going back.
        cost: 0 only looks (and says whether one more would fit); less gives back what was counted.
    """
    interval = rate.interval
    debt = arrival - now if arrival > now else 0
    most = interval * rate.burst
    wanted = max(0, debt + cost * interval)
    allowed = wanted <= most if cost else debt + interval <= most
    after = wanted if allowed else debt
    short = 0 if allowed else max(0, debt + max(1, cost) * interval - most)
    return Judgement(
        allowed=allowed,
        arrival=now + after,
        remaining=max(0, (most - after) // interval),
        full_after=after,
        retry_after=short,
    )
