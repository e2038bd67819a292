"""The analytics sink `audit`: the audit trail, written in batches by the core's own task for it."""

from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Final

from altus4_audit.entry import KIND, audit_entry
from altus4_core.clock import Clock
from altus4_core.errors import Altus4Error
from altus4_core.records import Event
from altus4_core.store import MetadataStore

PRUNED_AT_ONCE: Final = 1000  # entries cleared away beside one batch: it must not take long
PAUSE: Final = 3600.0  # seconds between two looks for old entries


class AuditSink:
    """Writes events of kind `audit` as entries; leaves other events alone. Clears away what is old, a little at a time.

    Args:
        store: Where the entries are.
        clock: Source of time.
        keep: How long entries stay; None: for ever.
    """

    name = "audit"

    def __init__(self, store: Callable[[], MetadataStore], clock: Clock, keep: timedelta | None) -> None:
        self._store = store
        self._clock = clock
        self._keep = keep
        self._look_at = 0.0  # of the monotonic clock: with the first batch

    async def write(self, events: Sequence[Event]) -> None:
        """Write the batch.

        Raises:
            Unavailable: the store cannot be reached; the core keeps the batch and tries again.
        """
        entries = {event.id: audit_entry(event) for event in events if event.kind == KIND}
        if entries:
            await self._store().audit.add_many(list(entries.values()))
            await self._prune()

    async def _prune(self) -> None:
        now = self._clock.monotonic()
        if self._keep is None or now < self._look_at:
            return
        self._look_at = now + PAUSE
        try:
            gone = await self._store().audit.prune(self._clock.now() - self._keep, most=PRUNED_AT_ONCE)
        except Altus4Error:
            return  # the batch is written, and must not be written again for this; the next look makes up for it
        if gone == PRUNED_AT_ONCE:
            self._look_at = now
