"""Table `searches`."""

from collections.abc import Sequence
from typing import Any

from altus4_mysql import QueryFailed

from altus4_core.stored import SearchRow
from altus4_metadata_mysql.link import Link
from altus4_metadata_mysql.values import from_json, from_time_needed, to_json, to_time

COLUMNS = (
    "id, user_id, database_id, query, search_mode, search_params, result_count, execution_time_ms, categories,"
    " created_at"
)
MODES = frozenset({"natural", "boolean", "semantic"})
LONGEST_QUERY = 1000
# The subselect turns a database that is gone meanwhile into NULL instead of losing the row.
ROW = "(%s, %s, (SELECT d.id FROM `databases` d WHERE d.id = %s), %s, %s, %s, %s, %s, %s, %s)"


class Searches:
    """The search log in MySQL."""

    def __init__(self, link: Link) -> None:
        self._link = link

    async def add_many(self, rows: Sequence[SearchRow]) -> int:
        """Insert a batch in one statement.

        IGNORE leaves out rows that are there already (a repeated batch) and rows of users that are gone. Should the
        server refuse the batch all the same, each row is tried alone, so that one cannot hold up the others.
        """
        if not rows:
            return 0
        try:
            return await self._insert(rows)
        except QueryFailed:
            if len(rows) == 1:
                return 0
            return sum([await self.add_many([row]) for row in rows])

    async def _insert(self, rows: Sequence[SearchRow]) -> int:
        sql = f"INSERT IGNORE INTO searches ({COLUMNS}) VALUES " + ", ".join([ROW] * len(rows))
        params = [value for row in rows for value in _params(row)]
        return await self._link.write(sql, params)

    async def list(self, user_id: str, *, limit: int, offset: int) -> Sequence[SearchRow]:
        """List a user's searches, newest first."""
        sql = f"SELECT {COLUMNS} FROM searches WHERE user_id = %s ORDER BY created_at DESC, id LIMIT %s OFFSET %s"
        return [_search(row) for row in await self._link.fetch(sql, (user_id, limit, offset))]

    async def count(self, user_id: str) -> int:
        """Count a user's searches."""
        return int((await self._link.fetch("SELECT COUNT(*) FROM searches WHERE user_id = %s", (user_id,))).scalar())


def _params(row: SearchRow) -> tuple[Any, ...]:
    return (
        row.id,
        row.user_id,
        row.database_id,
        row.query[:LONGEST_QUERY],
        row.search_mode if row.search_mode in MODES else None,
        to_json(None if row.search_params is None else dict(row.search_params)),
        row.result_count,
        row.execution_time_ms,
        to_json(row.categories),
        to_time(row.created_at),
    )


def _search(row: Sequence[Any]) -> SearchRow:
    values = dict(zip(COLUMNS.split(", "), row, strict=True))
    return SearchRow(
        id=values["id"],
        user_id=values["user_id"],
        query=values["query"],
        search_mode=values["search_mode"] or "",
        created_at=from_time_needed(values["created_at"]),
        database_id=values["database_id"],
        search_params=from_json(values["search_params"]),
        result_count=values["result_count"],
        execution_time_ms=values["execution_time_ms"],
        categories=from_json(values["categories"]),
    )
