"""The analytics sink `searches`: the search log, written in batches by the core's own task for it."""

import logging
from collections.abc import Callable, Sequence

from altus4_analytics.row import search_row
from altus4_core.counters import PluginCounters
from altus4_core.records import Event
from altus4_core.store import MetadataStore
from altus4_core.stored import SearchRow

logger = logging.getLogger("altus4.analytics")


class SearchLog:
    """Writes events of kind `search` as rows of the table `searches`; leaves other events alone.

    Args:
        store: Where the rows go.
        counters: Told of events that are no rows (`unreadable_events`), and of rows that the store did not take
            because their user is gone or no column can hold them (`dropped_rows`).
    """

    name = "searches"

    def __init__(self, store: Callable[[], MetadataStore], counters: PluginCounters) -> None:
        self._store = store
        self._counters = counters

    async def write(self, events: Sequence[Event]) -> None:
        """Write the batch in one statement.

        Raises:
            Unavailable: the store cannot be reached; the core keeps the batch and tries again.
        """
        rows: dict[str, SearchRow] = {}
        for event in events:
            if event.kind != "search":
                continue
            try:
                rows[event.id] = search_row(event)
            except (KeyError, TypeError, ValueError, AttributeError) as error:  # it must not hold up the others
                logger.error("an event that is no search is dropped: %r", error)
                self._counters.add("unreadable_events")
        if not rows:
            return
        searches = self._store().searches
        added = await searches.add_many(list(rows.values()))
        if added < len(rows):  # written before, or dropped
            self._counters.add("dropped_rows", len(rows) - len(await searches.present(rows)))
