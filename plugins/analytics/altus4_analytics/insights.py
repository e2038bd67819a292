"""Insights from the log, by arithmetic that is shown. `confidence` is 1 - 1/sqrt(searches looked at), at least 0."""

from collections.abc import Mapping, Sequence
from typing import Final

import attrs

from altus4_analytics.data import InsightData
from altus4_analytics.indexinsights import index_insights
from altus4_analytics.sums import QuerySum, Volume, confidence, growth
from altus4_core.indexgaps import GapSum

FEWEST: Final = 5  # uses of a query before it is spoken of
SLOW: Final = 3.0  # times the mean
NOTICEABLE_MS: Final = 100
NO_RESULT_RATE: Final = 0.2
FAILURE_RATE: Final = 0.01
GROWTH_PERCENT: Final = 25.0
LOW_CLICKS: Final = 0.1
MOST: Final = 3  # queries named of each kind


@attrs.frozen
class Known:
    """What insights are computed from; `by_database` are searches, `names` those of connected databases, both by id."""

    now: Volume
    before: Volume
    popular: Sequence[QuerySum]
    no_results: Sequence[QuerySum]
    clicked: int = 0
    gaps: Sequence[GapSum] = ()
    by_database: Mapping[str, int] = attrs.field(factory=dict)
    names: Mapping[str, str] = attrs.field(factory=dict)


def insights(known: Known) -> list[InsightData]:
    """Say what is worth knowing, the most certain first."""
    indexes = index_insights(known.gaps, known.by_database, known.names, FEWEST)[:MOST]
    shares = [*_rate(known), *_failures(known), *_clicks(known)]
    found = [*_slow(known), *_empty(known), *indexes, *shares, *_growth(known)]
    return sorted(found, key=lambda insight: -insight.confidence)


def _slow(known: Known) -> list[InsightData]:
    usual = known.now.mean_ms or 0.0
    limit = max(SLOW * usual, NOTICEABLE_MS)
    slow = [one for one in known.popular if one.searches >= FEWEST and one.total_ms / one.searches > limit]
    slow.sort(key=lambda one: -one.total_ms)
    found = []
    for one in slow[:MOST]:
        mean = round(one.total_ms / one.searches, 2)
        found.append(
            InsightData(
                "performance",
                confidence(one.searches),
                f'"{one.text[:80]}" takes {mean:g} ms; the usual search takes {usual:g} ms.',
                actionable=True,
                data={
                    "queryText": one.text,
                    "searches": one.searches,
                    "avgTime": mean,
                    "usualTime": usual,
                    **_bound(one),
                    "arithmetic": f"{one.total_ms} ms / {one.searches} = {mean:g} ms > {limit:g} ms ="
                    f" max({SLOW:g} * {usual:g}, {NOTICEABLE_MS})",
                    "suggestion": "POST /api/v1/search/analyze shows its plan and what index would help.",
                },
            )
        )
    return found


def _empty(known: Known) -> list[InsightData]:
    return [
        InsightData(
            "content",
            confidence(one.searches),
            f'"{one.text[:80]}" was searched {"at least " if one.missed else ""}{one.searches} times without a result.',
            actionable=True,
            data={
                "queryText": one.text,
                "searches": one.searches,
                **_bound(one),
                "arithmetic": f"{one.searches} searches with 0 results >= {FEWEST}",
                "suggestion": "Add what people look for, or a synonym of it.",
            },
        )
        for one in [entry for entry in known.no_results if entry.searches >= FEWEST][:MOST]
    ]


def _bound(one: QuerySum) -> dict[str, int]:
    return {"searchesAtMost": one.searches + one.missed} if one.missed else {}


def _rate(known: Known) -> list[InsightData]:
    now = known.now
    if now.settled < FEWEST or now.no_results / now.settled <= NO_RESULT_RATE:
        return []
    percent = round(now.no_results / now.settled * 100, 1)
    return [
        InsightData(
            "content",
            confidence(now.settled),
            f"{percent:g} % of the searches found nothing.",
            actionable=True,
            data={
                "noResults": now.no_results,
                "searches": now.settled,
                "arithmetic": f"{now.no_results} / {now.settled} = {percent:g} % > {NO_RESULT_RATE:.0%}",
            },
        )
    ]


def _failures(known: Known) -> list[InsightData]:
    now = known.now
    if now.failed < FEWEST or now.failed / now.searches <= FAILURE_RATE:
        return []
    percent = round(now.failed / now.searches * 100, 1)
    code, count = next(iter(now.errors.items()))
    return [
        InsightData(
            "performance",
            confidence(now.searches),
            f"{percent:g} % of the searches failed, most often with {code[:64]} ({count}).",
            actionable=True,
            data={
                "failed": now.failed,
                "searches": now.searches,
                "errors": dict(now.errors),
                "arithmetic": f"{now.failed} / {now.searches} = {percent:g} % > {FAILURE_RATE:.0%}",
                "suggestion": "GET /api/v1/search/history shows them with their `errorCode`.",
            },
        )
    ]


def _growth(known: Known) -> list[InsightData]:
    percent = growth(known.now.searches, known.before.searches)
    fewer = min(known.now.searches, known.before.searches)
    if percent is None or fewer < FEWEST or abs(percent) < GROWTH_PERCENT:
        return []
    return [
        InsightData(
            "trend",
            confidence(fewer),
            f"There were {abs(percent):g} % {'more' if percent > 0 else 'fewer'} searches than in the days before.",
            actionable=False,
            data={
                "currentPeriod": known.now.searches,
                "previousPeriod": known.before.searches,
                "percent": percent,
                "arithmetic": f"({known.now.searches} - {known.before.searches}) / {known.before.searches}"
                f" = {percent:g} %",
            },
        )
    ]


def _clicks(known: Known) -> list[InsightData]:
    successful = known.now.successful
    if not known.clicked or successful < FEWEST or known.clicked / successful >= LOW_CLICKS:
        return []
    percent = round(known.clicked / successful * 100, 1)
    return [
        InsightData(
            "engagement",
            confidence(successful),
            f"In {percent:g} % of the searches with results one was opened.",
            actionable=True,
            data={
                "clicked": known.clicked,
                "successful": successful,
                "arithmetic": f"{known.clicked} / {successful} = {percent:g} % < {LOW_CLICKS:.0%}",
            },
        )
    ]
