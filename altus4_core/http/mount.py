"""Turning declared routes into aiohttp handlers: identity, policy, limiter, decoding, work, envelope."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Any

import attrs
from aiohttp import web

from altus4_core.deadlines import Deadlines
from altus4_core.errors import DeadlineExceeded
from altus4_core.http.access import AccessControl, subject_of
from altus4_core.http.audit import AuditTrail
from altus4_core.http.body import BodyReader
from altus4_core.http.bulkhead import Bulkheads
from altus4_core.http.envelope import Envelopes
from altus4_core.http.state import STATE, RequestState
from altus4_core.records import Action
from altus4_core.routing import AuditNote, Call, Reply, Route
from altus4_core.schema.decode import Decoder, QueryDecoder

# Probes must get through when everything is busy.
UNCOUNTED = frozenset({"/health", "/health/live", "/health/ready", "/metrics"})
Handle = Callable[[web.Request], Awaitable[web.StreamResponse]]


@attrs.frozen
class Mount:
    """What every handler needs."""

    access: AccessControl
    bodies: BodyReader
    bulkheads: Bulkheads
    envelopes: Envelopes
    request_timeout: float
    audit: AuditTrail
    deadlines: Deadlines = attrs.field(factory=Deadlines)

    def handler(self, plugin: str, route: Route) -> Handle:
        """Make the aiohttp handler of a route."""
        decode_body: Decoder[Any] | None = Decoder(route.request, unknown=route.unknown) if route.request else None
        decode_query: QueryDecoder[Any] | None = QueryDecoder(route.query) if route.query else None
        counted = route.path not in UNCOUNTED

        async def work(request: web.Request, state: RequestState, note: AuditNote) -> web.StreamResponse:
            query = decode_query(request.query, request.rel_url.raw_query_string) if decode_query else None
            body = decode_body(await self.bodies.json(request, state.remote)) if decode_body else None
            path = request.match_info
            call = Call(state.id, state.identity, path, query, body, state.remote, request, self.access, note)
            if not counted:
                return await run(state, call)
            # Only now: whoever sends a body slowly must not hold a place meanwhile.
            with self.bulkheads.place(state.identity.user_id if state.identity else None):
                return await run(state, call)

        async def run(state: RequestState, call: Call) -> web.StreamResponse:
            try:
                with self.deadlines.within(self.request_timeout) as scope:
                    state.scope = scope
                    result = await route.handler(call)
            except TimeoutError as error:
                if not scope.expired:
                    raise
                message = f"The request took longer than {self.request_timeout:g} s."
                raise DeadlineExceeded(message) from error
            except (SystemExit, asyncio.CancelledError) as error:
                task = asyncio.current_task()
                if isinstance(error, asyncio.CancelledError) and task is not None and task.cancelling():
                    raise
                # A handler may neither end the process nor pass itself off as a client that went away.
                message = f"the handler raised {type(error).__name__}"
                raise RuntimeError(message) from error
            return self._answer(route, state, result)

        async def enter(request: web.Request, state: RequestState, note: AuditNote) -> web.StreamResponse:
            if route.action is not None:
                await self._enter(request, state, route, route.action)
            return await work(request, state, note)

        async def handle(request: web.Request) -> web.StreamResponse:
            state = request[STATE]
            state.plugin = plugin
            note = AuditNote()
            try:
                response = await enter(request, state, note)
            except BaseException as error:
                self.audit.failed(route, state, note, request.match_info, error)
                raise
            self.audit.succeeded(route, state, note, request.match_info, response.status)
            return response

        return handle

    async def _enter(self, request: web.Request, state: RequestState, route: Route, action: Action) -> None:
        started = time.perf_counter()
        identity = await self.access.authenticate(request, state.remote)
        state.identity = identity
        await self.access.authorize(identity, action)
        if route.limited:
            state.headers.update(await self.access.admit(subject_of(identity), action.name))
        state.timings["access"] = (time.perf_counter() - started) * 1000

    def _answer(self, route: Route, state: RequestState, result: Any) -> web.StreamResponse:
        if isinstance(result, web.StreamResponse):
            return result
        if not isinstance(result, Reply):
            result = Reply(result, route.status)
        if route.envelope:
            response = self.envelopes.success(
                result.data, state.id, status=result.status, beside=result.beside, headers=result.headers
            )
        else:
            response = self.envelopes.bare(result.data, status=result.status, headers=result.headers)
        for cookie in result.cookies:
            response.set_cookie(**cookie)
        return response
