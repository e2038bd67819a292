"""A tiny balancer: connections go in turn to the nodes that say they are ready. It never repeats a request."""

import asyncio
import contextlib
from collections.abc import Sequence
from typing import Self

CHECK_SECONDS = 0.1
CHUNK = 65536


class Balancer:
    """Listens on `port` while the context lasts; `ready` are the ports of the nodes that get connections."""

    def __init__(self, ports: Sequence[int]) -> None:
        self._ports = ports
        self._turn = 0
        self._server: asyncio.Server | None = None
        self._checks: list[asyncio.Task[None]] = []
        self._serving: set[asyncio.Task[object]] = set()
        self.ready: set[int] = set()
        self.port = 0
        self.passed = dict.fromkeys(ports, 0)

    async def __aenter__(self) -> Self:
        self._checks = [asyncio.create_task(self._check(port)) for port in self._ports]
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._server is not None
        self._server.close()
        for check in self._checks:
            check.cancel()
        await asyncio.gather(*self._checks, *self._serving, return_exceptions=True)

    async def _check(self, port: int) -> None:
        while True:
            if await _says_ready(port):
                self.ready.add(port)
            else:
                self.ready.discard(port)
            await asyncio.sleep(CHECK_SECONDS)

    async def _connect(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        async with asyncio.timeout(10):
            while True:
                for port in sorted(self.ready, key=lambda port: (self._ports.index(port) - self._turn) % 2):
                    with contextlib.suppress(OSError):  # refused: nothing was sent, another node may have it
                        found = await asyncio.open_connection("127.0.0.1", port)
                        self._turn += 1
                        self.passed[port] += 1
                        return found
                await asyncio.sleep(CHECK_SECONDS)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._serving.add(task)
        task.add_done_callback(self._serving.discard)
        try:
            theirs, node = await self._connect()
        except TimeoutError:
            await _close(writer)
            return
        await asyncio.gather(_pump(reader, node), _pump(theirs, writer))


async def _pump(source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
    with contextlib.suppress(OSError):
        while data := await source.read(CHUNK):
            sink.write(data)
            await sink.drain()
    await _close(sink)


async def _says_ready(port: int) -> bool:
    try:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
    except OSError:
        return False
    try:
        writer.write(b"GET /health/ready HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        async with asyncio.timeout(2):
            return b" 200 " in await reader.readline()
    except (OSError, TimeoutError):
        return False
    finally:
        await _close(writer)


async def _close(writer: asyncio.StreamWriter) -> None:
    writer.close()
    with contextlib.suppress(OSError):
        await writer.wait_closed()
