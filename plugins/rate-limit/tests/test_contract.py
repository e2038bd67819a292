"""The limiter keeps the seam's contract."""

import pytest
from altus4_rate_limit.plugin import RateLimitSettings

from altus4_core.clock import SystemClock
from altus4_core.limits.memory import MemoryLimiter
from altus4_core.records import Subject
from altus4_core.testing.contracts import LimiterContract


class TestMemoryLimiter(LimiterContract):
    """Ordinary requests: paced by the cell rate."""

    exhausted_after = 50

    @pytest.fixture
    def provider(self):
        return MemoryLimiter(RateLimitSettings().limits(), SystemClock())

    @pytest.fixture
    def valid(self):
        return Subject("key", "a-key")


class TestLoginWindow(TestMemoryLimiter):
    """Logging in: counted by a sliding window."""

    action = "login"
    exhausted_after = 10

    @pytest.fixture
    def valid(self):
        return Subject("account", "ann@example.org")
