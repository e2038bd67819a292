"""Clients that send what is no HTTP, or send it for ever: on real sockets."""

import asyncio
import json

import attrs
import pytest

from altus4_core import Plugin, hookimpl
from altus4_core.routing import Route
from altus4_core.serve import serve_while

SECRET = "altus4_sk_test_do_not_repeat_me"
SLOW = b"POST /api/v1/note HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{"
GOOD = b"GET /api/v1/status HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"


@attrs.frozen
class Note:
    text: str


class Notes(Plugin):
    name = "notes"

    @hookimpl
    def altus4_routes(self):
        async def keep(call):
            return {"kept": call.body.text}

        return [Route("POST", "/api/v1/note", keep, "Keep a note.", request=Note)]


async def answer(port: int, request: bytes) -> bytes:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(request)
    async with asyncio.timeout(5):
        read = await reader.read()
    writer.close()
    return read


@pytest.mark.parametrize(
    "request_bytes",
    [
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
        b"BREW / HTTP/9.9\r\n\r\n",
        f"GET / HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {SECRET}\x01\r\n\r\n".encode(),
        b"GET / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: x\r\nX: " + b"a" * 70_000 + b"\r\n\r\n",
        f"GET /health HTTP/1.1\r\nHost: x\r\nExpect: {SECRET}\r\n\r\n".encode(),
        f"GET /nowhere HTTP/1.1\r\nHost: x\r\nExpect: {SECRET}\r\n\r\n".encode(),
    ],
)
async def test_no_http_gets_the_contracts_answer(gateway_factory, request_bytes, caplog):
    async with serve_while(gateway_factory(toml="[server]\nport = 0\n")) as server:
        head, _, body = (await answer(server.port, request_bytes)).partition(b"\r\n\r\n")
    assert b" 400 " in head.splitlines()[0]
    assert b"server: altus4" in head.lower()
    failure = json.loads(body)
    assert failure["success"] is False
    assert failure["meta"]["requestId"].encode() in head
    assert SECRET.encode() not in head + body
    assert SECRET not in caplog.text


async def test_credentials_come_once(gateway_factory):
    """A proxy may have looked at the other ones."""
    twice = b"GET /api/v1/search?q=x HTTP/1.1\r\nHost: x\r\n"
    twice += b"Authorization: Bearer memory-token\r\nAuthorization: Bearer x\r\n"
    async with serve_while(gateway_factory(toml="[server]\nport = 0\n")) as server:
        head, _, body = (await answer(server.port, twice + b"Connection: close\r\n\r\n")).partition(b"\r\n\r\n")
    assert b" 401 " in head.splitlines()[0]
    assert json.loads(body)["error"]["code"] == "INVALID_AUTH_FORMAT"


async def test_slow_bodies_keep_no_place_from_others(gateway_factory):
    settings = "[server]\nport = 0\nmax_requests = 4\nmax_waiting_bodies = 16\n"
    async with serve_while(gateway_factory(Notes, toml=settings)) as server:
        slow = [await asyncio.open_connection("127.0.0.1", server.port) for _ in range(40)]
        for _, writer in slow:
            writer.write(SLOW)
        await asyncio.sleep(0.3)
        answered = [reader.at_eof() or bool(reader._buffer) for reader, _ in slow]
        assert answered.count(False) == 16  # the others were refused
        assert b" 200 " in (await answer(server.port, GOOD)).splitlines()[0]
        for _, writer in slow:
            writer.close()
