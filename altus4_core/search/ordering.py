"""The order that a request wants instead of the one by relevance: lists that come sorted are merged as they are.

Only the heads of the lists are compared, so the beginning of the result depends on the beginnings of the lists alone,
and pages concatenate. Values of different types stand in this order: numbers, dates and times, spans of time, texts.
What is missing is last in both directions.
"""

import heapq
from collections.abc import Callable, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from altus4_core.records import DatabaseOutcome, FusedHit, Hit, Notice, SortKey

_LAST = (9,)
_SHOWN = 5  # tables and ways in a warning
_LONGEST = 100  # characters of a scale in it


def in_order(outcomes: Sequence[DatabaseOutcome], keys: Sequence[SortKey]) -> list[FusedHit]:
    """Merge the lists of all tables; equal rows stand by score, then as their tables stand in the request.

    The score of a result is s / (1 + s) of the server's own score s: no page changes it.
    """
    key = _key_of(keys)
    lists = [
        [
            (key(hit), FusedHit(outcome.id, table.table, hit, relevance(hit.score), place))
            for place, hit in enumerate(table.hits, 1)
        ]
        for outcome in outcomes
        for table in outcome.tables
        if table.hits
    ]
    return [fused for _, fused in heapq.merge(*lists, key=lambda pair: pair[0])]


def unlike(outcomes: Sequence[DatabaseOutcome], keys: Sequence[SortKey]) -> list[Notice]:
    """Warn of keys by which tables with results are sorted in ways that do not compare."""
    lists = [(outcome, table) for outcome in outcomes for table in outcome.tables if table.hits and table.scales]
    columns = [(place, key) for place, key in enumerate(keys) if not _is_relevance(key)]
    told: list[Notice] = []
    for number, (place, key) in enumerate(columns):
        scales: dict[str, list[str]] = {}
        names: dict[str, set[str]] = {}
        for outcome, table in lists:
            scale = table.scales[number] if number < len(table.scales) else None
            if scale is not None:
                scales.setdefault(scale, []).append(f"{outcome.id}:{table.table}")
                names.setdefault(table.table, set()).add(scale)
        if len(scales) > 1:
            ways = [f"{_way(scale)} in {', '.join(tables[:_SHOWN])}" for scale, tables in scales.items()]
            message = f"Rows of these tables do not stand in one order of '{key.column}': {'; '.join(ways[:_SHOWN])}. "
            message += "Search these databases one by one, "
            one = next((name for name, of in names.items() if len(of) == 1), None)
            if one is not None and key.table is None:  # `table.column` means all tables of the name
                message += f"sort by the column of one table, as '{one}.{key.column}', "
            message += "or define the column alike in all of them."
            told.append(Notice("SORT_UNLIKE", message, {"field": f"sort[{place}]", "tables": list(scales.values())}))
    return told


def _way(scale: str) -> str:
    return f"by place in {scale[:_LONGEST]}{'…' if len(scale) > _LONGEST else ''}" if scale else "by value"


def sorted_json(hit: FusedHit) -> dict[str, Any]:
    """Show how a hit of an order of its own came to its score: no fusion has anything to do with it."""
    formula = "listScore / (1 + listScore)"
    return {"method": "sort", "rank": hit.rank, "score": hit.score, "formula": formula, "listScore": hit.hit.score}


def relevance(score: float) -> float:
    """Give a server's score as one in 0..1."""
    return round(score / (1 + score), 6) if score > 0 else 0.0


def _key_of(keys: Sequence[SortKey]) -> Callable[[Hit], tuple[Any, ...]]:
    def key(hit: Hit) -> tuple[Any, ...]:
        values = iter(hit.order)
        parts: list[Any] = []
        for wanted in keys:
            value = relevance(hit.score) if _is_relevance(wanted) else next(values, None)
            parts.append(_part(value, descending=wanted.descending))
        return (*parts, -hit.score)

    return key


def _is_relevance(key: SortKey) -> bool:
    return key.column == "relevance" and key.table is None


def _part(value: Any, *, descending: bool) -> tuple[Any, ...]:
    if value is None:
        return _LAST
    kind, comparable = _comparable(value)
    return (0, _Descending((kind, comparable))) if descending else (0, (kind, comparable))


def _comparable(value: Any) -> tuple[int, Any]:
    if isinstance(value, bool | int | float | Decimal):
        return 0, value
    if isinstance(value, datetime):
        return 1, value
    if isinstance(value, date):
        return 1, datetime(value.year, value.month, value.day)  # noqa: DTZ001 -- columns have no zone
    if isinstance(value, timedelta):
        return 2, value
    return 3, str(value)


class _Descending:
    """A value that stands in front of smaller ones."""

    __slots__ = ("_value",)

    def __init__(self, value: Any) -> None:
        self._value = value

    def __lt__(self, other: "_Descending") -> bool:
        return bool(other._value < self._value)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Descending) and bool(self._value == other._value)

    def __hash__(self) -> int:
        return hash(self._value)
