"""Tables `searches`, `search_databases` and `search_events`."""

import logging
import uuid
from collections.abc import Collection, Sequence
from datetime import UTC, date, datetime
from typing import Any

from altus4_mysql import Lease, Scalar

from altus4_core.errors import Conflict, NotFound, ValidationFailed
from altus4_core.searchlog import CLICKS, FIGURES, ResultEvent, Span
from altus4_core.stored import SearchedDatabase, SearchRow
from altus4_metadata_mysql.link import Link
from altus4_metadata_mysql.searchrow import COLUMNS, SHARE, VALUES, Written, parts, read, write
from altus4_metadata_mysql.values import is_key, table_of, to_time

logger = logging.getLogger("altus4.metadata-mysql")

NEWEST = "ORDER BY created_at DESC, id DESC"
CLICK_NAMESPACE = uuid.UUID("6f0a2a58-3f2b-5d0e-9c0f-4a6a1d2b7c11")
LARGEST_POSITION = 1_000_000
LONGEST_RESULT_ID = 512


class Searches:
    """The search log in MySQL."""

    def __init__(self, link: Link) -> None:
        self._link = link

    async def add_many(self, rows: Sequence[SearchRow]) -> int:
        """Insert a batch, in one statement unless it is larger than a mebibyte.

        A row that no column can hold is dropped and logged. Should the server refuse a batch all the same, it is
        halved until the row that is to blame stands alone.
        """
        written = [done for row in rows if (done := write(row)) is not None]
        for _ in range(len(rows) - len(written)):
            logger.warning("a search could not be recorded and is dropped: it holds what no column can hold")
        return sum([await self._insert(part) for part in parts(written)])

    async def _insert(self, rows: Sequence[Written]) -> int:
        # The joins drop rows of users that are gone, and forget databases that are gone or somebody else's. IGNORE
        # leaves out rows that are there already, and those of users that go between the join and the insertion.
        # STRAIGHT_JOIN: the other way round the statement would lock every user.
        sql = (
            f"INSERT IGNORE INTO searches ({COLUMNS}) SELECT v.id, u.id, d.id, v.query, v.search_mode,"
            " v.search_params, v.result_count, v.execution_time_ms, v.categories, v.created_at,"
            " v.mode_name, v.api_key_id, v.request_id, v.environment, v.error_code"
            f" FROM {table_of(VALUES, len(rows))} v STRAIGHT_JOIN users u ON u.id = v.user_id"
            " LEFT JOIN `databases` d ON d.id = v.database_id AND d.user_id = v.user_id"
        )
        params = [value for row in rows for value in row.values]
        more = [*_shares([share for row in rows for share in row.shares]), *_outdated(rows)]

        async def together(lease: Lease) -> int:
            added = (await lease.fetch(sql, params)).affected_rows
            for statement, values in more:
                await lease.fetch(statement, values)
            return added

        try:
            added = await (self._link.within(together) if more else self._link.write(sql, params))
        except (ValidationFailed, Conflict, NotFound) as error:
            if len(rows) == 1:
                logger.warning("a search could not be recorded and is dropped: %s", error.__cause__)
                return 0
            middle = len(rows) // 2
            return await self._insert(rows[:middle]) + await self._insert(rows[middle:])
        await self._note_removed(rows)
        return added

    async def _note_removed(self, rows: Sequence[Written]) -> None:
        """Note the databases that have been removed since they were searched, as their removal does of rows then there.

        Asked for after the insertion: one that is still there was there for the row, and no id comes back.
        """
        searched = sorted({share[1] for row in rows if (share := row.only) is not None})
        if not searched:
            return
        sql = f"SELECT id FROM `databases` WHERE id IN ({', '.join(['%s'] * len(searched))})"
        there = {found[0] for found in await self._link.fetch(sql, searched)}
        late = [row for row in rows if row.only is not None and row.only[1] not in there]
        if late:
            shares = [row.only for row in late if row.only is not None]
            await self._link.write_all([*_shares(shares), *_outdated(late)])

    async def present(self, ids: Collection[str]) -> Collection[str]:
        """Say which of these ids are there."""
        possible = [one for one in ids if is_key(one)]
        if not possible:
            return set()
        sql = f"SELECT id FROM searches WHERE id IN ({', '.join(['%s'] * len(possible))})"
        return {row[0] for row in await self._link.fetch(sql, possible)}

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
        condition, params = _narrowed(text, span, key_id)
        sql = f"SELECT {COLUMNS} FROM searches WHERE user_id = %s{condition} {NEWEST} LIMIT %s OFFSET %s"
        patient = text is not None or key_id is not None  # no index has the order of these
        rows = (await self._link.fetch(sql, (user_id, *params, limit, offset), patient=patient)).rows
        shares = await _shares_of(self._link, [row[0] for row in rows if row[2] is None])
        return [read(row, shares.get(row[0], ())) for row in rows]

    async def count(self, user_id: str, *, text: str | None = None, span: Span | None = None) -> int:
        """Count a user's searches."""
        condition, params = _narrowed(text, span)
        sql = f"SELECT COUNT(*) FROM searches WHERE user_id = %s{condition}"
        return int((await self._link.fetch(sql, (user_id, *params), patient=True)).scalar())

    async def by_request(self, user_id: str, request_id: str) -> SearchRow | None:
        """Find a user's search by the id of its request; of several the newest."""
        if not is_key(request_id):
            return None
        sql = f"SELECT {COLUMNS} FROM searches WHERE request_id = %s AND user_id = %s {NEWEST} LIMIT 1"
        return next((read(row) for row in await self._link.fetch(sql, (request_id, user_id))), None)

    async def add_result_event(self, event: ResultEvent, searched_at: datetime) -> bool:
        """Note what came of a search; False if the same has been noted before."""
        result_id = event.result_id[:LONGEST_RESULT_ID].encode("utf-8", "replace").decode().replace("\0", "\ufffd")
        row_id = str(uuid.uuid5(CLICK_NAMESPACE, f"{event.search_id} {event.type} {result_id}"))
        position = None if event.position is None else max(1, min(LARGEST_POSITION, event.position))
        # A second telling changes nothing, and is told apart by that: the id is the same.
        insert = (
            "INSERT INTO search_events (id, search_id, user_id, event_type, result_id, position, created_at)"
            " VALUES (%s, %s, %s, %s, %s, %s, %s) ON DUPLICATE KEY UPDATE id = search_events.id"
        )
        values = (row_id, event.search_id, event.user_id, event.type, result_id, position, to_time(event.at))
        forget = (
            "DELETE FROM analytics WHERE user_id = %s AND analytics_date = %s AND metric_name = %s"
            " AND JSON_EXTRACT(metric_data, '$.final') IS NULL"
        )

        async def together(lease: Lease) -> bool:
            added = (await lease.fetch(insert, values)).affected_rows
            if added:
                await lease.fetch(forget, (event.user_id, searched_at.astimezone(UTC).date(), CLICKS))
            return added == 1

        return await self._link.within(together)

    async def oldest(self, before: datetime) -> tuple[str, date] | None:
        """Give the user and the day of the oldest search before this moment."""
        sql = "SELECT user_id, DATE(created_at) FROM searches WHERE created_at < %s ORDER BY created_at LIMIT 1"
        return next(((row[0], row[1]) for row in await self._link.fetch(sql, (to_time(before),))), None)

    async def prune(self, user_id: str, before: datetime, *, most: int) -> int:
        """Delete a user's oldest searches from before this moment, at most `most`."""
        sql = "DELETE FROM searches WHERE user_id = %s AND created_at < %s ORDER BY created_at LIMIT %s"
        return await self._link.write(sql, (user_id, to_time(before), most))


