"""The analytics sink `searches`: the search log, written in batches by the core's own task for it."""

from collections.abc import Callable, Sequence

from altus4_analytics.row import search_row
from altus4_core.records import Event
from altus4_core.store import MetadataStore


class SearchLog:
    """Writes events of kind `search` as rows of the table `searches`; leaves other events alone."""

    name = "searches"

    def __init__(self, store: Callable[[], MetadataStore]) -> None:
        self._store = store

    async def write(self, events: Sequence[Event]) -> None:
        """Write the batch in one statement.

        Raises:
            Unavailable: the store cannot be reached; the core keeps the batch and tries again.
        """
        rows = {event.id: search_row(event) for event in events if event.kind == "search"}
        if rows:
            await self._store().searches.add_many(list(rows.values()))
