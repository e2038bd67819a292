"""Table `analytics`."""

import uuid
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from altus4_mysql import Lease, Rows, Scalar

from altus4_core.searchlog import DAILY, FIGURES, Span
from altus4_core.stored import MetricRow
from altus4_metadata_mysql.figures import compute
from altus4_metadata_mysql.link import Link
from altus4_metadata_mysql.values import from_json, to_json

COLUMNS = "id, user_id, analytics_date, metric_name, metric_data"
NAMES = f"metric_name IN ({', '.join(['%s'] * len(FIGURES))})"
LOOKS = 100  # in one statement
LOOK = (
    "(SELECT %s AS u, CAST(%s AS DATE) AS d FROM searches"
    " WHERE user_id = %s AND created_at >= %s AND created_at < %s LIMIT 1)"
)
NOT_FINAL = "JSON_EXTRACT(metric_data, '$.final') IS NULL"


class Metrics:
    """Aggregated figures in MySQL."""

    def __init__(self, link: Link) -> None:
        self._link = link

    async def put(self, row: MetricRow) -> None:
        """Insert or replace the figure of this user, day and name; a replaced one keeps its id."""
        # Guarded by the owner: an id that is somebody else's already must not overwrite their figure.
        sql = (
            f"INSERT INTO analytics ({COLUMNS}) VALUES (%s, %s, %s, %s, %s)"
            " ON DUPLICATE KEY UPDATE metric_data ="
            " IF(user_id = %s AND analytics_date = %s AND metric_name = %s, %s, metric_data)"
        )
        data = to_json(row.data)
        place = (row.user_id, row.day, row.name)
        await self._link.write(sql, (row.id, *place, data, *place, data))

    async def list(self, user_id: str, name: str, since: datetime, until: datetime) -> Sequence[MetricRow]:
        """List a user's figures of one name by day, both ends included."""
        sql = (
            f"SELECT {COLUMNS} FROM analytics"
            " WHERE user_id = %s AND metric_name = %s AND analytics_date BETWEEN %s AND %s ORDER BY analytics_date"
        )
        return _rows(await self._link.fetch(sql, (user_id, name, *_days(since, until))))

    async def list_all(self, name: str, since: datetime, until: datetime) -> Sequence[MetricRow]:
        """List everybody's figures of one name by day, both ends included."""
        sql = (
            f"SELECT {COLUMNS} FROM analytics"
            " WHERE metric_name = %s AND analytics_date BETWEEN %s AND %s ORDER BY analytics_date, user_id"
        )
        return _rows(await self._link.fetch(sql, (name, *_days(since, until)), patient=True))

    async def compute(self, user_id: str | None, name: str, spans: Sequence[Span]) -> Mapping[date, Any]:
        """Compute a figure from the rows, for each day that has some."""

        async def fetch(sql: str, params: Sequence[Scalar]) -> Rows:
            return await self._link.fetch(sql, params, patient=True)

        return await compute(fetch, user_id, name, spans)

    async def roll_up(self, user_id: str, day: date, *, final: bool = False) -> bool:
        """Compute all figures of a day that is over and store them, together or not at all.

        The row of `daily_searches` is taken first: whoever writes a search of this day must delete it, so that one
        waits until this is done and deletes it then, or has written before these figures are computed.
        """
        begin = datetime.combine(day, time(), UTC)
        spans = [(begin, begin + timedelta(days=1))]

        async def together(lease: Lease) -> bool:
            claim = (str(uuid.uuid4()), user_id, day, DAILY, "{}")
            await lease.fetch(
                f"INSERT INTO analytics ({COLUMNS}) VALUES (%s, %s, %s, %s, %s)"
                " ON DUPLICATE KEY UPDATE id = analytics.id",
                claim,
            )
            held = await lease.fetch(
                f"SELECT {NOT_FINAL} FROM analytics"
                " WHERE user_id = %s AND analytics_date = %s AND metric_name = %s FOR UPDATE",
                (user_id, day, DAILY),
            )
            if not held.scalar():
                return False
            values: list[Any] = []
            for name in FIGURES:
                data = (await compute(lease.fetch, user_id, name, spans)).get(day)
                if data is None and name == DAILY:
                    break
                written = {**(data or {}), **({"final": True} if final else {})}
                values += (str(uuid.uuid4()), user_id, day, name, to_json(written))
            if not values:
                await lease.fetch(
                    f"DELETE FROM analytics WHERE user_id = %s AND analytics_date = %s AND {NAMES}",
                    (user_id, day, *FIGURES),
                )
                return True
            rows = ", ".join(["(%s, %s, %s, %s, %s)"] * len(FIGURES))
            await lease.fetch(
                f"INSERT INTO analytics ({COLUMNS}) VALUES {rows}"
                " ON DUPLICATE KEY UPDATE metric_data = VALUES(metric_data)",
                values,
            )
            return True

        return await self._link.within(together)

    async def due(self, since: date, until: date, *, most: int) -> Sequence[tuple[str, date]]:
        """Name users and days that have searches and no figures."""
        # Each user and day is looked for by constants: with columns in their place the servers read the whole log.
        have = {
            (row[0], row[1])
            for row in await self._link.fetch(
                "SELECT user_id, analytics_date FROM analytics"
                " WHERE metric_name = %s AND analytics_date BETWEEN %s AND %s",
                (DAILY, since, until),
                patient=True,
            )
        }
        active = await self._link.fetch(
            "SELECT user_id, MIN(created_at), MAX(created_at) FROM searches GROUP BY user_id", patient=True
        )
        asked = [
            (user_id, day)
            for user_id, first, last in active
            for day in _between(max(since, first.date()), min(until, last.date()))
            if (user_id, day) not in have
        ]
        found: list[tuple[str, date]] = []
        for start in range(0, len(asked), LOOKS):
            part = asked[start : start + LOOKS]
            looks = " UNION ALL ".join([LOOK] * len(part))
            params = [value for user, day in part for value in (user, day, user, day, day + timedelta(days=1))]
            found += [(row[0], row[1]) for row in await self._link.fetch(looks, params, patient=True)]
            if len(found) >= most:
                break
        return found[:most]

    async def forget(self, since: date, until: date) -> int:
        """Delete everybody's figures of these days; final ones stay."""
        sql = f"DELETE FROM analytics WHERE analytics_date BETWEEN %s AND %s AND {NAMES} AND {NOT_FINAL}"
        return await self._link.write(sql, (since, until, *FIGURES))


def _between(first: date, last: date) -> Sequence[date]:
    return [first + timedelta(days=number) for number in range((last - first).days + 1)]


def _days(since: datetime, until: datetime) -> tuple[date, date]:
    return since.astimezone(UTC).date(), until.astimezone(UTC).date()


def _rows(rows: Rows) -> Sequence[MetricRow]:
    return [MetricRow(row[0], row[1], row[2], row[3], from_json(row[4])) for row in rows]
