"""`POST /api/v1/search`, `GET /api/v1/search` and suggestions."""

import unicodedata
from collections.abc import Sequence
from typing import Any, Literal

import attrs

from altus4_core.errors import FieldProblem, ValidationFailed
from altus4_core.gateway import Gateway
from altus4_core.records import Action, SearchRequest, SuggestRequest
from altus4_core.routing import Call, Route
from altus4_core.schema.decode import field
from altus4_core.search.answer import answer_json, suggestion_json

SEARCH = Action("search.run", "search")
SUGGEST = Action("search.suggest", "search")

MOST_ROWS = 1000
LONGEST_QUERY = 500
LONGEST_BEGINNING = 100
MOST_SUGGESTIONS = 10


@attrs.frozen
class SearchBody:
    """One search."""

    query: str = field(doc=f"What to find: 1..{LONGEST_QUERY} characters after NFC and trimming.", max_length=4000)
    databases: tuple[str, ...] | None = field(None, doc="Ids to search; all visible ones when absent.", max_length=64)
    tables: tuple[str, ...] | None = field(
        None, doc="Tables; every one with a FULLTEXT index when absent.", max_length=256
    )
    columns: tuple[str, ...] | None = field(None, doc="Columns to search in.", max_length=64)
    search_mode: str | None = field(None, doc="natural, boolean, or any registered mode.", max_length=64)
    limit: int = field(20, doc="Results on a page.", min=1, max=100)
    offset: int = field(0, doc="Results to skip; offset + limit at most 1,000.", min=0, max=MOST_ROWS)
    include_analytics: bool = field(False, doc="Add trends and hints to the answer.")
    totals: Literal["exact", "estimated", "none"] = field("estimated", doc="How exactly to count.")
    timeout_ms: int | None = field(None, doc="Deadline in milliseconds.", min=10)
    partial: Literal["allow", "fail"] = field("allow", doc="Whether a part of the answer is better than none.")
    categories: bool = field(True, doc="Whether to group the results.")


@attrs.frozen
class SearchQuery:
    """`GET /api/v1/search?q=`: the same, in the query string."""

    q: str = field(doc="What to find.", max_length=4000)
    databases: tuple[str, ...] | None = field(None, doc="Ids to search.", max_length=64)
    tables: tuple[str, ...] | None = field(None, doc="Tables.", max_length=256)
    columns: tuple[str, ...] | None = field(None, doc="Columns to search in.", max_length=64)
    search_mode: str | None = field(None, doc="natural, boolean, or any registered mode.", max_length=64)
    limit: int = field(20, doc="Results on a page.", min=1, max=100)
    offset: int = field(0, doc="Results to skip.", min=0, max=MOST_ROWS)


@attrs.frozen
class SuggestQuery:
    """What is known of a query so far."""

    query: str = field(doc="The text so far.", min_length=1, max_length=LONGEST_BEGINNING)
    databases: tuple[str, ...] | None = field(None, doc="Ids to search.", max_length=64)
    tables: tuple[str, ...] | None = field(None, doc="Tables.", max_length=256)


@attrs.frozen
class ResultData:
    """One result. `id` is `databaseId:table:primary key`; `relevance_score` lies in 0..1."""

    id: str
    table: str
    database: str
    relevance_score: float
    matched_columns: tuple[str, ...]
    data: dict[str, Any]
    snippet: str
    categories: tuple[str, ...]


@attrs.frozen
class CategoryData:
    """A group of results."""

    name: str
    count: int
    confidence: float
    source: str
    filter: dict[str, Any] | None = None


@attrs.frozen
class SuggestionData:
    """A query worth trying."""

    text: str
    score: float
    type: Literal["spelling", "semantic", "popular", "completion"]


@attrs.frozen
class SuggestData:
    """Queries worth trying, best first."""

    suggestions: tuple[SuggestionData, ...]


@attrs.frozen
class TableData:
    """What one table gave."""

    name: str
    index: str
    matched: int | None = None


@attrs.frozen
class NoticeData:
    """A warning or a database's error; further members depend on the code."""

    code: str
    message: str


@attrs.frozen
class DatabaseData:
    """How one database fared; `took` in milliseconds."""

    id: str
    name: str
    status: Literal["ok", "partial", "timeout", "error", "skipped", "circuitOpen"]
    took: float
    returned: int
    tables: tuple[TableData, ...]
    matched: int | None = None
    error: NoticeData | None = None


