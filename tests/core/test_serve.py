"""Serving and stopping, on real sockets."""

import asyncio
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from altus4_core import Plugin, hookimpl
from altus4_core.errors import StartupRefused
from altus4_core.routing import Route
from altus4_core.serve import Server, serve_while

SERVER = "[server]\nport = 0\n"


class Slow(Plugin):
    name = "slow"
    running = 0

    @hookimpl
    def altus4_routes(self):
        async def slow(call):
            Slow.running += 1
            try:
                await asyncio.sleep(float(call.path["seconds"]))
            finally:
                Slow.running -= 1
            return {"slept": True}

        return [Route("GET", "/api/v1/slow/{seconds}", slow, "Sleep.")]


async def until(condition):
    """Wait, however slow the machine is."""
    async with asyncio.timeout(30):
        while not condition():
            await asyncio.sleep(0.01)


class KeepAliveClient:
    """Asks again and again on one connection, as browsers and pools do; reconnects only when told to."""

    def __init__(self, port, path):
        self.port = port
        self.request = f"GET {path} HTTP/1.1\r\nHost: x\r\n\r\n".encode()
        self.answers = 0
        self.failures = []

    async def run(self):
        while True:
            try:
                reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
            except ConnectionRefusedError:
                return  # the listener is closed: a balancer would ask another node
            try:
                while True:
                    writer.write(self.request)
                    await writer.drain()
                    head = await reader.readuntil(b"\r\n\r\n")
                    length = int(head.lower().split(b"content-length:")[1].split(b"\r\n")[0])
                    await reader.readexactly(length)
                    assert head.startswith(b"HTTP/1.1 200"), head
                    self.answers += 1
                    if b"connection: close" in head.lower():
                        break
            except (ConnectionError, asyncio.IncompleteReadError) as error:
                self.failures.append(repr(error))
                return
            finally:
                writer.close()


@pytest.mark.parametrize("path", ["/health", "/api/v1/slow/0.02"])
async def test_forty_keep_alive_clients_and_not_one_reset(gateway_factory, path):
    gateway = gateway_factory(Slow, toml=SERVER)
    server = Server(gateway)
    await server.start()
    clients = [KeepAliveClient(server.port, path) for _ in range(40)]
    tasks = [asyncio.create_task(client.run()) for client in clients]
    await until(lambda: all(client.answers > 2 for client in clients))
    started = time.monotonic()
    await server.stop()
    took = time.monotonic() - started
    async with asyncio.timeout(5):
        await asyncio.gather(*tasks)
    assert [failure for client in clients for failure in client.failures] == []
    assert took < 5


async def test_requests_in_flight_are_finished(gateway_factory):
    server = Server(gateway_factory(Slow, toml=SERVER))
    await server.start()
    clients = [KeepAliveClient(server.port, "/api/v1/slow/0.8") for _ in range(10)]
    tasks = [asyncio.create_task(client.run()) for client in clients]
    await until(lambda: Slow.running == 10)
    await server.stop()
    await asyncio.gather(*tasks)
    assert [client.answers for client in clients] == [1] * 10
    assert not any(client.failures for client in clients)


async def test_drain_timeout_ends_the_wait(gateway_factory):
    server = Server(gateway_factory(Slow, toml=f"{SERVER}drain_timeout = 0.3\n"))
    await server.start()
    client = KeepAliveClient(server.port, "/api/v1/slow/20")
    task = asyncio.create_task(client.run())
    await until(lambda: Slow.running == 1)
    started = time.monotonic()
    await server.stop()
    assert time.monotonic() - started < 3
    await task


async def test_stopping_twice_does_no_harm(gateway_factory):
    async with serve_while(gateway_factory(toml=SERVER)) as server:
        await server.stop()
    await server.stop()


async def test_port_taken(gateway_factory, memory):
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        server = Server(gateway_factory(toml=f"[server]\nport = {port}\n"))
        with pytest.raises(StartupRefused) as caught:
            await server.start()
    (problem,) = caught.value.problems
    assert problem.line() == f"server: port {port} on 127.0.0.1 is taken; stop what uses it, or set server.port"


async def test_address_of_somebody_else(gateway_factory):
    server = Server(gateway_factory(toml='[server]\nhost = "192.0.2.1"\nport = 0\n'))
    with pytest.raises(StartupRefused) as caught:
        await server.start()
    (problem,) = caught.value.problems
    assert "cannot listen on 192.0.2.1" in problem.line()


FILE = """
from altus4_core import Plugin, hookimpl
from altus4_core.routing import Route
import asyncio

class Mine(Plugin):
    name = "mine"
    @hookimpl
    def altus4_routes(self):
        async def slow(call):
            await asyncio.sleep(float(call.path["seconds"]))
            return {}
        return [Route("GET", "/api/v1/slow/{seconds}", slow, "Sleep.")]
"""


@pytest.fixture
def process(tmp_path):
    """`altus4 serve` with a plugin from a file, as a process of its own."""
    (tmp_path / "mine.py").write_text(FILE)
    (tmp_path / "altus4.toml").write_text("enable = []\n")
    environ = {name: value for name, value in os.environ.items() if not name.startswith(("ALTUS4_", "DB_"))}
    command = [sys.executable, "-m", "altus4_core", "serve", "--plugin", "./mine.py:Mine", "--port", "0"]
    log = tmp_path / "log"
    with log.open("wb") as file:
        running = subprocess.Popen(command, cwd=tmp_path, env=environ, stdout=file, stderr=file)
    try:
        yield running, log
    finally:
        if running.poll() is None:
            running.kill()
        running.wait()


async def port_of(log: Path) -> int:
    async with asyncio.timeout(15):
        while "listening on" not in log.read_text():
            await asyncio.sleep(0.05)
    return int(log.read_text().split("listening on http://127.0.0.1:")[1].split('"')[0])


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_signal_ends_the_process_in_order(process, number):
    running, log = process
    port = await port_of(log)
    client = KeepAliveClient(port, "/api/v1/slow/0.5")
    task = asyncio.create_task(client.run())
    await asyncio.sleep(0.2)
    running.send_signal(number)
    await task
    assert client.failures == []
    assert client.answers == 1
    assert await asyncio.to_thread(running.wait, 10) == 0
    assert "Traceback" not in log.read_text()


async def test_second_signal_waits_for_nobody(process):
    running, log = process
    client = KeepAliveClient(await port_of(log), "/api/v1/slow/25")
    task = asyncio.create_task(client.run())
    await asyncio.sleep(0.3)
    started = time.monotonic()
    running.send_signal(signal.SIGTERM)
    await asyncio.sleep(0.3)
    running.send_signal(signal.SIGTERM)
    assert await asyncio.to_thread(running.wait, 10) == 0
    assert time.monotonic() - started < 4
    await task
