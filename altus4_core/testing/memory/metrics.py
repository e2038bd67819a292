"""Aggregated figures in memory."""

import uuid
from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import attrs

from altus4_core.searchlog import DAILY, FIGURES, Span
from altus4_core.stored import MetricRow, SearchRow
from altus4_core.testing.memory.figures import figure
from altus4_core.testing.memory.tables import Tables


class MemoryMetrics:
    """Satisfies `MetricRepository`."""

    def __init__(self, tables: Tables) -> None:
        self._tables = tables

    async def put(self, row: MetricRow) -> None:
        """Insert or replace the figure of this user, day and name; a replaced one keeps its id."""
        self._tables.reach()
        self._tables.owned(row.user_id)
        self._put(row)

    async def list(self, user_id: str, name: str, since: datetime, until: datetime) -> Sequence[MetricRow]:
        """List a user's figures of one name by day, both ends included."""
        return [row for row in await self.list_all(name, since, until) if row.user_id == user_id]

    async def list_all(self, name: str, since: datetime, until: datetime) -> Sequence[MetricRow]:
        """List everybody's figures of one name by day, both ends included."""
        self._tables.reach()
        first, last = since.astimezone(UTC).date(), until.astimezone(UTC).date()
        found = [row for row in self._tables.metrics.values() if row.name == name and first <= row.day <= last]
        return sorted(found, key=lambda row: (row.day, row.user_id))

    async def compute(self, user_id: str | None, name: str, spans: Sequence[Span]) -> Mapping[date, Any]:
        """Compute a figure from the rows, for each day that has some."""
        self._tables.reach()
        return self._computed(user_id, name, spans)

    async def roll_up(self, user_id: str, day: date, *, final: bool = False) -> bool:
        """Compute all figures of a day that is over and store them."""
        self._tables.reach()
        self._tables.owned(user_id)
        before = self._tables.metrics.get((user_id, day, DAILY))
        if before is not None and "final" in before.data:
            return False
        begin = datetime.combine(day, time(), UTC)
        spans = [(begin, begin + timedelta(days=1))]
        mark = {"final": True} if final else {}
        found = {name: self._computed(user_id, name, spans).get(day) for name in FIGURES}
        for name in FIGURES:
            if found[DAILY] is None:
                self._tables.metrics.pop((user_id, day, name), None)
            else:
                self._put(MetricRow(str(uuid.uuid4()), user_id, day, name, {**(found[name] or {}), **mark}))
        return True

    async def due(self, since: date, until: date, *, most: int) -> Sequence[tuple[str, date]]:
        """Name users and days that have searches and no figures."""
        self._tables.reach()
        searched = {(row.user_id, _day(row)) for row in self._tables.searches.values()}
        wanted = (place for place in sorted(searched) if since <= place[1] <= until)
        return [place for place in wanted if (*place, DAILY) not in self._tables.metrics][:most]

    async def forget(self, since: date, until: date) -> int:
        """Delete everybody's figures of these days; final ones stay."""
        self._tables.reach()
        gone = [
            place
            for place, row in self._tables.metrics.items()
            if since <= row.day <= until and row.name in FIGURES and "final" not in row.data
        ]
        for place in gone:
            del self._tables.metrics[place]
        return len(gone)

    def _put(self, row: MetricRow) -> None:
        place = (row.user_id, row.day, row.name)
        before = self._tables.metrics.get(place)
        self._tables.metrics[place] = row if before is None else attrs.evolve(row, id=before.id)

    def _computed(self, user_id: str | None, name: str, spans: Sequence[Span]) -> Mapping[date, Any]:
        days: dict[date, list[SearchRow]] = defaultdict(list)
        for row in self._tables.searches.values():
            if user_id in {None, row.user_id} and any(begin <= row.created_at < end for begin, end in spans):
                days[_day(row)].append(row)
        events = self._tables.result_events.values()
        found = {day: figure(name, rows, events) for day, rows in days.items()}
        return {day: data for day, data in found.items() if data}


def _day(row: SearchRow) -> date:
    return row.created_at.astimezone(UTC).date()
