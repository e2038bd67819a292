"""A stop resets nobody and loses no row."""

import asyncio
import json
import signal
import threading
import time
from pathlib import Path

import pytest
from altus4_sandbox import ServerAddress, new_schema_name
from deployment import Deployment, settings_for
from world import run_sql


@pytest.fixture
def served(mysql_server: ServerAddress, tmp_path: Path):
    schema = new_schema_name("stop")
    gateway = Deployment(settings_for(mysql_server, schema, tmp_path), tmp_path)
    gateway.must("migrate", "up")
    key = gateway.key(gateway.user("ann@example.com"))
    gateway.start()
    yield gateway, key, schema
    gateway.stop()
    run_sql(mysql_server, [f"DROP DATABASE {schema}"])


async def clients(port: int, key: str, number: int, counts: dict[str, int], ended: asyncio.Event) -> None:
    body = json.dumps({"query": "anything"}).encode()
    request = (
        f"POST /api/v1/search HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {key}\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    ).encode() + body

    async def client() -> None:
        reader = writer = None
        while not ended.is_set():
            if writer is None:
                try:
                    reader, writer = await asyncio.open_connection("127.0.0.1", port)
                except OSError:
                    return  # no longer listening: the client would go to another node
            writer.write(request)
            try:
                head = await reader.readuntil(b"\r\n\r\n")
                length = int(head.lower().split(b"content-length:")[1].split(b"\r\n")[0])
                await reader.readexactly(length)
            except (OSError, asyncio.IncompleteReadError):
                counts["reset"] += 1
                return
            counts["ok" if head.startswith(b"HTTP/1.1 200") else "refused"] += 1
            if b"connection: close" in head.lower():
                writer.close()
                writer = None

    await asyncio.gather(*(client() for _ in range(number)))


def test_no_client_is_reset_and_no_row_is_lost(served, mysql_server: ServerAddress) -> None:
    gateway, key, schema = served
    counts = {"ok": 0, "refused": 0, "reset": 0}
    stopper = threading.Timer(1.0, gateway.stop)

    async def run() -> None:
        stopper.start()
        await clients(gateway.port, key, 30, counts, asyncio.Event())

    asyncio.run(run())
    stopper.join()
    assert counts["reset"] == 0
    assert counts["refused"] == 0
    assert counts["ok"] > 100
    logged = run_sql(mysql_server, [f"SELECT COUNT(*) FROM {schema}.searches"])[0][0]
    assert logged == counts["ok"]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_an_idle_gateway_stops_quickly(served, number: int) -> None:
    gateway, _, _ = served
    assert gateway.stop(number) < 3


def test_after_kill_nine_it_is_back_within_three_seconds(served, mysql_server: ServerAddress) -> None:
    gateway, key, schema = served
    for index in range(20):
        gateway.search(key, f"word {index}")
    time.sleep(0.4)
    gateway.search(key, "too late perhaps")
    gateway.stop(signal.SIGKILL)
    logged = run_sql(mysql_server, [f"SELECT COUNT(*) FROM {schema}.searches"])[0][0]
    assert logged >= 20
    begun = time.monotonic()
    gateway.start()
    assert time.monotonic() - begun < 3
