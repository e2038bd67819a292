"""The contract of analytics sinks."""

from collections.abc import Sequence
from typing import Any

import attrs
import pytest

from altus4_core.errors import Unavailable
from altus4_core.records import Event
from altus4_core.seams import AnalyticsSink
from altus4_core.testing.contracts.base import ProviderContract


class SinkContract(ProviderContract):
    """`valid` is a batch of events."""

    seam = "analytics-sink"
    allowed_errors = (Unavailable,)  # the batch is tried again later

    async def call(self, provider: AnalyticsSink, valid: Sequence[Event]) -> Any:
        """Write."""
        return await provider.write(valid)

    async def call_with(self, provider: AnalyticsSink, valid: Sequence[Event], text: str) -> Any:
        """Write what strangers searched for."""
        return await provider.write(
            [attrs.evolve(event, payload={**event.payload, "query": text[:500]}) for event in valid]
        )

    def check(self, result: Any) -> None:
        """Assert that nothing came back."""
        assert result is None

    @pytest.mark.asyncio
    async def test_empty_batch(self, provider: AnalyticsSink) -> None:
        """Nothing can be written, too."""
        await provider.write([])

    @pytest.mark.asyncio
    async def test_the_same_event_again(self, provider: AnalyticsSink, valid: Sequence[Event]) -> None:
        """A batch whose first writing failed half way comes again, also within one batch."""
        await provider.write(valid)
        await provider.write(valid)
        await provider.write([*valid, *valid])

    @pytest.mark.asyncio
    async def test_events_of_other_kinds(self, provider: AnalyticsSink, valid: Sequence[Event]) -> None:
        """Events that it does not know are left alone: every sink gets every event."""
        await provider.write([attrs.evolve(event, kind="nobody.knows-it", payload={}) for event in valid])

    @pytest.mark.asyncio
    async def test_batch_is_not_kept(self, provider: AnalyticsSink, valid: Sequence[Event]) -> None:
        """The batch is the caller's: it may change after the call."""
        batch = list(valid)
        await provider.write(batch)
        assert batch == list(valid)
        batch.clear()
        await provider.write(valid)
