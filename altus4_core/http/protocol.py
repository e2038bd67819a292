"""Answers to what is no HTTP at all: aiohttp's own would break the contract and repeat the client's header lines."""

import asyncio
import logging
from typing import Any

from aiohttp import web
from aiohttp.web_protocol import RequestHandler

from altus4_core.errors import Altus4Error, ValidationFailed
from altus4_core.http.envelope import Envelopes
from altus4_core.http.gate import SECURITY_HEADERS
from altus4_core.identifiers import new_id

logger = logging.getLogger("altus4.http")


class ContractHandler(RequestHandler):
    """One connection.

    What aiohttp answers without asking the application is different, and the first request must come soon: aiohttp
    waits for it as long as it lets a known client be idle between two.
    """

    __slots__ = ("_first_head", "_unused_until")

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Start the clock: one timer for each connection, none for each request."""
        super().connection_made(transport)
        self._unused_until = self._next_keepalive_close_time  # every answer moves it on
        server = self._manager
        seconds = server.head_timeout if isinstance(server, ContractServer) else 0.0
        self._first_head = self._loop.call_later(seconds, self._head_is_late) if seconds else None

    def connection_lost(self, exc: BaseException | None) -> None:
        """Stop the clock."""
        if self._first_head is not None:
            self._first_head.cancel()
            self._first_head = None
        super().connection_lost(exc)

    def _head_is_late(self) -> None:
        self._first_head = None
        if self._waiter is not None and self._next_keepalive_close_time == self._unused_until:
            logger.info("a connection sent no request in time")
            self.force_close()

    def handle_error(
        self, request: web.BaseRequest, status: int = 500, exc: BaseException | None = None, message: str | None = None
    ) -> web.StreamResponse:
        """Answer in the contract's form and close; one log line, without what the client sent."""
        logger.info("unreadable request from %s: %s", request.remote, type(exc).__name__)
        if request.writer.output_size > 0:
            text = "the answer is on its way already"
            raise ConnectionError(text)
        server = self._manager
        if not isinstance(server, ContractServer):
            return super().handle_error(request, status, exc, message)
        error: Altus4Error = Altus4Error("Something went wrong here; it has been logged.")
        if status < 500:
            error = ValidationFailed("The request is not valid HTTP.", code="BAD_REQUEST")
        return _refusal(server, error)

    async def finish_response(
        self, request: web.BaseRequest, resp: web.StreamResponse, start_time: float | None
    ) -> tuple[web.StreamResponse, bool]:
        """Send the answer; a refusal that never was at the gate (of an unknown `Expect`) in the contract's form."""
        server = self._manager
        past_the_gate = "X-Request-ID" in resp.headers
        if isinstance(resp, web.HTTPException) and not past_the_gate and isinstance(server, ContractServer):
            logger.info("a request from %s was refused at once: %d", request.remote, resp.status)
            message = "Leave out the header Expect, or send Expect: 100-continue."
            resp = _refusal(server, ValidationFailed(message, code="BAD_REQUEST"))
        return await super().finish_response(request, resp, start_time)


def _refusal(server: "ContractServer", error: Altus4Error) -> web.Response:
    request_id = new_id()
    response = server.envelopes.failure(error, request_id)
    response.headers.update({**SECURITY_HEADERS, "X-Request-ID": request_id})
    response.force_close()
    return response


class ContractServer(web.Server):
    """Makes such connections."""

    envelopes: Envelopes
    head_timeout: float

    def __call__(self) -> RequestHandler:
        """Make the handler of a new connection."""
        return ContractHandler(self, loop=self._loop, **self._kwargs)


class Runner(web.AppRunner):
    """Runs the application on such a server.

    Args:
        app: The application.
        envelopes: How failures look.
        head_timeout: Seconds within which the head of a connection's first request must have arrived.
        options: As of `web.AppRunner`.
    """

    def __init__(self, app: web.Application, envelopes: Envelopes, *, head_timeout: float, **options: Any) -> None:
        super().__init__(app, **options)
        self._envelopes = envelopes
        self._head_timeout = head_timeout

    async def _make_server(self) -> web.Server:
        plain = await super()._make_server()
        plain.__class__ = ContractServer  # the same server, but for the connections it makes
        if isinstance(plain, ContractServer):
            plain.envelopes = self._envelopes
            plain.head_timeout = self._head_timeout
        return plain
