"""An analytics sink that remembers what it was given."""

import asyncio
from collections.abc import Sequence

from altus4_core.records import Event


class RecordingSink:
    """Keeps batches in `batches`, in the order in which they came."""

    def __init__(self, name: str = "recording") -> None:
        self.name = name
        self.batches: list[tuple[Event, ...]] = []
        self._came = asyncio.Condition()

    @property
    def events(self) -> list[Event]:
        """Give all events, in order; one that was written twice (same id) counts once, as the seam allows."""
        return list({event.id: event for batch in self.batches for event in batch}.values())

    async def write(self, events: Sequence[Event]) -> None:
        """Remember a batch."""
        self.batches.append(tuple(events))
        async with self._came:
            self._came.notify_all()

    async def wait_for(self, count: int, *, seconds: float = 5.0) -> list[Event]:
        """Wait until there are that many events; raises TimeoutError."""
        async with asyncio.timeout(seconds), self._came:
            await self._came.wait_for(lambda: len(self.events) >= count)
        return self.events
