"""What searches with `includeAnalytics` are told of the log: trends, and what would have made searches better."""

from collections.abc import Mapping, Sequence
from typing import Any

from altus4_analytics.data import InsightData
from altus4_analytics.period import RangeQuery, days_of
from altus4_analytics.reader import Environment, FigureReader
from altus4_analytics.reports import Reports
from altus4_analytics.routes import week_and_month
from altus4_core.schema.encode import to_json


class Trends:
    """Tells trends.

    Args:
        reader: Where figures come from.
    """

    def __init__(self, reader: FigureReader) -> None:
        self._reader = reader
        self._reports = Reports(reader)

    async def of(self, user_id: str, environment: Environment) -> Sequence[Mapping[str, Any]]:
        """Give a user's trends of week and month, JSON-ready."""
        return [to_json(each) for each in await week_and_month(self._reports, self._reader, user_id, environment)]


class Advice:
    """Tells what was slow, found nothing, or missed an index in the last 7 days.

    Args:
        reader: Where figures come from.
    """

    def __init__(self, reader: FigureReader) -> None:
        self._reader = reader
        self._reports = Reports(reader)

    async def of(self, user_id: str, environment: Environment) -> Sequence[Mapping[str, Any]]:
        """Give a user's advice as members of `queryOptimization`."""
        days = days_of(RangeQuery(), self._reader.now)
        found = [advice_of(insight) for insight in await self._reports.insights(user_id, days, environment)]
        return [each for each in found if each is not None]


def advice_of(insight: InsightData) -> Mapping[str, Any] | None:
    """Turn an insight into advice on searches; None if it is none."""
    data = insight.data
    if insight.type == "index":
        impact = "medium" if data["reason"] == "COLUMNS_NOT_EXACT" else "high"
        remedy = {"sqlSuggestion": data["sqlSuggestion"]} if "sqlSuggestion" in data else {}
        return {"type": "index", "description": _lately(insight), "impact": impact, **remedy}
    if insight.type in {"performance", "content"} and "queryText" in data:
        impact = "medium" if insight.type == "performance" else "low"
        return {"type": "query", "description": f"{_lately(insight)} {data['suggestion']}", "impact": impact}
    return None


def _lately(insight: InsightData) -> str:
    return f"In the last 7 days: {insight.description}"
