"""What the reports answer: the records of the OpenAPI document. Times in milliseconds, days and hours in UTC."""

from datetime import datetime
from typing import Any, Literal

import attrs


@attrs.frozen
class GrowthData:
    """These days against as many days before it; `percent` is absent where there were none."""

    current_period: int
    previous_period: int
    percent: float | None = None


@attrs.frozen
class ErrorCount:
    """How many searches failed with a code."""

    code: str
    count: int


@attrs.frozen
class DayData:
    """One day's searches. `failed` ended in an error (422, 5xx); times and results are of the others."""

    date: str
    total_queries: int
    avg_response_time: float | None = None
    max_response_time: int | None = None
    min_response_time: int | None = None
    p50: float | None = None
    p95: float | None = None
    p99: float | None = None
    avg_results: float | None = None
    failed: int = 0


@attrs.frozen
class TrendData:
    """What was searched in some days. `query_volume` counts all; time, queries and categories are of those answered."""

    period: str
    start_date: str
    end_date: str
    top_queries: tuple[str, ...]
    query_volume: int
    popular_categories: tuple[str, ...]
    avg_response_time: float | None = None
    time_zone: str = "UTC"
    daily_breakdown: tuple[DayData, ...] | None = None
    growth: GrowthData | None = None
    failed_queries: int = 0


@attrs.frozen
class ModeData:
    """One search mode's share; `avg_time` is of searches that were answered."""

    search_mode: str
    count: int
    avg_time: float | None = None
    failed: int = 0


@attrs.frozen
class PerformanceSummary:
    """All days together. Means are weighted by volume; `p95` comes from the added distributions of the days.

    Failed searches count in `total_queries`, and in no mean and percentile; `failure_rate` is their share (0..1), and
    `errors` has their codes, the most frequent first.
    """

    total_queries: int
    start_date: str
    end_date: str
    time_zone: str = "UTC"
    average_response_time: float | None = None
    average_results: float | None = None
    p50: float | None = None
    p95: float | None = None
    p99: float | None = None
    failed_queries: int = 0
    failure_rate: float | None = None
    errors: tuple[ErrorCount, ...] = ()


@attrs.frozen
class PerformanceData:
    """How fast searches were that were answered, and how many failed.

    Percentiles: nearest rank, exact below 256 ms, else at most 0.4 % off. Means of results are of what was counted:
    history says of which searches that was not everything (`resultRelation`).
    """

    time_series_data: tuple[DayData, ...]
    search_mode_distribution: tuple[ModeData, ...]
    summary: PerformanceSummary


@attrs.frozen
class QueryData:
    """One text of searches that were answered, by days' lists of their 1,000 most frequent ones.

    On days with more, what lies below is not counted: `frequency_at_most` is there when it may be more than
    `frequency`; times, results and `last_used` are then of the searches counted. `approximation.unlistedAtMost` beside
    `data` bounds how often any text was searched that is in no list.
    """

    query_text: str
    frequency: int
    avg_time: float
    avg_results: float
    last_used: datetime
    frequency_at_most: int | None = None


@attrs.frozen
class HistoryData:
    """One search. `database` is the only one searched, `databases` several.

    `result_relation` says whether `result_count` is all matches, or fewer: with `totals: none` nobody counted them, and
    where the server or the deadline set a bound, not all.
    `error_code` is there if it failed: the code of its answer (TIMEOUT, SEARCH_FAILED, QUERY_TOO_EXPENSIVE, ...).
    """

    id: str
    query: str
    search_mode: str
    result_count: int
    execution_time: int
    timestamp: datetime
    databases: tuple[str, ...] = ()
    database: str | None = None
    request_id: str | None = None
    environment: str | None = None
    error_code: str | None = None
    result_relation: Literal["eq", "gte"] = "eq"


@attrs.frozen
class HistoryPage:
    """A part of the log, newest first."""

    items: tuple[HistoryData, ...]
    total: int
    limit: int
    offset: int


@attrs.frozen
class InsightData:
    """Something worth knowing, computed from the log; `data.arithmetic` says how."""

    type: Literal["performance", "content", "index", "trend", "engagement"]
    confidence: float
    description: str
    actionable: bool
    data: dict[str, Any]


@attrs.frozen
class DashboardSummary:
    """The figures of the first line. Rates and means are of searches that were answered, `failure_rate` of all."""

    start_date: str
    end_date: str
    total_searches: int
    successful_searches: int
    clicks: int
    conversions: int
    growth: GrowthData
    time_zone: str = "UTC"
    zero_result_rate: float | None = None
    average_response_time: float | None = None
    p95: float | None = None
    click_through_rate: float | None = None
    mean_click_position: float | None = None
    failed_searches: int = 0
    failure_rate: float | None = None


@attrs.frozen
class DashboardData:
    """Everything at once."""

    trends: TrendData
    performance: PerformanceData
    popular_queries: tuple[QueryData, ...]
    insights: tuple[InsightData, ...]
    summary: DashboardSummary
    total_searches: int
    successful_searches: int


@attrs.frozen
class UsedData:
    """How much something was used. A search over several databases counts for each of them.

    `failed` of the searches ended in an error, whichever database was to blame; `avg_time` is of the others.
    """

    searches: int
    id: str | None = None
    avg_time: float | None = None
    failed: int = 0


@attrs.frozen
class UsageDay:
    """One day's searches."""

    date: str
    searches: int
    failed: int = 0


@attrs.frozen
class UsageData:
    """Counts by day, key (without `id`: sessions) and database."""

    days: tuple[UsageDay, ...]
    keys: tuple[UsedData, ...]
    databases: tuple[UsedData, ...]
    total: int
    time_zone: str = "UTC"


@attrs.frozen
class UserActivity:
    """One user's searches; `today` is counted for everybody together, in `SystemOverview`."""

    user_id: str
    searches: int
    no_results: int
    last_day: str
    avg_time: float | None = None
    failed: int = 0


@attrs.frozen
class SystemOverview:
    """Everybody's searches. Rates and means are of those that were answered, `failure_rate` of all.

    `errors` has the codes of failed searches, the most frequent first.
    """

    start_date: str
    end_date: str
    total_searches: int
    successful_searches: int
    active_users: int
    daily_breakdown: tuple[DayData, ...]
    time_zone: str = "UTC"
    zero_result_rate: float | None = None
    average_response_time: float | None = None
    p95: float | None = None
    failed_searches: int = 0
    failure_rate: float | None = None
    errors: tuple[ErrorCount, ...] = ()
