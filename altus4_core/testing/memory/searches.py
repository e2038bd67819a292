"""The search log in memory."""

import re
from collections.abc import Collection, Sequence
from datetime import UTC, date, datetime

import attrs
import orjson

from altus4_core.searchlog import CLICKS, FIGURES, ResultEvent, Span
from altus4_core.stored import SearchRow
from altus4_core.testing.memory.databases import noted
from altus4_core.testing.memory.tables import Tables, whole

LONGEST_QUERY = 1000
LONGEST_RESULT_ID = 512
LONGEST_CODE = 64
LARGEST_POSITION = 1_000_000
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
            self._outdate(row.user_id, row.created_at, FIGURES)
            added += 1
        return added

    async def present(self, ids: Collection[str]) -> Collection[str]:
        """Say which of these ids are there."""
        self._tables.reach()
        return {one for one in ids if one in self._tables.searches}

    async def list(
        self,
        user_id: str,
        *,
        limit: int,
        offset: int,
        text: str | None = None,
        span: Span | None = None,
        key_id: str | None = None,
    ) -> Sequence[SearchRow]:
        """List a user's searches, newest first."""
        own = [row for row in self._own(user_id, text, span) if key_id in {None, row.api_key_id}]
        ordered = sorted(own, key=lambda row: (row.created_at, row.id), reverse=True)
        return ordered[offset : offset + limit]

    async def count(self, user_id: str, *, text: str | None = None, span: Span | None = None) -> int:
        """Count a user's searches."""
        return len(self._own(user_id, text, span))

    async def by_request(self, user_id: str, request_id: str) -> SearchRow | None:
        """Find a user's search by the id of its request; of several the newest."""
        own = [row for row in self._own(user_id, None) if row.request_id == request_id != ""]
        return max(own, key=lambda row: (row.created_at, row.id), default=None)

    async def add_result_event(self, event: ResultEvent, searched_at: datetime) -> bool:
        """Note what came of a search; False if the same has been noted before."""
        self._tables.reach()
        position = None if event.position is None else max(1, min(LARGEST_POSITION, event.position))
        event = attrs.evolve(event, result_id=event.result_id[:LONGEST_RESULT_ID], position=position)
        place = (event.search_id, event.type, event.result_id)
        if place in self._tables.result_events:
            return False
        self._tables.result_events[place] = event
        self._outdate(event.user_id, searched_at, (CLICKS,))
        return True

    async def oldest(self, before: datetime) -> tuple[str, date] | None:
        """Give the user and the day of the oldest search before this moment."""
        self._tables.reach()
        old = [row for row in self._tables.searches.values() if row.created_at < before]
        first = min(old, key=lambda row: row.created_at, default=None)
        return None if first is None else (first.user_id, first.created_at.astimezone(UTC).date())

    async def prune(self, user_id: str, before: datetime, *, most: int) -> int:
        """Delete a user's oldest searches from before this moment, at most `most`."""
        old = sorted((row for row in self._own(user_id, None) if row.created_at < before), key=lambda r: r.created_at)
        gone = {row.id for row in old[:most]}
        self._tables.searches = {key: row for key, row in self._tables.searches.items() if key not in gone}
        events = self._tables.result_events
        self._tables.result_events = {place: event for place, event in events.items() if place[0] not in gone}
        return len(gone)

    def _own(self, user_id: str, text: str | None, span: Span | None = None) -> Sequence[SearchRow]:
        self._tables.reach()
        own = [row for row in self._tables.searches.values() if row.user_id == user_id]
        if span is not None:
            own = [row for row in own if span[0] <= row.created_at < span[1]]
        if text is None:
            return own
        words = _words(text)
        return [row for row in own if words & _words(row.query)]

    def _outdate(self, user_id: str, moment: datetime, names: Sequence[str]) -> None:
        day = moment.astimezone(UTC).date()
        for name in names:
            row = self._tables.metrics.get((user_id, day, name))
            if row is not None and "final" not in row.data:
                del self._tables.metrics[(user_id, day, name)]

    def _stored(self, row: SearchRow) -> SearchRow:
        database = self._tables.databases.get(row.database_id or "")
        known = not self._tables.foreign_keys or (database is not None and database.user_id == row.user_id)
        query = row.query.encode("utf-8", "replace").decode().replace("\0", "\ufffd")
        stored = attrs.evolve(
            row,
            query=query[:LONGEST_QUERY],
            database_id=row.database_id if known or database is None else None,
            result_count=max(0, min(MOST, row.result_count)),
            execution_time_ms=max(0, min(MOST, row.execution_time_ms)),
            created_at=whole(row.created_at),
            request_id=row.request_id if row.request_id.isascii() and len(row.request_id) <= 64 else "",
            error_code=None if row.error_code is None else _code(row.error_code),
            databases=tuple(sorted(row.databases, key=lambda one: one.id)),
        )
        return stored if known or stored.database_id is None else noted(stored)


def _code(text: str) -> str:
    return text[:LONGEST_CODE].encode("ascii", "replace").decode().replace("\0", "?")


def _words(text: str) -> set[str]:
    return {word for word in re.findall(r"\w+", text.casefold()) if len(word) >= 3}


def _possible(row: SearchRow) -> bool:
    try:
        orjson.dumps([row.search_params, row.categories])
    except TypeError:
        return False
    return len(row.id) <= 36 and row.id.isascii()