@attrs.frozen
class SearchData:
    """The answer to a search; `execution_time` in milliseconds."""

    results: tuple[ResultData, ...]
    categories: tuple[CategoryData, ...]
    suggestions: tuple[SuggestionData, ...]
    query_optimization: tuple[dict[str, Any], ...]
    total_relation: Literal["eq", "gte", "unknown"]
    execution_time: float
    page: int
    limit: int
    offset: int
    has_more: bool
    databases: tuple[DatabaseData, ...]
    complete: bool
    warnings: tuple[NoticeData, ...]
    total_count: int | None = None


class SearchRoutes:
    """Builds the search operations on the pipeline."""

    def __init__(self, gateway: Gateway) -> None:
        self._gateway = gateway
        self._settings = gateway.settings.core.search

    def routes(self) -> Sequence[Route]:
        """Give the routes."""
        errors = (400, 401, 403, 404, 413, 415, 422, 429, 502, 503, 504)
        path = "/api/v1/search"
        return [
            Route(
                "POST", path, self.search, "Search all databases at once.",
                action=SEARCH, request=SearchBody, response=SearchData, unknown="refuse", tag="Search", errors=errors,
                audit=False,
            ),
            Route(
                "GET", path, self.search_by_query, "Search with a query string.",
                action=SEARCH, query=SearchQuery, response=SearchData, tag="Search", errors=errors,
            ),
            Route(
                "GET", f"{path}/suggestions", self.suggest, "Propose queries.",
                action=SUGGEST, query=SuggestQuery, response=SuggestData, tag="Search", errors=(404,),
            ),
        ]  # fmt: skip

    async def search(self, call: Call) -> dict[str, Any]:
        """POST /api/v1/search."""
        body: SearchBody = call.body
        return await self._run(call, body)

    async def search_by_query(self, call: Call) -> dict[str, Any]:
        """GET /api/v1/search?q=."""
        given = attrs.asdict(call.query, recurse=False)
        return await self._run(call, SearchBody(query=given.pop("q"), **given))

    async def suggest(self, call: Call) -> dict[str, Any]:
        """GET /api/v1/search/suggestions."""
        asked: SuggestQuery = call.query
        query = unicodedata.normalize("NFC", asked.query).strip()
        if not query:
            raise ValidationFailed.of([FieldProblem("query", "must not be empty", "length")])
        request = SuggestRequest(call.caller, query, asked.databases, asked.tables, MOST_SUGGESTIONS)
        found = await self._gateway.pipeline.suggest(request)
        return {"suggestions": [suggestion_json(suggestion) for suggestion in found]}

    async def _run(self, call: Call, body: SearchBody) -> dict[str, Any]:
        answer = await self._gateway.pipeline.run(call.caller, self._request(body), call.request_id)
        return answer_json(answer)

    def _request(self, body: SearchBody) -> SearchRequest:
        query = unicodedata.normalize("NFC", body.query).strip()
        problems = []
        if not 1 <= len(query) <= LONGEST_QUERY:
            problems.append(FieldProblem("query", f"must have 1 to {LONGEST_QUERY} characters", "length"))
        if body.offset + body.limit > MOST_ROWS:
            problems.append(FieldProblem("offset", f"offset + limit must be at most {MOST_ROWS}", "too_deep"))
        most = self._settings.max_timeout_ms
        if body.timeout_ms is not None and body.timeout_ms > most:
            problems.append(FieldProblem("timeoutMs", f"must be at most {most}", "max"))
        for name, listed in (("databases", body.databases), ("tables", body.tables), ("columns", body.columns)):
            if listed is not None and not listed:
                problems.append(FieldProblem(name, "must not be empty; leave it out for all", "min_length"))
        if problems:
            raise ValidationFailed.of(problems)
        return SearchRequest(
            query=query,
            mode=body.search_mode or self._settings.default_mode,
            databases=body.databases,
            tables=body.tables,
            columns=body.columns,
            limit=body.limit,
            offset=body.offset,
            totals=body.totals,
            timeout_ms=body.timeout_ms or self._settings.timeout_ms,
            partial=body.partial,
            include_analytics=body.include_analytics,
            categories=body.categories,
        )
