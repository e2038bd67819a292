"""The operations under `/api/v1/analytics`, and history, trends and events under `/api/v1/search`."""

from collections.abc import Sequence
from typing import Any, Final

from altus4_analytics.admin import AdminReports
from altus4_analytics.compat import told
from altus4_analytics.data import (
    DashboardData,
    HistoryData,
    HistoryPage,
    InsightData,
    PerformanceData,
    QueryData,
    SystemOverview,
    TrendData,
    UsageData,
    UserActivity,
)
from altus4_analytics.history import EventBody, EventData, History, HistoryQuery, OwnHistoryQuery
from altus4_analytics.period import Days, ListQuery, RangeQuery, days_of
from altus4_analytics.reader import Environment, FigureReader
from altus4_analytics.reports import Reports
from altus4_core.errors import PermissionDenied
from altus4_core.records import Action
from altus4_core.routing import Call, Reply, Route
from altus4_core.searchlog import MOST_QUERIES

PATH: Final = "/api/v1/analytics"
SEARCH: Final = "/api/v1/search"
# Figures are kept by the day, not by the database: who is confined to some databases gets none.
READ: Final = Action("analytics.read", "analytics", whole_account=True)
ADMIN: Final = Action("analytics.admin", None, role="admin", whole_account=True)
LOG: Final = Action("search.history", "search")
EVENT: Final = Action("search.event", "search")


