"""Table `analytics`."""

from collections.abc import Sequence
from datetime import datetime

from altus4_core.stored import MetricRow
from altus4_metadata_mysql.link import Link
from altus4_metadata_mysql.values import from_json, to_json


class Metrics:
    """Aggregated figures in MySQL."""

    def __init__(self, link: Link) -> None:
        self._link = link

    async def put(self, row: MetricRow) -> None:
        """Insert or replace the figure of this user, day and name."""
        sql = (
            "INSERT INTO analytics (id, user_id, analytics_date, metric_name, metric_data) VALUES (%s, %s, %s, %s, %s)"
            " ON DUPLICATE KEY UPDATE metric_data = VALUES(metric_data)"
        )
        await self._link.write(sql, (row.id, row.user_id, row.day, row.name, to_json(row.data)))

    async def list(self, user_id: str, name: str, since: datetime, until: datetime) -> Sequence[MetricRow]:
        """List a user's figures of one name by day, both ends included."""
        sql = (
            "SELECT id, user_id, analytics_date, metric_name, metric_data FROM analytics"
            " WHERE user_id = %s AND metric_name = %s AND analytics_date BETWEEN %s AND %s ORDER BY analytics_date"
        )
        rows = await self._link.fetch(sql, (user_id, name, since.date(), until.date()))
        return [MetricRow(row[0], row[1], row[2], row[3], from_json(row[4])) for row in rows]
