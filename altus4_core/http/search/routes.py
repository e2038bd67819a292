"""`POST /api/v1/search`, `GET /api/v1/search` and suggestions; the rest under that path is in `batch`, `inquiries`."""

import time
import unicodedata
from collections.abc import Sequence
from typing import Any

from altus4_core.errors import FieldProblem, ValidationFailed
from altus4_core.gateway import Gateway
from altus4_core.http.search.batch import BatchRoutes
from altus4_core.http.search.body import SearchBody, SearchQuery, SuggestQuery
from altus4_core.http.search.data import SearchData, SuggestData
from altus4_core.http.search.inquiries import InquiryRoutes
from altus4_core.http.search.lately import add_lately
from altus4_core.http.search.reader import RequestReader
from altus4_core.http.state import STATE
from altus4_core.records import Action, SuggestRequest
from altus4_core.routing import Call, Route
from altus4_core.search.answer import answer_json, suggestion_json

SEARCH = Action("search.run", "search")
SUGGEST = Action("search.suggest", "search")

MOST_SUGGESTIONS = 10
EXAMPLE = {
    "query": "garden hose",
    "tables": ["products"],
    "searchMode": "natural",
    "limit": 20,
    "facets": ["category"],
    "highlight": {"cropLength": 160},
    "fusion": {"method": "rrf"},
    "timeoutMs": 2000,
}


class SearchRoutes:
    """Builds the search operations on the pipeline."""

    def __init__(self, gateway: Gateway) -> None:
        self._gateway = gateway
        self._reader = RequestReader(gateway)

    def routes(self) -> Sequence[Route]:
        """Give the routes."""
        errors = (400, 401, 403, 404, 413, 415, 422, 429, 502, 503, 504)
        path = "/api/v1/search"
        return [
            Route(
                "POST", path, self.search, "Search all databases at once.",
                action=SEARCH, request=SearchBody, response=SearchData, unknown="refuse", tag="Search", errors=errors,
                audit=False, example=EXAMPLE,
            ),
            Route(
                "GET", path, self.search_by_query, "Search with a query string.",
                action=SEARCH, query=SearchQuery, response=SearchData, tag="Search", errors=errors,
            ),
            Route(
                "GET", f"{path}/suggestions", self.suggest, "Propose queries.",
                action=SUGGEST, query=SuggestQuery, response=SuggestData, tag="Search", errors=(404,),
            ),
            *BatchRoutes(self._gateway, self._reader).routes(),
            *InquiryRoutes(self._gateway, self._reader).routes(),
        ]  # fmt: skip

    async def search(self, call: Call) -> dict[str, Any]:
        """POST /api/v1/search."""
        body: SearchBody = call.body
        return await self._run(call, body)

    async def search_by_query(self, call: Call) -> dict[str, Any]:
        """GET /api/v1/search?q=."""
        return await self._run(call, call.query.body())

    async def suggest(self, call: Call) -> dict[str, Any]:
        """GET /api/v1/search/suggestions."""
        asked: SuggestQuery = call.query
        query = unicodedata.normalize("NFC", asked.query).strip()
        if not query:
            raise ValidationFailed.of([FieldProblem("query", "must not be empty", "length")])
        mode = asked.search_mode or self._gateway.settings.core.search.default_mode
        if asked.search_mode:
            self._gateway.pipeline.mode(mode)  # refuses one that is not there
        request = SuggestRequest(call.caller, query, asked.databases, asked.tables, MOST_SUGGESTIONS, mode)
        found = await self._gateway.pipeline.suggest(request)
        return {"suggestions": [suggestion_json(suggestion) for suggestion in found]}

    async def _run(self, call: Call, body: SearchBody) -> dict[str, Any]:
        request = self._reader.read(body)
        ends = time.perf_counter() + request.timeout_ms / 1000
        answer = await self._gateway.pipeline.run(call.caller, request, call.request_id, call.request[STATE].scope)
        data = answer_json(answer)
        if request.include_analytics:
            await add_lately(self._gateway.registry, call.caller, [data], ends - time.perf_counter())
        return data
