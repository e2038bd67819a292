"""The limiter `default`, counting in Redis: what it grants, it grants once, to all processes together."""

import re
from base64 import urlsafe_b64encode
from collections import deque
from collections.abc import Callable
from hashlib import sha256

from altus4_core.counters import PluginCounters
from altus4_core.errors import LimitsUnknown, Unavailable
from altus4_core.limits import Limits, MemoryLimiter
from altus4_core.limits.gcra import SECOND, Rate, judge
from altus4_core.limits.quotas import rate_verdict, subject_key, window_verdict
from altus4_core.limits.window import Window, judge_window
from altus4_core.records import Subject, Verdict
from altus4_redis.link import RedisGone, RedisLink

MICROSECOND = 1000  # nanoseconds
UNSHARED = "limits_not_shared"
REFUSED = "limits_refused"

_PLAIN = re.compile(r"[A-Za-z0-9_-]{1,64}\Z")
# A Lua number is a double: beyond this it would count in steps of two microseconds.
_LONGEST = 2**52


class RedisLimiter:
    """Counts in Redis, and in this process's memory while Redis is gone.

    Args:
        limits: All limits; `processes` concerns the memory alone.
        link: Gives the running link; raises Unavailable while there is none.
        memory: Counts along, so that it knows what was granted here when Redis goes.
        prefix: Begins every key.
        deny: Refuse while Redis is gone, instead of counting in memory.
        retry_after: Seconds after which a refused caller may try again.
        counters: Told of every answer that was not shared.
    """

    name = "default"

    def __init__(
        self,
        limits: Limits,
        link: Callable[[], RedisLink],
        memory: MemoryLimiter,
        *,
        prefix: str,
        deny: bool,
        retry_after: float,
        counters: PluginCounters,
    ) -> None:
        self._limits = limits
        self._link = link
        self._memory = memory
        self._prefix = prefix
        self._deny = deny
        self._retry_after = retry_after
        self._counters = counters

    async def admit(self, subject: Subject, action: str, cost: int) -> Verdict:
        """Count `cost` units of the action for the subject and judge.

        `cost` 0 only looks; less than 0 gives back what was counted before.

        Raises:
            LimitsUnknown: Redis is gone and the setting says to refuse; never when something is given back.
        """
        place = (subject.kind, action)
        try:
            link = self._link()
            if place in self._limits.windows:
                verdict = await self._ask_window(link, place, subject, cost)
            else:
                verdict = await self._ask_rate(link, subject, cost)
        except (RedisGone, Unavailable) as error:
            if self._deny and cost > 0:
                self._counters.add(REFUSED)
                message = "Limits cannot be checked right now."
                raise LimitsUnknown(message, retry_after=self._retry_after) from error
            self._counters.add(UNSHARED)
            return await self._memory.admit(subject, action, cost)
        if verdict.allowed and cost and not self._deny:
            await self._memory.admit(subject, action, cost)
        return verdict

    async def _ask_rate(self, link: RedisLink, subject: Subject, cost: int) -> Verdict:
        quota = self._limits.quota(subject)
        exact = Rate.per_hour(quota.requests_per_hour, quota.burst)
        interval = max(1, exact.interval // MICROSECOND)
        burst = min(exact.burst, _LONGEST // interval)
        key = f"{self._prefix}rate:{subject.kind}:{key_part(subject)}"
        now, arrival = await link.rate(key, interval=interval, burst=burst, cost=cost)
        judgement = judge(Rate(interval * MICROSECOND, burst), arrival * MICROSECOND, now * MICROSECOND, cost)
        return rate_verdict(judgement, subject, quota)

    async def _ask_window(self, link: RedisLink, place: tuple[str, str], subject: Subject, cost: int) -> Verdict:
        most, seconds = self._limits.windows[place]
        window = Window(most, seconds * SECOND)
        key = f"{self._prefix}window:{place[1]}:{subject.kind}:{key_part(subject)}"
        now, found = await link.window(key, most=most, length=window.length // MICROSECOND, cost=cost)
        events = deque(event * MICROSECOND for event in found)
        judgement = judge_window(window, events, now * MICROSECOND, cost)
        return window_verdict(judgement, subject, place[1], most, seconds)


def key_part(subject: Subject) -> str:
    """Give the part of a key that tells a subject apart.

    The ids of API keys stand as they are; e-mail addresses, network addresses and odd texts as a digest, so that
    nobody reads them in a list of keys.
    """
    text = subject_key(subject)
    if subject.kind == "key" and _PLAIN.match(text):
        return text
    digest = sha256(text.encode("utf-8", "surrogatepass")).digest()[:18]
    return f"~{urlsafe_b64encode(digest).decode()}"
