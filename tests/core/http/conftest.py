"""A gateway on a real socket, and a client that writes bytes."""

import asyncio
from contextlib import asynccontextmanager

import pytest

from altus4_core.serve import serve_while
from altus4_core.testing.twins.plugin import TOKEN


class Wire:
    """A connection; sends what it is told to, also what no client library would."""

    def __init__(self, reader, writer):
        self.reader = reader
        self.writer = writer

    async def send(self, data: bytes) -> None:
        self.writer.write(data)
        await self.writer.drain()

    async def request(self, method="GET", path="/health", body=b"", **headers) -> None:
        lines = [f"{method} {path} HTTP/1.1", "Host: x", f"Authorization: Bearer {TOKEN}"]
        lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
        if body or method == "POST":
            lines += [f"Content-Length: {len(body)}", "Content-Type: application/json"]
        await self.send("\r\n".join([*lines, "", ""]).encode() + body)

    async def answer(self, seconds=5) -> tuple[int, dict[str, str], bytes]:
        async with asyncio.timeout(seconds):
            head = (await self.reader.readuntil(b"\r\n\r\n")).decode()
            status, *lines = head.strip().split("\r\n")
            headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
            body = await self.reader.readexactly(int(headers.get("content-length", 0)))
        return int(status.split()[1]), headers, body

    async def closed(self, seconds=5) -> bool:
        """Whether the server ends the connection, in an orderly way, within the time."""
        try:
            async with asyncio.timeout(seconds):
                return await self.reader.read(1) == b""
        except TimeoutError:
            return False

    def close(self) -> None:
        self.writer.close()


@pytest.fixture
def listening(gateway_factory, memory):
    """Serve on a free port: `async with listening(toml) as connect: wire = await connect()`."""

    @asynccontextmanager
    async def serve(*plugins, toml="", **options):
        await memory.fill()
        section = "" if "[server]" in toml else "[server]\n"
        toml = (
            toml.replace("[server]\n", "[server]\nport = 0\ndrain_timeout = 1.0\n")
            if not section
            else toml + "\n[server]\nport = 0\ndrain_timeout = 1.0\n"
        )
        wires = []
        async with serve_while(gateway_factory(*plugins, toml=toml, **options)) as server:

            async def connect():
                wire = Wire(*await asyncio.open_connection("127.0.0.1", server.port))
                wires.append(wire)
                return wire

            connect.server = server
            try:
                yield connect
            finally:
                for wire in wires:
                    wire.close()

    return serve
