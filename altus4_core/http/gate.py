"""The gate: every request passes it on the way in and out. The only middleware."""

import logging
import re
import time
from collections.abc import Awaitable, Callable

from aiohttp import web
from aiohttp.typedefs import Middleware
from multidict import CIMultiDict

from altus4_core.errors import (
    Altus4Error,
    MethodNotAllowed,
    NotFound,
    PayloadTooLarge,
    Rejected,
    ValidationFailed,
    told_of,
)
from altus4_core.http.envelope import Envelopes
from altus4_core.http.remote import RemoteAddress
from altus4_core.http.state import STATE, RequestState
from altus4_core.identifiers import new_id
from altus4_core.settings.core import ServerSettings

logger = logging.getLogger("altus4.http")
access_log = logging.getLogger("altus4.access")

REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{1,64}\Z")
SECURITY_HEADERS = {
    "Server": "altus4",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
}
EXPOSED = (
    "X-Request-ID, X-RateLimit-Limit, X-RateLimit-Remaining, X-RateLimit-Reset, X-RateLimit-Tier, RateLimit,"
    " RateLimit-Policy, Retry-After, Server-Timing"
)
ALLOWED_HEADERS = "Authorization, Content-Type, X-Request-ID, X-Altus4-Compat"
METHODS = "GET, POST, PUT, DELETE, OPTIONS"

NextHandler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class Gate:
    """Gives each request an id, a place, an answer in the contract's form, headers and a log line."""

    def __init__(self, settings: ServerSettings, envelopes: Envelopes) -> None:
        self._origins = frozenset(settings.cors_origins)
        self._envelopes = envelopes
        self._remote = RemoteAddress(settings.trusted_proxies)
        self.draining = False
        self.active = 0
        self.answers = 0
        self.failures = 0

    def middleware(self) -> Middleware:
        """Give the aiohttp middleware."""

        @web.middleware
        async def gate(request: web.Request, handler: NextHandler) -> web.StreamResponse:
            return await self.pass_through(request, handler)

        return gate

    async def pass_through(self, request: web.Request, handler: NextHandler) -> web.StreamResponse:
        """Handle one request."""
        wanted = request.headers.get("X-Request-ID", "")
        state = RequestState(wanted if REQUEST_ID.match(wanted) else new_id())
        state.remote = self._remote.of(request)
        request[STATE] = state
        response: web.StreamResponse
        self.active += 1
        try:
            if request.method == "OPTIONS" and "Access-Control-Request-Method" in request.headers:
                response = web.Response(status=204)
            else:
                response = await handler(request)
        except Altus4Error as error:
            response = self._failed(request, state, error)
        except web.HTTPException as error:
            response = self._failed(request, state, _translate(request, error))
        except Exception as error:
            logger.exception("request %s failed in plugin %s", state.id, state.plugin)
            response = self._failed(request, state, error)
        finally:
            self.active -= 1
        self._finish(request, state, response)
        return response

    def _failed(self, request: web.Request, state: RequestState, failure: Exception) -> web.Response:
        error = told_of(failure)
        self.failures += error.status >= 500
        if isinstance(error, Rejected):
            error.headers.setdefault("WWW-Authenticate", "Bearer")
        return self._envelopes.failure(error, state.id, request.headers.get("Accept", ""))

    def _finish(self, request: web.Request, state: RequestState, response: web.StreamResponse) -> None:
        total = (time.perf_counter() - state.started) * 1000
        self.answers += 1
        if not response.prepared:
            headers = response.headers
            stages = "".join([f"{name};dur={value:.2f}, " for name, value in state.timings.items()])
            ours = {
                **SECURITY_HEADERS,
                "X-Request-ID": state.id,
                **state.headers,
                "Server-Timing": f"{stages}total;dur={total:.2f}",
            }
            for name in headers:  # what a handler says of caching or framing stands
                if name.title() in SECURITY_HEADERS:
                    del ours[name.title()]
            headers.update(ours)
            origin = request.headers.get("Origin")
            if origin is not None:
                self._cors(headers, origin, preflight=response.status == 204 and request.method == "OPTIONS")
            if self.draining:
                headers["Connection"] = "close"
            if headers.get("Connection") == "close":
                response.force_close()
        if access_log.isEnabledFor(logging.INFO):
            access_log.info(
                "%s %s %d %.1fms",
                request.method,
                request.path,
                response.status,
                total,
                extra={
                    "request_id": state.id,
                    "remote": state.remote,
                    "user_id": state.identity.user_id if state.identity else None,
                },
            )

    def _cors(self, headers: "CIMultiDict[str]", origin: str, *, preflight: bool) -> None:
        headers.add("Vary", "Origin")
        if origin not in self._origins:
            return
        headers["Access-Control-Allow-Origin"] = origin
        headers["Access-Control-Allow-Credentials"] = "true"
        headers["Access-Control-Expose-Headers"] = EXPOSED
        if preflight:
            headers["Access-Control-Allow-Methods"] = METHODS
            headers["Access-Control-Allow-Headers"] = ALLOWED_HEADERS
            headers["Access-Control-Max-Age"] = "600"


def _translate(request: web.Request, error: web.HTTPException) -> Altus4Error:
    """Turn aiohttp's own refusals into the contract's."""
    if isinstance(error, web.HTTPMethodNotAllowed):
        allowed = ", ".join(sorted(_methods_of(request) or error.allowed_methods))
        return MethodNotAllowed(f"Use {allowed} here.", headers={"Allow": allowed})
    if isinstance(error, web.HTTPRequestEntityTooLarge):
        return PayloadTooLarge("The body is too large.")
    if isinstance(error, web.HTTPNotFound):
        return NotFound("There is nothing at this address; see /openapi.json.")
    if error.status < 500:
        return ValidationFailed("The request could not be read.")
    return Altus4Error("Something went wrong here; it has been logged.")


def _methods_of(request: web.Request) -> set[str]:
    """Give what an address of its own takes: /databases/status is not also a database that could be deleted."""
    resources = request.app.router.resources()
    plain = [one for one in resources if isinstance(one, web.PlainResource) and one.canonical == request.path]
    return {route.method for resource in plain for route in resource}
