"""Bodies: bounded in size and time, JSON alone."""

import asyncio
import io
import json
import time

import pytest

SEARCH = "/api/v1/search"


@pytest.mark.parametrize(
    "body",
    [
        b"{",
        b"{]",
        b"nonsense",
        b'{"query": NaN}',
        b'{"query": "\xff"}',
        b'{"query": "x",}',
        b"{'query': 'x'}",
        b'{"query": "\\ud800"}',
        b'{"query": "x"} trailing',
        b'{"query": "x", "query": "y"}',
        b"[" * 100_000,
    ],
)
async def test_broken_json(client, body):
    response = await client.post(SEARCH, data=body, headers={"Content-Type": "application/json"})
    assert response.status == 400
    error = (await response.json())["error"]
    assert error["code"] == "INVALID_JSON"
    assert "\n" not in error["message"]
    assert len(error["message"]) < 300


async def test_deep_json(client):
    body = b'{"query": ' + b"[" * 70 + b"]" * 70 + b"}"
    response = await client.post(SEARCH, data=body, headers={"Content-Type": "application/json"})
    assert (response.status, (await response.json())["error"]["code"]) == (400, "INVALID_JSON")


@pytest.mark.parametrize("body", [b"", b"null", b"  "])
async def test_no_body_is_a_missing_query(client, body):
    response = await client.post(SEARCH, data=body, headers={"Content-Type": "application/json"})
    assert response.status == 400
    assert (await response.json())["error"]["code"] == "VALIDATION_ERROR"


@pytest.mark.parametrize("body", [b"[]", b'"text"', b"7", b"true"])
async def test_something_else_than_an_object(client, body):
    response = await client.post(SEARCH, data=body, headers={"Content-Type": "application/json"})
    assert (response.status, (await response.json())["error"]["code"]) == (400, "VALIDATION_ERROR")


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"])
async def test_other_media_types(client, kind):
    response = await client.post(SEARCH, data=b'{"query": "x"}', headers={"Content-Type": kind})
    assert (response.status, (await response.json())["error"]["code"]) == (415, "UNSUPPORTED_MEDIA_TYPE")


@pytest.mark.parametrize("kind", ["application/json", "application/json; charset=utf-8", "application/vnd.x+json"])
async def test_json_media_types(client, kind):
    response = await client.post(SEARCH, data=b'{"query": "database"}', headers={"Content-Type": kind})
    assert response.status == 200


async def test_compressed_body(client):
    import gzip

    bomb = gzip.compress(b'{"query": "' + b"a" * 50_000_000 + b'"}')
    headers = {"Content-Type": "application/json", "Content-Encoding": "gzip"}
    response = await client.post(SEARCH, data=bomb, headers=headers)
    assert response.status == 415


@pytest.mark.parametrize("size", [300_000, 10_000_000])
async def test_large_body_with_its_length(client, size):
    body = io.BytesIO(json.dumps({"query": "x" * size}).encode())
    response = await client.post(SEARCH, data=body, headers={"Content-Type": "application/json"})
    assert response.status == 413
    error = (await response.json())["error"]
    assert error["code"] == "PAYLOAD_TOO_LARGE"
    assert "262144" in error["message"]
    assert (await client.get("/health")).status == 200


async def test_large_body_without_its_length(client):
    async def chunks():
        yield b'{"query": "'
        for _ in range(1000):
            yield b"x" * 10_000
        yield b'"}'

    response = await client.post(SEARCH, data=chunks(), headers={"Content-Type": "application/json"})
    assert response.status == 413


async def test_ten_megabytes_announced_are_refused_before_they_come(listening):
    async with listening() as connect:
        wire = await connect()
        await wire.send(
            b"POST /api/v1/search HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer memory-token\r\n"
            b"Content-Type: application/json\r\nContent-Length: 10000000\r\n\r\n"
        )
        status, headers, _ = await wire.answer(2)
        assert status == 413
        assert headers["connection"] == "close"


async def test_body_in_one_byte_pieces_ends_in_time(listening):
    """The time is for the whole body, not for each piece of it."""
    async with listening(toml="[server]\nbody_timeout = 0.5\n") as connect:
        wire = await connect()
        await wire.send(
            b"POST /api/v1/search HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer memory-token\r\n"
            b"Content-Type: application/json\r\nContent-Length: 1000\r\n\r\n"
        )
        started = time.monotonic()

        async def drip():
            while True:
                await wire.send(b" ")
                await asyncio.sleep(0.05)

        task = asyncio.create_task(drip())
        try:
            status, headers, body = await wire.answer(3)
        finally:
            task.cancel()
        assert status == 408
        assert 0.4 < time.monotonic() - started < 1.5
        assert headers["connection"] == "close"
        assert json.loads(body)["error"]["code"] == "REQUEST_TIMEOUT"


async def test_the_connection_is_closed_after_a_body_that_was_not_read(listening):
    async with listening(toml="[server]\nbody_timeout = 0.3\n") as connect:
        wire = await connect()
        await wire.send(
            b"POST /api/v1/search HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer memory-token\r\n"
            b"Content-Type: application/json\r\nContent-Length: 1000\r\n\r\n{"
        )
        assert (await wire.answer(3))[0] == 408
        assert await wire.closed(4)


async def test_nobody_reads_the_body_of_a_stranger(listening):
    """Without credentials a body is not waited for."""
    async with listening() as connect:
        wire = await connect()
        await wire.send(
            b"POST /api/v1/search HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n\r\n"
        )
        assert (await wire.answer(2))[0] == 401


@pytest.mark.parametrize("sent", [b"", b"GET / HTTP/1.1\r\nHost: x\r\n"])
async def test_a_connection_without_a_request_is_closed(listening, sent):
    """Each costs memory and a descriptor; whoever opens many of them must not keep them."""
    async with listening(toml="[server]\nbody_timeout = 0.3\n") as connect:
        silent, busy = await connect(), await connect()
        await silent.send(sent)
        await busy.request()
        assert (await busy.answer())[0] == 200
        started = time.monotonic()
        assert await silent.closed(3)
        assert time.monotonic() - started < 2
        await asyncio.sleep(0.4)
        await busy.request()  # idle for longer, but known
        assert (await busy.answer())[0] == 200
