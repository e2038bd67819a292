"""The search log in memory."""

from collections.abc import Sequence

import attrs
import orjson

from altus4_core.stored import SearchRow
from altus4_core.testing.memory.tables import Tables, whole

LONGEST_QUERY = 1000
MOST = 2**31 - 1


class MemorySearches:
    """Satisfies `SearchRepository`."""

    def __init__(self, tables: Tables) -> None:
        self._tables = tables

    async def add_many(self, rows: Sequence[SearchRow]) -> int:
        """Insert a batch; rows already there are left alone, rows of vanished users and impossible rows dropped."""
        self._tables.reach()
        added = 0
        for row in rows:
            vanished = self._tables.foreign_keys and row.user_id not in self._tables.users
            if row.id in self._tables.searches or vanished or not _possible(row):
                continue
            self._tables.searches[row.id] = self._stored(row)
            added += 1
        return added

    async def list(self, user_id: str, *, limit: int, offset: int) -> Sequence[SearchRow]:
        """List a user's searches, newest first."""
        self._tables.reach()
        own = [row for row in self._tables.searches.values() if row.user_id == user_id]
        ordered = sorted(sorted(own, key=lambda row: row.id), key=lambda row: row.created_at, reverse=True)
        return ordered[offset : offset + limit]

    async def count(self, user_id: str) -> int:
        """Count a user's searches."""
        self._tables.reach()
        return sum(row.user_id == user_id for row in self._tables.searches.values())

    def _stored(self, row: SearchRow) -> SearchRow:
        database = self._tables.databases.get(row.database_id or "")
        known = not self._tables.foreign_keys or (database is not None and database.user_id == row.user_id)
        query = row.query.encode("utf-8", "replace").decode().replace("\0", "\ufffd")
        return attrs.evolve(
            row,
            query=query[:LONGEST_QUERY],
            database_id=row.database_id if known else None,
            result_count=max(0, min(MOST, row.result_count)),
            execution_time_ms=max(0, min(MOST, row.execution_time_ms)),
            created_at=whole(row.created_at),
        )


def _possible(row: SearchRow) -> bool:
    try:
        orjson.dumps([row.search_params, row.categories])
    except TypeError:
        return False
    return len(row.id) <= 36 and row.id.isascii()
