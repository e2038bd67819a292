"""A TCP proxy that delays, cuts and dies: a server's bad days without touching the server."""

import asyncio
from contextlib import suppress
from types import TracebackType
from typing import Self


class Proxy:
    """Forwards a loopback port to a server.

    Args:
        host: the server's address.
        port: its port.

    Attributes:
        port: where to connect; kept over `stop` and `start`.
        cut_after: cut a connection once this many bytes of the server went through it; None: never.
        flowing: while cleared nothing is forwarded, and nothing is lost.
    """

    def __init__(self, host: str, port: int) -> None:
        self._target = (host, port)
        self._server: asyncio.Server | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._writers: set[asyncio.StreamWriter] = set()
        self.port = 0
        self.accepted = 0
        self.cut_after: int | None = None
        self.flowing = asyncio.Event()
        self.flowing.set()

    async def start(self) -> None:
        """Listen, on the port of before if there was one."""
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", self.port)
        self.port = self._server.sockets[0].getsockname()[1]

    def reset(self) -> None:
        """Reset the open connections; new ones are welcome."""
        for writer in tuple(self._writers):
            writer.transport.abort()

    async def stop(self) -> None:
        """Refuse new connections and reset the open ones, as a killed server does."""
        if self._server is not None:
            self._server.close()
        self.reset()
        for task in tuple(self._tasks):
            task.cancel()
        await asyncio.sleep(0.01)

    async def __aenter__(self) -> Self:
        """Start."""
        await self.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop."""
        await self.stop()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.accepted += 1
        there = await asyncio.open_connection(*self._target)
        self._writers |= {writer, there[1]}
        pumps = [
            asyncio.create_task(self._pump(reader, there[1], None)),
            asyncio.create_task(self._pump(there[0], writer, self.cut_after)),
        ]
        self._tasks |= set(pumps)
        with suppress(asyncio.CancelledError):
            await asyncio.wait(pumps, return_when=asyncio.FIRST_COMPLETED)
        for pump in pumps:
            pump.cancel()
        self._tasks -= set(pumps)
        for each in (writer, there[1]):
            self._writers.discard(each)
            each.transport.abort()

    async def _pump(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, budget: int | None) -> None:
        with suppress(OSError, asyncio.CancelledError):
            while data := await reader.read(65536):
                await self.flowing.wait()
                if budget is not None:
                    data = data[:budget]
                    budget -= len(data)
                writer.write(data)
                await writer.drain()
                if budget == 0:
                    return
