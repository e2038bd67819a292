"""Load: a fixed number of keep-alive clients over raw sockets, for a fixed time or a fixed number of requests.

The clients take CPU from what they measure, so each is a protocol with ready-made bytes that looks at the status and
counts the body, and nothing else.
"""

import asyncio
import math
import time
from collections.abc import Iterable, Iterator
from itertools import repeat

import attrs

_LENGTH = b"content-length:"


@attrs.frozen
class Load:
    """What one round measured; latencies in milliseconds."""

    requests: int
    seconds: float
    p50: float
    p99: float
    failures: int

    @property
    def rate(self) -> float:
        """Requests per second."""
        return self.requests / self.seconds


class _Client(asyncio.Protocol):
    """One connection: sends the next request when an answer is complete, until `end` or until there are no more."""

    def __init__(self, requests: Iterator[bytes], end: float, done: "asyncio.Future[None]") -> None:
        self.latencies: list[float] = []
        self.failures = 0
        self._requests = requests
        self._end = end
        self._done = done
        self._begun = 0.0
        self._head = b""
        self._missing = -1  # bytes of the body still to come; below 0: the head is not complete
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Send the first request."""
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._send()

    def data_received(self, data: bytes) -> None:
        """Count what came."""
        if self._missing >= 0:
            self._missing -= len(data)
        else:
            self._head = data = self._head + data if self._head else data
            ends = data.find(b"\r\n\r\n")
            if ends < 0:
                return
            head = data[:ends].lower()
            self.failures += head[9:12] != b"200"
            self._missing = int(head.partition(_LENGTH)[2].split(b"\r\n", 1)[0]) - (len(data) - ends - 4)
        if self._missing:
            return
        now = time.perf_counter()
        self.latencies.append(now - self._begun)
        if now < self._end:
            self._send()
        else:
            self._finish(None)

    def connection_lost(self, error: Exception | None) -> None:
        """Fail the round when the server closed too early: it should not have."""
        self._finish(error or ConnectionResetError("the server closed a connection under load"))

    def _send(self) -> None:
        assert self._transport is not None
        self._head, self._missing = b"", -1
        request = next(self._requests, None)
        if request is None:
            self._finish(None)
            return
        self._begun = time.perf_counter()
        self._transport.write(request)

    def _finish(self, error: Exception | None) -> None:
        if self._done.done():
            return
        if error is not None:
            self._done.set_exception(error)
            return
        self._done.set_result(None)
        assert self._transport is not None
        self._transport.close()


async def load(port: int, payload: bytes, headers: str, *, clients: int, seconds: float) -> Load:
    """Send POST /api/v1/search with one body from `clients` connections for `seconds`."""
    return await _run(port, repeat(_request(payload, headers)), clients, seconds)


async def load_all(port: int, payloads: Iterable[bytes], headers: str, *, clients: int) -> Load:
    """Send POST /api/v1/search with each of the bodies once, from `clients` connections."""
    return await _run(port, (_request(payload, headers) for payload in payloads), clients, math.inf)


def _request(payload: bytes, headers: str) -> bytes:
    head = f"POST /api/v1/search HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n{headers}"
    return f"{head}Content-Length: {len(payload)}\r\n\r\n".encode() + payload


async def _run(port: int, requests: Iterator[bytes], clients: int, seconds: float) -> Load:
    loop = asyncio.get_running_loop()
    begun = time.perf_counter()
    futures = [loop.create_future() for _ in range(clients)]
    protocols = [_Client(requests, begun + seconds, future) for future in futures]
    await asyncio.gather(
        *(loop.create_connection(lambda each=each: each, "127.0.0.1", port) for each in protocols), *futures
    )
    latencies = sorted(latency * 1000 for each in protocols for latency in each.latencies)
    count = len(latencies)
    failures = sum(each.failures for each in protocols)
    return Load(count, time.perf_counter() - begun, latencies[count // 2], latencies[count * 99 // 100], failures)
