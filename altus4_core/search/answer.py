"""One search's answer, and its way into JSON."""

from collections.abc import Mapping, Sequence
from typing import Any

import attrs

from altus4_core.records import (
    Category,
    DatabaseOutcome,
    DatabaseStatus,
    FusedHit,
    Notice,
    SearchRequest,
    Suggestion,
    id_key,
    id_prefix,
)

INCOMPLETE = frozenset(
    {DatabaseStatus.TIMEOUT, DatabaseStatus.ERROR, DatabaseStatus.PARTIAL, DatabaseStatus.CIRCUIT_OPEN}
)


@attrs.frozen
class SearchAnswer:
    """Everything a search found.

    `execution_ms` is wall time in milliseconds; `found` the total even where it is not shown; `explanations` are by the
    results' ids.
    """

    request: SearchRequest
    hits: Sequence[FusedHit]
    outcomes: Sequence[DatabaseOutcome]
    total: int | None
    relation: str
    has_more: bool
    execution_ms: float
    categories: Sequence[Category] = ()
    suggestions: Sequence[Suggestion] = ()
    hints: Sequence[Mapping[str, Any]] = ()
    notices: Sequence[Notice] = ()
    next_cursor: str | None = None
    found: int = 0
    explanations: Mapping[str, Mapping[str, Any]] = attrs.field(factory=dict)
    facets: Sequence[Mapping[str, Any]] = ()

    @property
    def complete(self) -> bool:
        """Say whether every database could be asked in full."""
        return not any(outcome.status in INCOMPLETE for outcome in self.outcomes)


def total_of(outcomes: Sequence[DatabaseOutcome], shown: int) -> tuple[int, str]:
    """Add up the tables' totals.

    Returns:
        The sum, and its relation to the truth: `eq` only when every table counted exactly, else `gte`: failed
        databases have more, and so have lists that other forms of the query's words are in.
    """
    total = 0
    relation = "eq"
    for outcome in outcomes:
        if outcome.status in INCOMPLETE:
            relation = "gte"
        for table in outcome.tables:
            if table.total is None:
                total += len(table.hits)
                if not table.exhausted:
                    relation = "gte"
            else:
                total += table.total
                if table.relation != "eq":
                    relation = "gte"
    return (max(total, shown) if relation == "eq" else total), relation


def answer_json(answer: SearchAnswer) -> dict[str, Any]:
    """Write an answer as the contract's `data` object. Built by hand: this is the hot path."""
    request = answer.request
    returned: dict[tuple[str, str], int] = {}
    prefixes: dict[tuple[str, str], str] = {}  # of ids: the same for all rows of a table
    results = []
    for fused in answer.hits:
        place = (fused.database_id, fused.table)
        prefix = prefixes.get(place)
        if prefix is None:
            prefix = prefixes[place] = id_prefix(*place)
            returned[place] = 0
        returned[place] += 1
        hit, key = fused.hit, fused.hit.key
        result: dict[str, Any] = {
            "id": prefix + (str(key[0]) if len(key) == 1 else id_key(key)),
            "table": fused.table,
            "database": fused.database_id,
            "relevanceScore": fused.score,
            "matchedColumns": hit.matched_columns,
            "data": hit.data,
            "snippet": hit.snippet,
            "categories": (),
        }
        if hit.highlights is not None:
            result["highlights"] = hit.highlights
        results.append(result)
    data: dict[str, Any] = {
        "results": results,
        "categories": [category_json(category) for category in answer.categories],
        "suggestions": [suggestion_json(suggestion) for suggestion in answer.suggestions],
        "queryOptimization": list(answer.hints),
        "facets": answer.facets,
        "totalRelation": answer.relation,
        "executionTime": round(answer.execution_ms, 2),
        "page": request.offset // request.limit + 1,
        "limit": request.limit,
        "offset": request.offset,
        "hasMore": answer.has_more,
        "databases": [_outcome_json(outcome, returned) for outcome in answer.outcomes],
        "complete": answer.complete,
        "warnings": [notice_json(notice) for notice in answer.notices],
    }
    if answer.total is not None:
        data["totalCount"] = answer.total
    if answer.next_cursor is not None:
        data["nextCursor"] = answer.next_cursor
    if any(category.members for category in answer.categories):
        for result in results:
            result["categories"] = [each.name for each in answer.categories if result["id"] in each.members]
    for result in results if answer.explanations else ():
        explanation = answer.explanations.get(result["id"])
        if explanation is not None:
            result["explain"] = explanation
    return data


def trimmed(answer: SearchAnswer) -> SearchAnswer:
    """Let go of all rows that are not on the page, for answers that are kept."""
    outcomes = [
        attrs.evolve(
            outcome,
            tables=[
                attrs.evolve(table, hits=(), evidence=None, facets={}, total=len(table.hits))
                if table.total is None and table.exhausted
                else attrs.evolve(table, hits=(), evidence=None, facets={})
                for table in outcome.tables
            ],
        )
        for outcome in answer.outcomes
    ]
    return attrs.evolve(answer, outcomes=outcomes)


def _outcome_json(outcome: DatabaseOutcome, returned: Mapping[tuple[str, str], int]) -> dict[str, Any]:
    tables = []
    for table in outcome.tables:
        entry: dict[str, Any] = {"name": table.table, "index": table.index}
        if table.total is not None:
            entry["matched"] = table.total
        elif table.exhausted:
            entry["matched"] = len(table.hits)
        tables.append(entry)
    data: dict[str, Any] = {
        "id": outcome.id,
        "name": outcome.name,
        "status": outcome.status.value,
        "took": outcome.took_ms,
        "returned": sum(count for (database, _), count in returned.items() if database == outcome.id),
        "tables": tables,
    }
    if all("matched" in entry for entry in tables):
        data["matched"] = sum(entry["matched"] for entry in tables)
    if outcome.error is not None:
        data["error"] = notice_json(outcome.error)
    return data


def notice_json(notice: Notice) -> dict[str, Any]:
    """Write a warning."""
    return {"code": notice.code, "message": notice.message, **notice.details}


def category_json(category: Category) -> dict[str, Any]:
    """Write a category."""
    data: dict[str, Any] = {
        "name": category.name,
        "count": category.count,
        "confidence": category.confidence,
        "source": category.source,
    }
    if category.filter is not None:
        data["filter"] = dict(category.filter)
    return data


def suggestion_json(suggestion: Suggestion) -> dict[str, Any]:
    """Write a suggestion."""
    return {"text": suggestion.text, "score": suggestion.score, "type": suggestion.type}
