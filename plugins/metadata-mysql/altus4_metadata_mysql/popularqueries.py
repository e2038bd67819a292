"""Popular queries from table `searches`."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from altus4_core.popularqueries import PopularQuery
from altus4_metadata_mysql.link import Link
from altus4_metadata_mysql.values import to_time

_MOST_ROWS = 20_000  # the newest ones: what a large account searched for before tells little of today


class PopularQueriesLog:
    """Reads an account's popular queries."""

    def __init__(self, link: Link) -> None:
        self._link = link

    async def list(
        self, user_id: str, *, since: datetime, now: datetime, least: int, half_life: timedelta, limit: int
    ) -> Sequence[PopularQuery]:
        """List a user's popular queries, the weightiest first. The column's collation folds case and accents."""
        sql = (
            "SELECT MAX(query), COUNT(*),"
            " SUM(POW(0.5, GREATEST(TIMESTAMPDIFF(SECOND, created_at, %s), 0) / %s)) AS weight"
            " FROM (SELECT query, created_at FROM searches WHERE user_id = %s AND result_count > 0 AND created_at >= %s"
            " ORDER BY created_at DESC LIMIT %s) recent"
            " GROUP BY query HAVING COUNT(*) >= %s ORDER BY weight DESC, MAX(query) LIMIT %s"
        )
        params = (to_time(now), half_life.total_seconds(), user_id, to_time(since), _MOST_ROWS, least, limit)
        return [
            PopularQuery(str(text), int(uses), float(weight))
            for text, uses, weight in await self._link.fetch(sql, params)
        ]
