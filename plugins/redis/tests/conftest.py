"""Links to a real Redis and limiters on them; `private_redis` comes from the sandbox."""

import logging
import time

import pytest
from altus4_redis.client import Reach, open_client
from altus4_redis.limiter import RedisLimiter
from altus4_redis.link import RedisLink
from altus4_redis.plugin import RedisSettings

from altus4_core.clock import SystemClock
from altus4_core.counters import Counters
from altus4_core.limits import MemoryLimiter


@pytest.fixture
async def link_to():
    """Make links: `link_to(url, pause=...)`; they are closed after the test."""
    links = []

    def make(url, *, pause=0.3, timeout=0.2):
        link = RedisLink(
            open_client(Reach(url, timeout, timeout)),
            deadline=2 * timeout,
            pause=pause,
            monotonic=time.monotonic,
            logger=logging.getLogger("altus4.redis"),
        )
        links.append(link)
        return link

    yield make
    for link in links:
        await link.aclose()


@pytest.fixture
def counters():
    return Counters().of("redis")


@pytest.fixture
def limiter_on(counters):
    """Make limiters: `limiter_on(link, deny=..., **settings)`."""

    def make(link, *, deny=False, clock=None, prefix="altus4:", **settings):
        limits = RedisSettings(**settings).limits()
        memory = MemoryLimiter(limits, clock or SystemClock())
        return RedisLimiter(limits, lambda: link, memory, prefix=prefix, deny=deny, retry_after=0.3, counters=counters)

    return make


@pytest.fixture
def drain():
    """Ask until it is refused: how often it was granted, and the refusal."""

    async def run(limiter, subject, action="search.run", most=1000):
        for granted in range(most):
            verdict = await limiter.admit(subject, action, 1)
            if not verdict.allowed:
                return granted, verdict
        raise AssertionError("never refused")

    return run
