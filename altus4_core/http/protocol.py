"""Answers to what is no HTTP at all: aiohttp's own would break the contract and repeat the client's header lines."""

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
    """One connection. Only what aiohttp answers without asking the application is different."""

    __slots__ = ()

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
        request_id = new_id()
        response = server.envelopes.failure(error, request_id)
        response.headers.update({**SECURITY_HEADERS, "X-Request-ID": request_id})
        response.force_close()
        return response


class ContractServer(web.Server):
    """Makes such connections."""

    envelopes: Envelopes

    def __call__(self) -> RequestHandler:
        """Make the handler of a new connection."""
        return ContractHandler(self, loop=self._loop, **self._kwargs)


class Runner(web.AppRunner):
    """Runs the application on such a server.

    Args:
        app: The application.
        envelopes: How failures look.
        options: As of `web.AppRunner`.
    """

    def __init__(self, app: web.Application, envelopes: Envelopes, **options: Any) -> None:
        super().__init__(app, **options)
        self._envelopes = envelopes

    async def _make_server(self) -> web.Server:
        plain = await super()._make_server()
        plain.__class__ = ContractServer  # the same server, but for the connections it makes
        if isinstance(plain, ContractServer):
            plain.envelopes = self._envelopes
        return plain
