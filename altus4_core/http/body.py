"""Reading a request's body: bounded in size and time, JSON only."""

import asyncio
from collections import Counter
from typing import Any

from aiohttp import StreamReader, web

from altus4_core.errors import PayloadTooLarge, RequestTimeout, TooManyRequests, UnsupportedMediaType
from altus4_core.schema.json_body import parse_json
from altus4_core.settings.core import ServerSettings


class BodyReader:
    """Reads bodies."""

    def __init__(self, settings: ServerSettings) -> None:
        self._most = settings.max_body_bytes
        self._seconds = settings.body_timeout
        self._most_waiting = settings.max_waiting_bodies
        self._waiting: Counter[str] = Counter()

    async def json(self, request: web.Request, remote: str) -> Any:
        """Give the parsed body, or None where there is none or it is `null`.

        Raises:
            PayloadTooLarge, UnsupportedMediaType, RequestTimeout, TooManyRequests, InvalidJSON.
        """
        raw = await self._raw(request, remote)
        if not raw.strip():
            return None
        if request.content_type != "application/json" and not request.content_type.endswith("+json"):
            message = "Send the body as Content-Type: application/json."
            raise UnsupportedMediaType(message)
        return parse_json(raw)

    async def _raw(self, request: web.Request, remote: str) -> bytes:
        if not request.can_read_body:
            return b""
        if request.headers.get("Content-Encoding", "identity").lower() != "identity":
            message = "Send the body without Content-Encoding."
            raise UnsupportedMediaType(message)
        if (request.content_length or 0) > self._most:
            raise self._too_large()
        content = request.content
        if content.is_eof():  # all of a small body is usually here already: no timer
            chunk = content.read_nowait()
            if len(chunk) > self._most:
                raise self._too_large()
            return chunk
        if self._waiting[remote] >= self._most_waiting:
            message = f"At most {self._most_waiting} bodies may be on their way from one address at once."
            raise TooManyRequests(message, code="TOO_MANY_CONCURRENT_REQUESTS", retry_after=1)
        self._waiting[remote] += 1
        try:
            async with asyncio.timeout(self._seconds):
                return await self._collect(content)
        except TimeoutError as error:
            message = f"The body did not arrive within {self._seconds:g} s."
            raise RequestTimeout(message, headers={"Connection": "close"}) from error
        finally:
            self._waiting[remote] -= 1
            if not self._waiting[remote]:
                del self._waiting[remote]

    async def _collect(self, content: StreamReader) -> bytes:
        chunks: list[bytes] = []
        size = 0
        async for chunk in content.iter_any():
            size += len(chunk)
            if size > self._most:
                raise self._too_large()
            chunks.append(chunk)
        return b"".join(chunks)

    def _too_large(self) -> PayloadTooLarge:
        return PayloadTooLarge(f"The body is larger than {self._most} bytes.", headers={"Connection": "close"})
