"""What a supervisor and a worker say to each other: JSON with its length in front, over a pair of sockets."""

import asyncio
import socket
from collections.abc import Mapping
from typing import Any, Self

import orjson

HEAD = 4  # bytes of the length
MOST = 64 << 20


class Channel:
    """One end. The other's death is the end of what it says."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer

    @classmethod
    async def over(cls, connected: socket.socket) -> Self:
        """Make one end of a connected socket."""
        connected.setblocking(False)
        return cls(*await asyncio.open_connection(sock=connected))

    def send(self, message: Mapping[str, Any]) -> None:
        """Send a message, without waiting; it is lost when the other is gone."""
        if self._writer.is_closing():
            return
        data = orjson.dumps(message)
        self._writer.write(len(data).to_bytes(HEAD, "big") + data)

    async def receive(self) -> Mapping[str, Any] | None:
        """Give the next message; None when the other is gone."""
        try:
            length = int.from_bytes(await self._reader.readexactly(HEAD), "big")
            if length > MOST:
                return None
            found = orjson.loads(await self._reader.readexactly(length))
        except (OSError, EOFError):
            return None
        return found if isinstance(found, dict) else None

    async def close(self) -> None:
        """Send what waits, and close."""
        self._writer.close()
        try:
            await self._writer.wait_closed()
        except OSError:
            return
