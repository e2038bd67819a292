"""Aggregated figures in memory."""

from collections.abc import Sequence
from datetime import UTC, datetime

import attrs

from altus4_core.stored import MetricRow
from altus4_core.testing.memory.tables import Tables


class MemoryMetrics:
    """Satisfies `MetricRepository`."""

    def __init__(self, tables: Tables) -> None:
        self._tables = tables

    async def put(self, row: MetricRow) -> None:
        """Insert or replace the figure of this user, day and name; a replaced one keeps its id."""
        self._tables.reach()
        self._tables.owned(row.user_id)
        place = (row.user_id, row.day, row.name)
        before = self._tables.metrics.get(place)
        self._tables.metrics[place] = row if before is None else attrs.evolve(row, id=before.id)

    async def list(self, user_id: str, name: str, since: datetime, until: datetime) -> Sequence[MetricRow]:
        """List a user's figures of one name by day, both ends included."""
        self._tables.reach()
        first, last = since.astimezone(UTC).date(), until.astimezone(UTC).date()
        own = [row for row in self._tables.metrics.values() if (row.user_id, row.name) == (user_id, name)]
        return sorted((row for row in own if first <= row.day <= last), key=lambda row: row.day)
