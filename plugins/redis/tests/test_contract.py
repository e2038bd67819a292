"""The contract of limiters, with nothing but the core: there is no Redis, so memory stands in."""

import logging
import socket
import time

import pytest
from altus4_redis.check import RedisCheck
from altus4_redis.client import Reach, open_client
from altus4_redis.limiter import RedisLimiter
from altus4_redis.link import RedisLink
from altus4_redis.plugin import RedisPlugin, RedisSettings

from altus4_core.clock import SystemClock
from altus4_core.counters import Counters
from altus4_core.limits import MemoryLimiter
from altus4_core.records import Severity, Subject
from altus4_core.testing.contracts import CheckContract, LimiterContract, PluginContract


@pytest.fixture
def nowhere():
    """A port on which nobody listens."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        yield RedisLink(
            open_client(Reach(f"redis://127.0.0.1:{taken.getsockname()[1]}")),
            deadline=0.1,
            pause=1,
            monotonic=time.monotonic,
            logger=logging.getLogger("altus4.redis"),
        )


class TestWithoutRedis(LimiterContract):
    """Ordinary requests."""

    exhausted_after = 50

    @pytest.fixture
    def provider(self, nowhere):
        limits = RedisSettings().limits()
        memory = MemoryLimiter(limits, SystemClock())
        counters = Counters().of("redis")
        return RedisLimiter(limits, lambda: nowhere, memory, prefix="t:", deny=False, retry_after=1, counters=counters)

    @pytest.fixture
    def valid(self):
        return Subject("key", "a-key")


class TestLoginWithoutRedis(TestWithoutRedis):
    """Logging in."""

    action = "login"
    exhausted_after = 10

    @pytest.fixture
    def valid(self):
        return Subject("account", "ann@example.org")


class TestCheck(CheckContract):
    """What doctor says."""

    @pytest.fixture
    def provider(self, nowhere):
        return RedisCheck(lambda: nowhere, deny=False)

    @pytest.fixture
    def valid(self):
        return Severity.WARNING


class TestPlugin(PluginContract):
    """The plugin as a whole."""

    @pytest.fixture
    def plugin(self):
        return RedisPlugin
