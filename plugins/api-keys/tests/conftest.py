"""Stand-ins that the tests of this plugin share: time that stands still and a store of two tables."""

from datetime import UTC, datetime, timedelta

import pytest

from altus4_core.errors import Unavailable
from altus4_core.store import KeyUse
from altus4_core.stored import ApiKey


class HeldClock:
    """Time that moves when told to."""

    def __init__(self) -> None:
        self.at = datetime(2030, 5, 1, 12, 0, tzinfo=UTC)
        self.seconds = 100.0

    def now(self) -> datetime:
        return self.at

    def monotonic(self) -> float:
        return self.seconds

    def pass_(self, seconds: float) -> None:
        self.at += timedelta(seconds=seconds)
        self.seconds += seconds


class UsageTable:
    """Takes usage figures like the store; can be away."""

    def __init__(self) -> None:
        self.batches: list[list[KeyUse]] = []
        self.away = False

    @property
    def api_keys(self) -> "UsageTable":
        return self

    async def record_use(self, uses: list[KeyUse]) -> None:
        if self.away:
            message = "away"
            raise Unavailable(message)
        self.batches.append(list(uses))

    def total(self, key_id: str) -> int:
        return sum(use.count for batch in self.batches for use in batch if use.key_id == key_id)


@pytest.fixture
def clock() -> HeldClock:
    return HeldClock()


@pytest.fixture
def table() -> UsageTable:
    return UsageTable()


@pytest.fixture
def make_key(clock):
    """Make a stored key and its text."""
    from altus4_api_keys.keyformat import generate

    def make(**changes) -> tuple[ApiKey, str]:
        new = generate(changes.get("environment", "live"))
        fields = {
            "id": f"id-{new.prefix}",
            "user_id": "user-1",
            "key_prefix": new.prefix,
            "key_hash": new.digest,
            "name": "A key",
            "environment": "live",
            **changes,
        }
        return ApiKey(**fields), new.text

    return make
