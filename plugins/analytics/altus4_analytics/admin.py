"""Reports about everybody, for administrators."""

from collections.abc import Sequence

from altus4_analytics.data import PerformanceData, SystemOverview, UserActivity
from altus4_analytics.period import Days
from altus4_analytics.reader import Environment, FigureReader, Parts
from altus4_analytics.reports import RANKS, day_rows, error_counts, performance_of
from altus4_analytics.sums import percentiles, volume
from altus4_core.searchlog import DAILY, LATENCY, MODES


class AdminReports:
    """Builds the reports.

    Args:
        reader: Where the figures come from.
    """

    def __init__(self, reader: FigureReader) -> None:
        self._reader = reader

    async def overview(self, days: Days, environment: Environment) -> SystemOverview:
        """Give everybody's searches."""
        users = await self._users(days, environment)
        daily = [part for parts in users.values() for part in parts]
        latency = await self._reader.read_total(LATENCY, days, environment)
        total = volume(part for _, part in daily)
        return SystemOverview(
            start_date=days.first.isoformat(),
            end_date=days.last.isoformat(),
            total_searches=total.searches,
            successful_searches=total.successful,
            active_users=len(users),
            daily_breakdown=tuple(day_rows(days, daily, latency)),
            zero_result_rate=total.no_result_rate,
            average_response_time=total.mean_ms,
            p95=percentiles((part for _, part in latency), RANKS)[1],
            failed_searches=total.failed,
            failure_rate=total.failure_rate,
            errors=error_counts(total),
        )

    async def activity(self, days: Days, environment: Environment, limit: int, offset: int) -> Sequence[UserActivity]:
        """List users by how much they searched."""
        rows = []
        for user_id, parts in (await self._users(days, environment)).items():
            total = volume(part for _, part in parts)
            last = max(day for day, _ in parts).isoformat()
            rows.append(UserActivity(user_id, total.searches, total.no_results, last, total.mean_ms, total.failed))
        rows.sort(key=lambda row: (-row.searches, row.user_id))
        return rows[offset : offset + limit]

    async def performance(self, days: Days, environment: Environment) -> PerformanceData:
        """Say how fast everybody's searches were."""
        read = self._reader.read_total
        daily, latency = await read(DAILY, days, environment), await read(LATENCY, days, environment)
        return performance_of(days, daily, latency, await read(MODES, days, environment))

    async def _users(self, days: Days, environment: Environment) -> dict[str, Parts]:
        found = await self._reader.read_all(DAILY, days, environment)
        return {user_id: parts for user_id, parts in found.items() if parts}
