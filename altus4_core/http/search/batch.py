"""`POST /api/v1/search/batch`: several searches in one request, each with its own status."""

import asyncio
import logging
import time
from collections.abc import Mapping, Sequence
from typing import Any

import attrs

from altus4_core.deadlines import Deadlines
from altus4_core.errors import Altus4Error, DeadlineExceeded, FieldProblem, ValidationFailed, told_of
from altus4_core.gateway import Gateway
from altus4_core.http.access import subject_of
from altus4_core.http.search.body import SearchBody
from altus4_core.http.search.data import SearchData
from altus4_core.http.search.lately import add_lately
from altus4_core.http.search.reader import RequestReader
from altus4_core.http.state import STATE
from altus4_core.identifiers import new_id
from altus4_core.records import Action
from altus4_core.routing import Call, Route
from altus4_core.schema.decode import Decoder, field
from altus4_core.search.answer import answer_json

logger = logging.getLogger("altus4.http")

BATCH = Action("search.batch", "search")
_RESERVE = 0.5  # seconds of the request's time that are left for the answer


@attrs.frozen
class BatchBody:
    """Several searches; each counts like one."""

    searches: tuple[dict[str, Any], ...] = field(
        doc="Bodies as of POST /api/v1/search; how many is a setting, 20 by default.", min_length=1, max_length=100
    )


@attrs.frozen
class ErrorData:
    """Why one search of several failed; as in a failure's envelope."""

    code: str
    message: str
    details: Any = None


@attrs.frozen
class BatchEntry:
    """One search of several: `data` or `error`, and the status that it would have had alone."""

    success: bool
    status: int
    request_id: str
    data: SearchData | None = None
    error: ErrorData | None = None


@attrs.frozen
class BatchData:
    """The answers, in the order of the searches."""

    results: tuple[BatchEntry, ...]


class BatchRoutes:
    """Builds the operation."""

    def __init__(self, gateway: Gateway, reader: RequestReader) -> None:
        core = gateway.settings.core
        self._pipeline = gateway.pipeline
        self._registry = gateway.registry
        self._reader = reader
        self._decode = Decoder(SearchBody, unknown="refuse")
        self._deadlines = Deadlines()
        self._most = core.search.batch_size
        self._at_once = core.search.batch_concurrency
        self._seconds = max(core.server.request_timeout - _RESERVE, core.server.request_timeout / 2)

    def routes(self) -> Sequence[Route]:
        """Give the route."""
        return [
            Route(
                "POST", "/api/v1/search/batch", self.batch, "Run several searches.",
                action=BATCH, request=BatchBody, response=BatchData, unknown="refuse", tag="Search", audit=False,
                example={"searches": [{"query": "garden"}, {"query": "+hose -green", "searchMode": "boolean"}]},
            )
        ]  # fmt: skip

    async def batch(self, call: Call) -> dict[str, Any]:
        """POST /api/v1/search/batch."""
        body: BatchBody = call.body
        if len(body.searches) > self._most:
            problem = FieldProblem("searches", f"must have at most {self._most} items", "max_length")
            raise ValidationFailed.of([problem])
        if len(body.searches) > 1:  # the first was counted at the gate
            headers = await call.access.admit(subject_of(call.caller), BATCH.name, len(body.searches) - 1)
            call.request[STATE].headers.update(headers)
        ends = time.monotonic() + self._seconds
        slots = asyncio.Semaphore(self._at_once)

        async def one(search: Mapping[str, Any]) -> dict[str, Any]:
            async with slots:
                return await self._one(call, search, ends)

        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(one(search)) for search in body.searches]
        results = [task.result() for task in tasks]
        wished = [
            entry["data"]
            for search, entry in zip(body.searches, results, strict=True)
            if entry["success"] and search.get("includeAnalytics")
        ]
        await add_lately(self._registry, call.caller, wished, ends - time.monotonic())
        return {"results": results}

    async def _one(self, call: Call, search: Mapping[str, Any], ends: float) -> dict[str, Any]:
        request_id = new_id()
        try:
            request = self._reader.read(self._decode(search))
            with self._deadlines.within(ends - time.monotonic()) as scope:
                answer = await self._pipeline.run(call.caller, request, request_id, scope)
        except TimeoutError:
            return _failed(DeadlineExceeded("The batch had no time left for this search."), request_id)
        except Exception as error:
            if not isinstance(error, Altus4Error):
                logger.exception("search %s of a batch failed", request_id)
            return _failed(told_of(error), request_id)
        return {"success": True, "status": 200, "requestId": request_id, "data": answer_json(answer)}


def _failed(error: Altus4Error, request_id: str) -> dict[str, Any]:
    told: dict[str, Any] = {"code": error.error_code, "message": error.message}
    if error.details is not None:
        told["details"] = error.details
    return {"success": False, "status": error.status, "requestId": request_id, "error": told}
