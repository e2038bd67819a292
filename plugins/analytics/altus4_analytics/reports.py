"""The reports of one user, from figures: true sums and means weighted by volume, whatever is rolled up already."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, date, datetime

from altus4_analytics.data import (
    DashboardData,
    DashboardSummary,
    DayData,
    ErrorCount,
    GrowthData,
    InsightData,
    ModeData,
    PerformanceData,
    PerformanceSummary,
    QueryData,
    TrendData,
    UsageData,
    UsageDay,
    UsedData,
)
from altus4_analytics.insights import Known, insights
from altus4_analytics.period import Days
from altus4_analytics.reader import Environment, FigureReader, Parts
from altus4_analytics.sums import (
    QueryList,
    QuerySum,
    Use,
    Volume,
    added,
    counted,
    growth,
    mean,
    percentiles,
    query_sums,
    volume,
)
from altus4_core.indexgaps import gap_sums
from altus4_core.searchlog import (
    CATEGORIES,
    CLICKS,
    DAILY,
    DATABASES,
    INDEX_GAPS,
    KEYS,
    LATENCY,
    MODES,
    NO_RESULTS,
    POPULAR,
)

TOP = 10
INSIGHTFUL = (DAILY, POPULAR, NO_RESULTS, CLICKS, INDEX_GAPS)
RANKS = (50, 95, 99)


class Reports:
    """Builds the reports.

    Args:
        reader: Where the figures come from.
    """

    def __init__(self, reader: FigureReader) -> None:
        self._reader = reader
        self._sums: dict[tuple[str, str, Days, str], QueryList] | None = None  # kept for a single report

    async def _ahead(
        self, user_id: str, days: Days, environment: Environment, *names: str, compared: bool = True
    ) -> "Reports":
        """Read figures at once, `compared` with the volume of the days before; gives the reports that have them."""
        reader = self._reader.remembering()
        wanted = [(name, days) for name in names]
        if compared:
            wanted.append((DAILY, days.before))
        await asyncio.gather(*(reader.read(user_id, name, when, environment) for name, when in wanted))
        ahead = Reports(reader)
        ahead._sums = {} if self._sums is None else self._sums
        return ahead

    async def trend(self, user_id: str, days: Days, environment: Environment, period: str, *, full: bool) -> TrendData:
        """Say what was searched; `full` with each day and the growth."""
        names = (POPULAR, DAILY, CATEGORIES, *((LATENCY,) if full else ()))
        ahead = await self._ahead(user_id, days, environment, *names, compared=full)
        return await ahead.trend_at_hand(user_id, days, environment, period, full=full)

    async def trend_at_hand(
        self, user_id: str, days: Days, environment: Environment, period: str, *, full: bool
    ) -> TrendData:
        """Say what was searched, from figures read one by one."""
        read = self._reader.read
        daily = await read(user_id, DAILY, days, environment)
        queries = await self._query_sums(user_id, POPULAR, days, environment)
        categories = counted(part for _, part in await read(user_id, CATEGORIES, days, environment))
        total = volume(part for _, part in daily)
        compared = breakdown = None
        if full:
            compared = await self._growth(user_id, days, environment, total.searches)
            breakdown = tuple(day_rows(days, daily, await read(user_id, LATENCY, days, environment)))
        return TrendData(
            period=period,
            start_date=days.first.isoformat(),
            end_date=days.last.isoformat(),
            top_queries=tuple(entry.text for entry in queries.queries[:TOP]),
            query_volume=total.searches,
            popular_categories=tuple(name for name, _ in categories[:TOP]),
            avg_response_time=total.mean_ms,
            daily_breakdown=breakdown,
            growth=compared,
            failed_queries=total.failed,
        )

    async def performance(self, user_id: str, days: Days, environment: Environment) -> PerformanceData:
        """Say how fast searches were."""
        ahead = await self._ahead(user_id, days, environment, DAILY, LATENCY, MODES, compared=False)
        return await ahead.performance_at_hand(user_id, days, environment)

    async def performance_at_hand(self, user_id: str, days: Days, environment: Environment) -> PerformanceData:
        """Say how fast searches were, from figures read one by one."""
        read = self._reader.read
        daily = await read(user_id, DAILY, days, environment)
        latency = await read(user_id, LATENCY, days, environment)
        modes = await read(user_id, MODES, days, environment)
        return performance_of(days, daily, latency, modes)

    async def queries(
        self, user_id: str, days: Days, environment: Environment, *, empty: bool, limit: int, offset: int
    ) -> tuple[Sequence[QueryData], int]:
        """List the most frequent queries, or those without results, and say how often any unlisted one was searched."""
        name = NO_RESULTS if empty else POPULAR
        found = await self._query_sums(user_id, name, days, environment)
        return [query_row(entry) for entry in found.queries[offset : offset + limit]], found.unlisted_at_most

    async def insights(self, user_id: str, days: Days, environment: Environment) -> Sequence[InsightData]:
        """Say what is worth knowing."""
        ahead = await self._ahead(user_id, days, environment, *INSIGHTFUL)
        return await ahead.insights_at_hand(user_id, days, environment)

    async def insights_at_hand(self, user_id: str, days: Days, environment: Environment) -> Sequence[InsightData]:
        """Say what is worth knowing, from figures read one by one."""
        read = self._reader.read
        clicks = [part for _, part in await read(user_id, CLICKS, days, environment)]
        gaps = gap_sums(part for _, part in await read(user_id, INDEX_GAPS, days, environment))
        databases = added(part for _, part in await read(user_id, DATABASES, days, environment)) if gaps else ()
        return insights(
            Known(
                now=volume(part for _, part in await read(user_id, DAILY, days, environment)),
                before=volume(part for _, part in await read(user_id, DAILY, days.before, environment)),
                popular=(await self._query_sums(user_id, POPULAR, days, environment)).queries,
                no_results=(await self._query_sums(user_id, NO_RESULTS, days, environment)).queries,
                clicked=sum(part["searches"] for part in clicks),
                gaps=gaps,
                by_database={use.key: use.searches for use in databases},
                names=await self._reader.database_names(user_id) if gaps else {},
            )
        )

    async def dashboard(self, user_id: str, days: Days, environment: Environment, period: str) -> DashboardData:
        """Give everything at once."""
        ahead = await self._ahead(user_id, days, environment, *INSIGHTFUL, LATENCY, MODES, CATEGORIES)
        return await ahead.dashboard_at_hand(user_id, days, environment, period)

    async def dashboard_at_hand(self, user_id: str, days: Days, environment: Environment, period: str) -> DashboardData:
        """Give everything at once, from figures read one by one."""
        daily = await self._reader.read(user_id, DAILY, days, environment)
        total = volume(part for _, part in daily)
        clicks = [part for _, part in await self._reader.read(user_id, CLICKS, days, environment)]
        clicked = sum(part["searches"] for part in clicks)
        performance = await self.performance_at_hand(user_id, days, environment)
        popular, _ = await self.queries(user_id, days, environment, empty=False, limit=TOP, offset=0)
        summary = DashboardSummary(
            start_date=days.first.isoformat(),
            end_date=days.last.isoformat(),
            total_searches=total.searches,
            successful_searches=total.successful,
            clicks=sum(part["clicks"] for part in clicks),
            conversions=sum(part["conversions"] for part in clicks),
            growth=await self._growth(user_id, days, environment, total.searches),
            zero_result_rate=total.no_result_rate,
            average_response_time=total.mean_ms,
            p95=performance.summary.p95,
            click_through_rate=mean(clicked, total.answered, 4),
            mean_click_position=mean(
                sum(part["positions"] for part in clicks), sum(part["positioned"] for part in clicks)
            ),
            failed_searches=total.failed,
            failure_rate=total.failure_rate,
        )
        return DashboardData(
            trends=await self.trend_at_hand(user_id, days, environment, period, full=True),
            performance=performance,
            popular_queries=tuple(popular),
            insights=tuple(await self.insights_at_hand(user_id, days, environment)),
            summary=summary,
            total_searches=total.searches,
            successful_searches=total.successful,
        )

    async def usage(self, user_id: str, days: Days, environment: Environment) -> UsageData:
        """Count by day, key and database."""
        ahead = await self._ahead(user_id, days, environment, DAILY, KEYS, DATABASES, compared=False)
        return await ahead.usage_at_hand(user_id, days, environment)

    async def usage_at_hand(self, user_id: str, days: Days, environment: Environment) -> UsageData:
        """Count by day, key and database, from figures read one by one."""
        read = self._reader.read
        daily = {day: volume([part]) for day, part in await read(user_id, DAILY, days, environment)}
        keys = added(part for _, part in await read(user_id, KEYS, days, environment))
        databases = added(part for _, part in await read(user_id, DATABASES, days, environment))
        return UsageData(
            days=tuple(_usage_day(day, daily.get(day, Volume())) for day in days.each()),
            keys=tuple(map(_used, keys)),
            databases=tuple(map(_used, databases)),
            total=sum(each.searches for each in daily.values()),
        )

    async def _query_sums(self, user_id: str, name: str, days: Days, environment: Environment) -> QueryList:
        """Add up lists of queries, away from the event loop: they are long."""
        place = (user_id, name, days, environment)
        if self._sums is not None and place in self._sums:
            return self._sums[place]
        parts = [part for _, part in await self._reader.read(user_id, name, days, environment)]
        found = await asyncio.to_thread(query_sums, parts)
        if self._sums is not None:
            self._sums[place] = found
        return found

    async def _growth(self, user_id: str, days: Days, environment: Environment, searches: int) -> GrowthData:
        earlier = await self._reader.read(user_id, DAILY, days.before, environment)
        before = volume(part for _, part in earlier).searches
        return GrowthData(searches, before, growth(searches, before))


def performance_of(days: Days, daily: Parts, latency: Parts, modes: Parts) -> PerformanceData:
    """Say how fast searches were, from figures of one or of many users."""
    total = volume(part for _, part in daily)
    p50, p95, p99 = percentiles((part for _, part in latency), RANKS)
    return PerformanceData(
        time_series_data=tuple(day_rows(days, daily, latency)),
        search_mode_distribution=tuple(
            ModeData(use.key, use.searches, use.mean_ms, use.failed) for use in added(part for _, part in modes)
        ),
        summary=PerformanceSummary(
            total_queries=total.searches,
            start_date=days.first.isoformat(),
            end_date=days.last.isoformat(),
            average_response_time=total.mean_ms,
            average_results=total.mean_results,
            p50=p50,
            p95=p95,
            p99=p99,
            failed_queries=total.failed,
            failure_rate=total.failure_rate,
            errors=error_counts(total),
        ),
    )


def error_counts(total: Volume) -> tuple[ErrorCount, ...]:
    """Give the codes of failed searches, the most frequent first."""
    return tuple(ErrorCount(code, count) for code, count in total.errors.items())


def _usage_day(day: date, total: Volume) -> UsageDay:
    return UsageDay(day.isoformat(), total.searches, total.failed)


def _used(use: Use) -> UsedData:
    return UsedData(use.searches, use.key or None, use.mean_ms, use.failed)


def day_rows(days: Days, daily: Parts, latency: Parts) -> Sequence[DayData]:
    """Give each day, those without searches, too."""
    return [_day(day, _of(day, daily), _of(day, latency)) for day in days.each()]


def _of(day: date, parts: Parts) -> Parts:
    return [part for part in parts if part[0] == day]


def _day(day: date, daily: Parts, latency: Parts) -> DayData:
    total = volume(part for _, part in daily)
    p50, p95, p99 = percentiles((part for _, part in latency), RANKS)
    return DayData(
        day.isoformat(),
        total.searches,
        total.mean_ms,
        total.max_ms,
        total.min_ms,
        p50,
        p95,
        p99,
        total.mean_results,
        total.failed,
    )


def query_row(entry: QuerySum) -> QueryData:
    """Write a query's sums."""
    return QueryData(
        query_text=entry.text,
        frequency=entry.searches,
        avg_time=round(entry.total_ms / entry.searches, 2),
        avg_results=round(entry.total_results / entry.searches, 2),
        last_used=datetime.fromtimestamp(entry.last, UTC),
        frequency_at_most=entry.searches + entry.missed if entry.missed else None,
    )
