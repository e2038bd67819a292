"""Popular queries from table `searches`."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from altus4_core.popularqueries import FIRST_ROW, PopularQuery
from altus4_metadata_mysql.link import Link
from altus4_metadata_mysql.values import to_time

_MOST_ROWS = 20_000  # the newest ones: what a large account searched for before tells little of today
_BETWEEN = "|"  # no name of a mode has it


class PopularQueriesLog:
    """Reads an account's popular queries."""

    def __init__(self, link: Link) -> None:
        self._link = link

    async def list(
        self, user_id: str, *, since: datetime, now: datetime, least: int, half_life: timedelta, limit: int
    ) -> Sequence[PopularQuery]:
        """List a user's popular queries, the weightiest first. The column's collation folds case and accents.

        JSON is looked at in the newest rows alone: an account that turns many pages would else cost its whole log.
        """
        sql = (
            "SELECT MAX(query), COUNT(*),"
            " SUM(POW(0.5, GREATEST(TIMESTAMPDIFF(SECOND, created_at, %s), 0) / %s))"
            f" AS weight, GROUP_CONCAT(DISTINCT mode SEPARATOR '{_BETWEEN}')"
            " FROM (SELECT query, created_at, COALESCE(search_mode, mode_name, '') AS mode,"
            f" JSON_UNQUOTE(JSON_EXTRACT(search_params, '$.{FIRST_ROW}')) AS place"
            " FROM searches WHERE user_id = %s AND result_count > 0 AND created_at >= %s"
            " ORDER BY created_at DESC LIMIT %s) recent WHERE place IS NULL OR place = '0'"
            " GROUP BY query HAVING COUNT(*) >= %s ORDER BY weight DESC, MAX(query) LIMIT %s"
        )
        params = (to_time(now), half_life.total_seconds(), user_id, to_time(since), _MOST_ROWS, least, limit)
        return [
            PopularQuery(str(text), int(uses), float(weight), frozenset(str(modes).split(_BETWEEN)))
            for text, uses, weight, modes in await self._link.fetch(sql, params)
        ]
