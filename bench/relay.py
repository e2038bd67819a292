"""A relay to a local port that holds back what passes, in both directions, as a long way would.

Reads one JSON line from standard input: {port, delay (seconds, one way)}; prints its port; serves until killed.
"""

import asyncio
import json
import sys
from typing import cast

from altus4_core.loops import run


class _Side(asyncio.Protocol):
    """One end of a relayed connection: what it receives, the other end sends, later and in order."""

    def __init__(self, delay: float) -> None:
        self.other: _Side | None = None
        self.transport: asyncio.Transport | None = None
        self._delay = delay
        self._early: list[bytes] = []

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the connection, and send what came for it already."""
        self.transport = cast("asyncio.Transport", transport)  # that of uvloop says it is none
        for data in self._early:
            self.transport.write(data)

    def data_received(self, data: bytes) -> None:
        """Hold back."""
        assert self.other is not None
        asyncio.get_running_loop().call_later(self._delay, self.other.send, data)

    def connection_lost(self, error: Exception | None) -> None:
        """Close the other end, too, after what is still on its way."""
        assert self.other is not None
        asyncio.get_running_loop().call_later(self._delay, self.other.close)

    def send(self, data: bytes) -> None:
        """Send now, or as soon as there is a connection."""
        if self.transport is None:
            self._early.append(data)
        else:
            self.transport.write(data)

    def close(self) -> None:
        """Close, if it is open."""
        if self.transport is not None:
            self.transport.close()


async def main() -> None:
    """Serve."""
    told = json.loads(sys.stdin.readline())
    loop = asyncio.get_running_loop()
    dials: set[asyncio.Task[object]] = set()

    def accept() -> _Side:
        near, far = _Side(told["delay"]), _Side(told["delay"])
        near.other, far.other = far, near
        dial = loop.create_task(loop.create_connection(lambda: far, "127.0.0.1", told["port"]))
        dials.add(dial)
        dial.add_done_callback(dials.discard)
        return near

    server = await loop.create_server(accept, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    run(main())
