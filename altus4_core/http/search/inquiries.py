"""`POST /api/v1/search/explain` and `/analyze`: why an answer is as it is, and what a query would cost."""

import time
from collections.abc import Sequence
from typing import Any

import attrs

from altus4_core.gateway import Gateway
from altus4_core.http.search.body import SearchBody
from altus4_core.http.search.data import NoticeData, SearchData
from altus4_core.http.search.reader import RequestReader
from altus4_core.http.state import STATE
from altus4_core.records import Action
from altus4_core.routing import Call, Route
from altus4_core.schema.decode import field
from altus4_core.search.analyzing import Analyzing
from altus4_core.search.answer import answer_json
from altus4_core.search.missing import Missing

EXPLAIN = Action("search.explain", "search")
ANALYZE = Action("search.analyze", "analytics")


@attrs.frozen
class ExplainBody(SearchBody):
    """A search whose results are explained."""

    missing: str | None = field(
        None, doc="Id of a result that is expected and not there: the answer says why.", min_length=1, max_length=4000
    )


@attrs.frozen
class MissingData:
    """Why a row is not on the page; further members depend on the reason."""

    id: str
    database: str
    table: str
    reason: str
    message: str
    rank: int | None = None


@attrs.frozen
class ExplainedData(SearchData):
    """The answer to a search, each result with `explain`."""

    missing: MissingData | None = None


@attrs.frozen
class AnalyzeBody:
    """A query that is to be planned and not run."""

    query: str = field(doc="As of a search.", max_length=4000)
    databases: tuple[str, ...] | None = field(None, doc="Ids; all visible ones when absent.", max_length=64)
    tables: tuple[str, ...] | None = field(None, doc="Tables.", max_length=256)
    columns: tuple[str, ...] | None = field(None, doc="Columns to search in.", max_length=64)
    search_mode: str | None = field(None, doc="natural or boolean.", max_length=64)
    timeout_ms: int | None = field(None, doc="Deadline in milliseconds.", min=10)


@attrs.frozen
class WordData:
    """How many rows of a table have a word."""

    term: str
    rows: int


@attrs.frozen
class TablePlanData:
    """How a table would be searched: `plan` is the server's own, `statement` has every value masked."""

    name: str
    index: str
    statement: str
    plan: tuple[dict[str, Any], ...]
    terms: tuple[WordData, ...]
    rows: int
    estimated_seconds: float
    dropped: tuple[str, ...]
    warnings: tuple[NoticeData, ...]


@attrs.frozen
class PerformanceData:
    """How a database would run the query; `estimated_seconds` of the server's work."""

    name: str
    estimated_seconds: float
    tables: tuple[TablePlanData, ...]
    error: NoticeData | None = None


@attrs.frozen
class AnalyzeData:
    """What is known about a query before it is run."""

    query: str
    recommendations: tuple[str, ...]
    performance: dict[str, PerformanceData]
    optimization: tuple[dict[str, Any], ...]


class InquiryRoutes:
    """Builds the operations."""

    def __init__(self, gateway: Gateway, reader: RequestReader) -> None:
        self._pipeline = gateway.pipeline
        self._reader = reader
        self._missing = Missing(gateway.pipeline, gateway.targets, gateway.dispatch)
        self._analyzing = Analyzing(gateway.pipeline, gateway.targets, gateway.dispatch)

    def routes(self) -> Sequence[Route]:
        """Give the routes."""
        errors = (404, 422, 502, 504)
        path = "/api/v1/search"
        return [
            Route(
                "POST", f"{path}/explain", self.explain, "Search, and say why each result stands where it stands.",
                action=EXPLAIN, request=ExplainBody, response=ExplainedData, unknown="refuse", tag="Search",
                errors=errors, audit=False,
                example={"query": "garden", "missing": "00000000-0000-4000-8000-000000000000:products:17"},
            ),
            Route(
                "POST", f"{path}/analyze", self.analyze, "Plan a search without running it.",
                action=ANALYZE, request=AnalyzeBody, response=AnalyzeData, unknown="refuse", tag="Search",
                errors=errors, audit=False, example={"query": "garden hose", "searchMode": "natural"},
            ),
        ]  # fmt: skip

    async def explain(self, call: Call) -> dict[str, Any]:
        """POST /api/v1/search/explain."""
        body: ExplainBody = call.body
        request = attrs.evolve(self._reader.read(body), explain=True)
        ends = time.perf_counter() + request.timeout_ms / 1000
        scope = call.request[STATE].scope
        data = answer_json(await self._pipeline.run(call.caller, request, call.request_id, scope))
        if body.missing is not None:
            data["missing"] = await self._missing.explain(call.caller, request, body.missing, ends)
        return data

    async def analyze(self, call: Call) -> dict[str, Any]:
        """POST /api/v1/search/analyze."""
        asked: AnalyzeBody = call.body
        body = SearchBody(**{one.name: getattr(asked, one.name) for one in attrs.fields(AnalyzeBody)})
        return await self._analyzing.analyze(call.caller, self._reader.read(body))
