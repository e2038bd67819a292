"""The sink keeps the seam's contract."""

import uuid
from datetime import UTC, datetime

import pytest
from altus4_analytics.sink import SearchLog

from altus4_core.counters import Counters
from altus4_core.records import Event
from altus4_core.testing.contracts import SinkContract
from altus4_core.testing.memory import MemoryStore


class TestSearchLog(SinkContract):
    """Over the memory store."""

    @pytest.fixture
    def store(self):
        return MemoryStore()

    @pytest.fixture
    def provider(self, store):
        return SearchLog(lambda: store, Counters().of("analytics"))

    @pytest.fixture
    def valid(self):
        payload = {"query": "mysql", "mode": "natural", "database_ids": ["d1"], "result_count": 1, "took_ms": 2}
        now = datetime(2030, 1, 1, tzinfo=UTC)
        return [Event(str(uuid.uuid4()), "search", now, "user-1", f"request-{n}", payload) for n in range(3)]

    async def test_the_rows_are_there_once(self, provider, valid, store):
        await provider.write(valid)
        await provider.write(valid)
        assert await store.searches.count("user-1") == 3