async def _shares_of(link: Link, ids: Sequence[str]) -> dict[str, list[SearchedDatabase]]:
    """Read the databases of searches over several."""
    if not ids:
        return {}
    sql = (
        "SELECT search_id, database_id, status, result_count, execution_time_ms FROM search_databases"
        f" WHERE search_id IN ({', '.join(['%s'] * len(ids))}) ORDER BY search_id, database_id"
    )
    found: dict[str, list[SearchedDatabase]] = {}
    for row in await link.fetch(sql, ids):
        found.setdefault(row[0], []).append(SearchedDatabase(*row[1:]))
    return found


def _narrowed(text: str | None, span: Span | None, key_id: str | None = None) -> tuple[str, Sequence[Scalar]]:
    condition = ""
    params: list[Scalar] = []
    if text is not None:
        condition += " AND MATCH (query) AGAINST (%s IN NATURAL LANGUAGE MODE)"
        params.append(text.replace("*", " "))  # no word has one, and the servers refuse a text of nothing else
    if span is not None:
        condition += " AND created_at >= %s AND created_at < %s"
        params += map(to_time, span)
    if key_id is not None:
        condition += " AND api_key_id = %s"
        params.append(key_id)
    return condition, params


def _shares(shares: Sequence[Sequence[Any]]) -> Sequence[tuple[str, Sequence[Any]]]:
    """Write the databases of searches whose rows have none, of those searches that are there."""
    if not shares:
        return []
    sql = (
        "INSERT IGNORE INTO search_databases (search_id, database_id, status, result_count, execution_time_ms)"
        " SELECT s.id, v.database_id, v.status, v.matched, v.took"
        f" FROM {table_of(SHARE, len(shares))} v STRAIGHT_JOIN searches s ON s.id = v.search_id"
        " WHERE s.database_id IS NULL"
    )
    return [(sql, [value for share in shares for value in share])]


def _outdated(rows: Sequence[Written]) -> Sequence[tuple[str, Sequence[Any]]]:
    """Delete figures of days that may have been rolled up: today has not been."""
    today = datetime.now(UTC).date()
    days = sorted({(row.row.user_id, row.row.created_at.astimezone(UTC).date()) for row in rows})
    days = [(user_id, day) for user_id, day in days if day != today]
    if not days:
        return []
    sql = (
        "DELETE FROM analytics WHERE JSON_EXTRACT(metric_data, '$.final') IS NULL"
        f" AND metric_name IN ({', '.join(['%s'] * len(FIGURES))})"
        f" AND (user_id, analytics_date) IN ({', '.join(['(%s, %s)'] * len(days))})"
    )
    return [(sql, [*FIGURES, *(value for day in days for value in day)])]
