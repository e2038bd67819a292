"""Envelopes: how successes and failures look, and their headers."""

import math
from collections.abc import Mapping
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Any

from aiohttp import web

from altus4_core.clock import iso
from altus4_core.errors import Altus4Error
from altus4_core.schema.encode import dumps

API_VERSION = "1"
JSON_TYPE = "application/json"
PROBLEM_TYPE = "application/problem+json"


class Envelopes:
    """Builds answers. `version` is the package version shown in `meta`."""

    def __init__(self, version: str) -> None:
        self._version = version

    def meta(self, request_id: str) -> dict[str, str]:
        """Give the `meta` member."""
        return {"timestamp": iso(datetime.now(UTC)), "requestId": request_id, "version": self._version}

    def success(
        self,
        data: Any,
        request_id: str,
        *,
        status: int = 200,
        beside: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> web.Response:
        """Wrap data: records or JSON-ready values."""
        body: dict[str, Any] = {"success": True, "data": data}
        if beside:
            body.update(beside)
        body["meta"] = self.meta(request_id)
        return web.Response(body=dumps(body), status=status, content_type=JSON_TYPE, headers=headers)

    def bare(self, data: Any, *, status: int = 200, headers: Mapping[str, str] | None = None) -> web.Response:
        """Give data without an envelope (`GET /health`)."""
        return web.Response(body=dumps(data), status=status, content_type=JSON_TYPE, headers=headers)

    def failure(self, error: Altus4Error, request_id: str, accept: str = "") -> web.Response:
        """Write an error, as RFC 9457 where the client accepts that."""
        headers = dict(error.headers)
        if error.retry_after is not None:
            headers["Retry-After"] = str(max(1, math.ceil(error.retry_after)))
        elif error.status == HTTPStatus.SERVICE_UNAVAILABLE:
            headers["Retry-After"] = "1"
        if PROBLEM_TYPE in accept:
            body = {
                "type": "about:blank",
                "title": HTTPStatus(error.status).phrase,
                "status": error.status,
                "detail": error.message,
                "code": error.error_code,
                "requestId": request_id,
            }
            if error.details is not None:
                body["details"] = error.details
            return web.Response(body=dumps(body), status=error.status, content_type=PROBLEM_TYPE, headers=headers)
        content: dict[str, Any] = {"code": error.error_code, "message": error.message}
        if error.details is not None:
            content["details"] = error.details
        envelope = {"success": False, "error": content, "meta": self.meta(request_id)}
        return web.Response(body=dumps(envelope), status=error.status, content_type=JSON_TYPE, headers=headers)
