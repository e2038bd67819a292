"""A wrap: results kept for a while."""

from collections import OrderedDict
from typing import Any

from altus4_core.clock import Clock
from altus4_core.records import SearchRequest, TableHits
from altus4_core.seams import OpenTarget, SearchMode

CAPACITY = 1000


class CachedSearch:
    """Stands before a search mode. The key holds the database's id and version, so tenants never meet."""

    def __init__(self, inner: SearchMode, clock: Clock, seconds: float) -> None:
        self.name = inner.name
        self.kinds = inner.kinds
        self.options = inner.options
        self.hits = 0
        self._inner = inner
        self._clock = clock
        self._seconds = seconds
        self._kept: OrderedDict[Any, tuple[float, list[TableHits]]] = OrderedDict()

    async def search(self, request: SearchRequest, target: OpenTarget) -> list[TableHits]:
        """Give what is kept, else search."""
        key = (target.database.id, target.database.version, request)
        now = self._clock.monotonic()
        kept = self._kept.get(key)
        if kept is not None and kept[0] > now:
            self.hits += 1
            return kept[1]
        found = await self._inner.search(request, target)
        self._kept[key] = (now + self._seconds, found)
        while len(self._kept) > CAPACITY:
            self._kept.popitem(last=False)
        return found
