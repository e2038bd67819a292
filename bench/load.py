"""Load: a fixed number of keep-alive clients over raw sockets, for a fixed time; cheap, to measure the server."""

import asyncio
import time

import attrs


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


async def load(port: int, payload: bytes, headers: str, *, clients: int, seconds: float) -> Load:
    """Send POST /api/v1/search from `clients` connections for `seconds`."""
    head = f"POST /api/v1/search HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n{headers}"
    request = f"{head}Content-Length: {len(payload)}\r\n\r\n".encode() + payload
    latencies: list[float] = []
    failures = 0
    end = time.perf_counter() + seconds

    async def client() -> None:
        nonlocal failures
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        while time.perf_counter() < end:
            begun = time.perf_counter()
            writer.write(request)
            answer = await reader.readuntil(b"\r\n\r\n")
            length = int(answer.lower().split(b"content-length:")[1].split(b"\r\n")[0])
            await reader.readexactly(length)
            failures += not answer.startswith(b"HTTP/1.1 200")
            latencies.append((time.perf_counter() - begun) * 1000)
        writer.close()

    begun = time.perf_counter()
    await asyncio.gather(*(client() for _ in range(clients)))
    latencies.sort()
    count = len(latencies)
    return Load(count, time.perf_counter() - begun, latencies[count // 2], latencies[count * 99 // 100], failures)
