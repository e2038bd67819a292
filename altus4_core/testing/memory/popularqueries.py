"""Popular queries from the search log in memory."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime, timedelta

from altus4_core.popularqueries import FIRST_ROW, PopularQuery
from altus4_core.testing.memory.tables import Tables


class MemoryPopularQueries:
    """Satisfies `PopularQueries`."""

    def __init__(self, tables: Tables) -> None:
        self._tables = tables

    async def list(
        self, user_id: str, *, since: datetime, now: datetime, least: int, half_life: timedelta, limit: int
    ) -> Sequence[PopularQuery]:
        """List a user's popular queries, the weightiest first."""
        self._tables.reach()
        uses: defaultdict[str, list[tuple[datetime, str]]] = defaultdict(list)
        modes: defaultdict[str, set[str]] = defaultdict(set)
        for row in self._tables.searches.values():
            first = not (row.search_params or {}).get(FIRST_ROW)
            if row.user_id == user_id and row.result_count > 0 and row.created_at >= since and first:
                uses[row.query.casefold()].append((row.created_at, row.query))
                modes[row.query.casefold()].add(row.search_mode)
        found = [
            PopularQuery(
                max(times)[1],
                len(times),
                sum(0.5 ** ((now - at) / half_life) for at, _ in times),
                frozenset(modes[folded]),
            )
            for folded, times in uses.items()
            if len(times) >= least
        ]
        return sorted(found, key=lambda query: (-query.weight, query.text))[:limit]
