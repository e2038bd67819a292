"""Figures of some days: those stored, and the others computed now from the rows, so that nothing is out of date."""

import asyncio
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any, Final, Literal

from altus4_analytics.period import Days, span_of
from altus4_core.clock import Clock
from altus4_core.searchlog import Span
from altus4_core.store import MetadataStore

Environment = Literal["live", "test"]
Parts = Sequence[tuple[date, Mapping[str, Any]]]
MOST_DUE: Final = 100_000
AT_ONCE: Final = 3


class FigureReader:
    """Reads figures.

    Args:
        store: Where rows and figures are.
        clock: Says which day is not over.
    """

    def __init__(self, store: Callable[[], MetadataStore], clock: Clock) -> None:
        self._store = store
        self._clock = clock

    def remembering(self) -> "FigureReader":
        """Give one for a single report that reads the same figures several times, and several at once."""
        return RememberingReader(self._store, self._clock)

    @property
    def now(self) -> datetime:
        """Give the time."""
        return self._clock.now()

    async def read(self, user_id: str, name: str, days: Days, environment: Environment = "live") -> Parts:
        """Give a user's figures of one name, in order of days; days without searches are left out."""
        metrics = self._store().metrics
        begin, end = span_of(days.first, days.last)
        stored = {row.day: row.data for row in await metrics.list(user_id, name, begin, end - timedelta(days=1))}
        missing = spans([day for day in days.each() if day not in stored])
        computed = await metrics.compute(user_id, name, missing) if missing else {}
        return _parts({**stored, **computed}.items(), environment)

    async def database_names(self, user_id: str) -> Mapping[str, str]:
        """Give the names of a user's connected databases by id."""
        return {database.id: database.name for database in await self._store().databases.list(user_id)}

    async def read_all(self, name: str, days: Days, environment: Environment = "live") -> Mapping[str, Parts]:
        """Give everybody's figures by user (administrators only)."""
        metrics = self._store().metrics
        begin, end = span_of(days.first, days.last)
        rows = await metrics.list_all(name, begin, end - timedelta(days=1))
        found: dict[str, list[tuple[date, Any]]] = {}
        for row in rows:
            found.setdefault(row.user_id, []).append((row.day, row.data))
        for user_id, day in await self._due(days):
            computed = await metrics.compute(user_id, name, [span_of(day, day)])
            found.setdefault(user_id, []).extend(computed.items())
        return {user_id: _parts(own, environment) for user_id, own in found.items()}

    async def read_total(self, name: str, days: Days, environment: Environment = "live") -> Parts:
        """Give everybody's figures together, of a day perhaps in several parts (administrators only).

        A day that is not rolled up for all is computed for all at once: users may be many. But not a day whose rows
        are being pruned: of users whose figures are final, some rows may still be there.
        """
        metrics = self._store().metrics
        begin, end = span_of(days.first, days.last)
        stored = await metrics.list_all(name, begin, end - timedelta(days=1))
        closing = {row.day for row in stored if row.data.get("final")}
        due = await self._due(days)
        anew = {day for _, day in due} - closing
        computed = await metrics.compute(None, name, spans(sorted(anew))) if anew else {}
        found = [*((row.day, row.data) for row in stored if row.day not in anew), *computed.items()]
        for user_id, day in due:
            if day in closing:
                found += (await metrics.compute(user_id, name, [span_of(day, day)])).items()
        return _parts(found, environment)

    async def _due(self, days: Days) -> Sequence[tuple[str, date]]:
        last = min(days.last, self._clock.now().date())
        return await self._store().metrics.due(days.first, last, most=MOST_DUE) if last >= days.first else ()


class RememberingReader(FigureReader):
    """Reads each figure once, some at a time: the pool of connections is everybody's."""

    def __init__(self, store: Callable[[], MetadataStore], clock: Clock) -> None:
        super().__init__(store, clock)
        self._found: dict[tuple[str, str, Days, Environment], asyncio.Task[Parts]] = {}
        self._turns = asyncio.Semaphore(AT_ONCE)

    def remembering(self) -> FigureReader:
        """Give itself."""
        return self

    async def read(self, user_id: str, name: str, days: Days, environment: Environment = "live") -> Parts:
        """Give a user's figures of one name."""
        place = (user_id, name, days, environment)
        if place not in self._found:
            self._found[place] = asyncio.create_task(self._read(*place))
        return await self._found[place]

    async def _read(self, user_id: str, name: str, days: Days, environment: Environment) -> Parts:
        async with self._turns:
            return await super().read(user_id, name, days, environment)


def spans(days: Sequence[date]) -> Sequence[Span]:
    """Join days that follow each other."""
    found: list[list[date]] = []
    for day in days:
        if found and found[-1][1] + timedelta(days=1) == day:
            found[-1][1] = day
        else:
            found.append([day, day])
    return [span_of(first, last) for first, last in found]


def _parts(figures: Iterable[tuple[date, Mapping[str, Any]]], environment: Environment) -> Parts:
    found = [(day, data[environment]) for day, data in figures if data.get(environment)]
    return sorted(found, key=lambda part: part[0])
