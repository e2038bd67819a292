"""Table `analytics`."""

from collections.abc import Sequence
from datetime import UTC, datetime

from altus4_core.stored import MetricRow
from altus4_metadata_mysql.link import Link
from altus4_metadata_mysql.values import from_json, to_json


class Metrics:
    """Aggregated figures in MySQL."""

    def __init__(self, link: Link) -> None:
        self._link = link

    async def put(self, row: MetricRow) -> None:
        """Insert or replace the figure of this user, day and name; a replaced one keeps its id."""
        # Guarded by the owner: an id that is somebody else's already must not overwrite their figure.
        sql = (
            "INSERT INTO analytics (id, user_id, analytics_date, metric_name, metric_data) VALUES (%s, %s, %s, %s, %s)"
            " ON DUPLICATE KEY UPDATE metric_data ="
            " IF(user_id = %s AND analytics_date = %s AND metric_name = %s, %s, metric_data)"
        )
        data = to_json(row.data)
        place = (row.user_id, row.day, row.name)
        await self._link.write(sql, (row.id, *place, data, *place, data))

    async def list(self, user_id: str, name: str, since: datetime, until: datetime) -> Sequence[MetricRow]:
        """List a user's figures of one name by day, both ends included."""
        sql = (
            "SELECT id, user_id, analytics_date, metric_name, metric_data FROM analytics"
            " WHERE user_id = %s AND metric_name = %s AND analytics_date BETWEEN %s AND %s ORDER BY analytics_date"
        )
        first, last = since.astimezone(UTC).date(), until.astimezone(UTC).date()
        rows = await self._link.fetch(sql, (user_id, name, first, last))
        return [MetricRow(row[0], row[1], row[2], row[3], from_json(row[4])) for row in rows]
