"""The log of one user, row by row, and what came of the searches."""

import asyncio
from collections.abc import Callable, Sequence
from typing import Any, Final, Literal

import attrs

from altus4_analytics.data import HistoryData, HistoryPage
from altus4_analytics.period import DaysQuery, Period, days_of, span_of
from altus4_core.clock import Clock
from altus4_core.errors import FieldProblem, NotFound, ValidationFailed
from altus4_core.records import Identity
from altus4_core.routing import Call
from altus4_core.schema.decode import field
from altus4_core.searchlog import RELATION, ResultEvent
from altus4_core.store import MetadataStore
from altus4_core.stored import SearchRow

PAUSES: Final = (0.0, 0.05, 0.1, 0.2, 0.4, 0.8)
"""Seconds between looks for a search that may still be on its way into the log: an event is valid as soon as the answer
was sent, on whatever node, and batches are written within some 100 ms."""


@attrs.frozen
class OwnHistoryQuery:
    """A part of the log: all of it, or of some days."""

    start_date: str | None = field(None, doc="First day (UTC); without any of the three: the whole log.", max_length=40)
    end_date: str | None = field(None, doc="Last day (UTC), included.", max_length=40)
    period: Period | None = field(None, doc="Whole UTC days back from and including today, or endDate.")
    limit: int = field(100, doc="Most rows.", min=1, max=1000)
    offset: int = field(0, doc="Rows to skip.", min=0, max=100_000)


@attrs.frozen
class HistoryQuery(DaysQuery):
    """A part of the log of some days, perhaps of some words."""

    limit: int = field(100, doc="Most rows.", min=1, max=1000)
    offset: int = field(0, doc="Rows to skip.", min=0, max=100_000)
    q: str | None = field(None, doc="Words, of which the query must hold one (FULLTEXT).", max_length=500)


@attrs.frozen
class EventBody:
    """What came of a search."""

    request_id: str = field(doc="Of the search: meta.requestId of its answer.", min_length=1, max_length=64)
    result_id: str = field(doc="Of the result.", min_length=1, max_length=512)
    type: Literal["click", "conversion"] = field(doc="click: it was opened; conversion: it led to something.")
    position: int | None = field(None, doc="Where it stood in the answer, from 1.", min=1, max=1_000_000)


@attrs.frozen
class EventData:
    """Whether the event was new."""

    recorded: bool


class History:
    """Serves the log.

    Args:
        store: Where it is.
        clock: Source of time.
        sleep: Waits.
    """

    def __init__(self, store: Callable[[], MetadataStore], clock: Clock, sleep: Any = asyncio.sleep) -> None:
        self._store = store
        self._clock = clock
        self._sleep = sleep

    async def own(self, call: Call) -> Sequence[HistoryData]:
        """GET /search/history."""
        query: OwnHistoryQuery = call.query
        span = None
        if (query.start_date, query.end_date, query.period) != (None, None, None):
            days = days_of(DaysQuery(query.start_date, query.end_date, query.period or "week"), self._clock.now())
            span = span_of(days.first, days.last)
        found = await self._store().searches.list(
            call.caller.user_id, limit=query.limit, offset=query.offset, span=span, key_id=_confined(call.caller)
        )
        return [history_row(row) for row in found]

    async def page(self, call: Call) -> HistoryPage:
        """GET /analytics/search-history."""
        query: HistoryQuery = call.query
        text = _words(query.q)
        user_id = call.caller.user_id
        days = days_of(query, self._clock.now())
        span = span_of(days.first, days.last)
        searches = self._store().searches
        found = await searches.list(user_id, limit=query.limit, offset=query.offset, text=text, span=span)
        total = await searches.count(user_id, text=text, span=span)
        return HistoryPage(tuple(map(history_row, found)), total, query.limit, query.offset)

    async def event(self, call: Call) -> EventData:
        """POST /search/events."""
        body: EventBody = call.body
        user_id, key_id = call.caller.user_id, _confined(call.caller)
        search = None
        for pause in PAUSES:
            if pause:
                await self._sleep(pause)
            search = await self._store().searches.by_request(user_id, body.request_id)
            if search is not None:
                break
        if search is None or key_id not in {None, search.api_key_id}:
            message = "There is no search with this request id."
            raise NotFound(message)
        if search.error_code is not None:
            message = "The search of this request id failed, and has no results."
            raise NotFound(message)
        event = ResultEvent(search.id, user_id, body.type, body.result_id, self._clock.now(), body.position)
        return EventData(await self._store().searches.add_result_event(event, search.created_at))


def _confined(caller: Identity) -> str | None:
    """Give the key whose searches alone the caller may know: its own, if it is confined to some databases."""
    return None if caller.databases is None else caller.credential_id


def history_row(row: SearchRow) -> HistoryData:
    """Write a row of the log."""
    only, databases = row.database_id, tuple(one.id for one in row.databases)
    if only is None and len(databases) == 1:  # it has been removed since
        only, databases = databases[0], ()
    return HistoryData(
        id=row.id,
        query=row.query,
        search_mode=row.search_mode,
        result_count=row.result_count,
        execution_time=row.execution_time_ms,
        timestamp=row.created_at,
        databases=databases,
        database=only,
        request_id=row.request_id or None,
        environment=row.environment,
        error_code=row.error_code,
        result_relation="gte" if (row.search_params or {}).get(RELATION) == "gte" else "eq",
    )


def _words(text: str | None) -> str | None:
    if text is None:
        return None
    words = text.strip()
    if not words:
        raise ValidationFailed.of([FieldProblem("q", "must not be empty; leave it out for all", "length")])
    return words