class AnalyticsRoutes:
    """Builds the operations.

    Args:
        reader: Where figures come from.
        history: Serves the log itself.
    """

    def __init__(self, reader: FigureReader, history: History) -> None:
        self._reader = reader
        self._reports = Reports(reader)
        self._admin = AdminReports(reader)
        self._history = history

    def routes(self) -> Sequence[Route]:
        """Give the routes."""

        def report(path: str, handler: Any, summary: str, query: type, response: Any) -> Route:
            action = ADMIN if path.startswith("/admin") else READ
            return Route("GET", f"{PATH}{path}", handler, summary, action=action, query=query, response=response,
                         tag="Analytics", errors=(400,))  # fmt: skip

        return [
            report("/search-trends", self.trends, "What was searched, and in as many days before.",
                   RangeQuery, tuple[TrendData, ...]),
            report("/trends", self.trend, "What was searched, day by day, with the growth.", RangeQuery, TrendData),
            report("/performance", self.performance, "How fast searches were.", RangeQuery, PerformanceData),
            report("/popular-queries", self.popular, "The most frequent queries.", ListQuery, tuple[QueryData, ...]),
            report("/no-results", self.no_results, "The most frequent queries without results.",
                   ListQuery, tuple[QueryData, ...]),
            report("/search-history", self._page, "The log of some days, newest first.", HistoryQuery, HistoryPage),
            report("/history", self._items, "The log as an array.", HistoryQuery, tuple[HistoryData, ...]),
            report("/insights", self.insights, "What is worth knowing.", RangeQuery, tuple[InsightData, ...]),
            report("/dashboard", self.dashboard, "Everything at once.", RangeQuery, DashboardData),
            report("/usage", self.usage, "Counts by day, key and database.", RangeQuery, UsageData),
            report("/admin/system-overview", self.overview, "Everybody's searches.", RangeQuery, SystemOverview),
            report("/admin/user-activity", self.activity, "Users by how much they searched.",
                   ListQuery, tuple[UserActivity, ...]),
            report("/admin/performance-metrics", self.admin_performance, "How fast everybody's searches were.",
                   RangeQuery, PerformanceData),
            Route("GET", f"{SEARCH}/history", self.own_history, "The own searches, newest first.", action=LOG,
                  query=OwnHistoryQuery, response=tuple[HistoryData, ...], tag="Search"),
            Route("GET", f"{SEARCH}/trends", self.search_trends, "What was searched in a week and in a month.",
                  action=READ, response=tuple[TrendData, ...], tag="Search"),
            Route("POST", f"{SEARCH}/events", self._history.event, "Tell what came of a search.", action=EVENT,
                  request=EventBody, response=EventData, tag="Search", errors=(404,), audit=False),
        ]  # fmt: skip

    def _days(self, call: Call) -> Days:
        return days_of(call.query, self._reader.now)

    async def trends(self, call: Call) -> Any:
        """GET /analytics/search-trends."""
        days, query, owner = self._days(call), call.query, call.caller.user_id
        return told(call, [
            await self._reports.trend(owner, each, _environment(call), query.period, full=each is days)
            for each in (days, days.before)
        ])  # fmt: skip

    async def trend(self, call: Call) -> Any:
        """GET /analytics/trends."""
        query = call.query
        found = await self._reports.trend(
            call.caller.user_id, self._days(call), _environment(call), query.period, full=True
        )
        return told(call, found)

    async def performance(self, call: Call) -> Any:
        """GET /analytics/performance."""
        found = await self._reports.performance(call.caller.user_id, self._days(call), _environment(call))
        return told(call, found)

    async def popular(self, call: Call) -> Any:
        """GET /analytics/popular-queries."""
        return await self._queries(call, empty=False)

    async def no_results(self, call: Call) -> Any:
        """GET /analytics/no-results."""
        return await self._queries(call, empty=True)

    async def _queries(self, call: Call, *, empty: bool) -> Any:
        query = call.query
        found, unlisted = await self._reports.queries(
            call.caller.user_id, self._days(call), _environment(call),
            empty=empty, limit=query.limit, offset=query.offset,
        )  # fmt: skip
        rows = told(call, found)
        if not unlisted:
            return rows
        return Reply(rows, beside={"approximation": {"keptPerDay": MOST_QUERIES, "unlistedAtMost": unlisted}})

    async def insights(self, call: Call) -> Any:
        """GET /analytics/insights."""
        return told(call, await self._reports.insights(call.caller.user_id, self._days(call), _environment(call)))

    async def dashboard(self, call: Call) -> Any:
        """GET /analytics/dashboard."""
        query = call.query
        found = await self._reports.dashboard(call.caller.user_id, self._days(call), _environment(call), query.period)
        return told(call, found)

    async def usage(self, call: Call) -> Any:
        """GET /analytics/usage."""
        return told(call, await self._reports.usage(call.caller.user_id, self._days(call), _environment(call)))

    async def overview(self, call: Call) -> Any:
        """GET /analytics/admin/system-overview."""
        _only_admins(call)
        return told(call, await self._admin.overview(self._days(call), _environment(call)))

    async def activity(self, call: Call) -> Any:
        """GET /analytics/admin/user-activity."""
        _only_admins(call)
        query = call.query
        return told(call, await self._admin.activity(self._days(call), _environment(call), query.limit, query.offset))

    async def admin_performance(self, call: Call) -> Any:
        """GET /analytics/admin/performance-metrics."""
        _only_admins(call)
        return told(call, await self._admin.performance(self._days(call), _environment(call)))

    async def _page(self, call: Call) -> Any:
        return told(call, await self._history.page(call))

    async def _items(self, call: Call) -> Any:
        return told(call, (await self._history.page(call)).items)

    async def own_history(self, call: Call) -> Any:
        """GET /search/history."""
        return told(call, await self._history.own(call))

    async def search_trends(self, call: Call) -> Any:
        """GET /search/trends."""
        return told(call, await week_and_month(
            self._reports, self._reader, call.caller.user_id, _environment(call)
        ))  # fmt: skip


def _environment(call: Call) -> Environment:
    """Give whose searches are meant: who tries things with a test key wants to see those."""
    asked: Environment | None = getattr(call.query, "environment", None)
    return asked or call.caller.environment or "live"


def _only_admins(call: Call) -> None:
    """Refuse whoever is none, whatever the policies of this gateway say."""
    if call.caller.role != "admin":
        message = "This needs the role admin."
        raise PermissionDenied(message, code="INSUFFICIENT_PRIVILEGES")


async def week_and_month(
    reports: Reports, reader: FigureReader, user_id: str, environment: Environment
) -> Sequence[TrendData]:
    """Say what was searched in the last 7 and in the last 30 days."""
    return [
        await reports.trend(user_id, days_of(RangeQuery(period=period), reader.now), environment, period, full=False)
        for period in ("week", "month")
    ]
