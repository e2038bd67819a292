"""A rolling restart under load, with Redis: nobody notices, limits hold, no row of the search log is missing."""

import asyncio
import contextlib
import json
import time
from collections import Counter

import attrs
from balancer import Balancer
from deployment import Deployment
from nodes import EMAIL, Nodes

CLIENTS = 12
BURST = 150
ROUNDS = 5
PLENTY = ("--requests-per-hour", "1000000", "--burst", "10000")


@attrs.define
class Client:
    """Searches again and again on connections that it keeps, and never twice for one answer."""

    port: int
    key: str
    answers: "Counter[int]" = attrs.field(factory=Counter)
    seconds: list[float] = attrs.field(factory=list)
    failures: list[str] = attrs.field(factory=list)
    ended: bool = False

    async def run(self, pause: float = 0.0) -> None:
        body = json.dumps({"query": "database", "cache": "bypass"}).encode()
        head = f"POST /api/v1/search HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {self.key}\r\n"
        request = f"{head}Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body
        while not self.ended:
            reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
            try:
                while not self.ended and await self._ask(reader, writer, request):
                    await asyncio.sleep(pause)
            except (OSError, asyncio.IncompleteReadError) as error:
                self.failures.append(repr(error))
            finally:
                writer.close()
                with contextlib.suppress(OSError):
                    await writer.wait_closed()

    async def _ask(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, request: bytes) -> bool:
        begun = time.monotonic()
        writer.write(request)
        head = (await reader.readuntil(b"\r\n\r\n")).lower()
        body = await reader.readexactly(int(head.split(b"content-length:")[1].split(b"\r\n")[0]))
        status = int(head[9:12])
        self.answers[status] += 1
        self.seconds.append(time.monotonic() - begun)
        if status == 200 and not json.loads(body)["data"]["results"]:
            self.failures.append("an answer without results")
        return b"connection: close" not in head


def make_key(node: Deployment, *limits: str, permission: str = "search") -> dict[str, str]:
    made = node.must("api-keys", "create", "--user", EMAIL, "--permissions", permission, "--json", *limits)
    return dict(json.loads(made))


async def restart(node: Deployment, balancer: Balancer) -> tuple[float, float]:
    """Restart a node as an operator does; gives the seconds until it had ended, and until it was ready again."""
    stopped = await asyncio.to_thread(node.stop)
    begun = time.monotonic()
    await asyncio.to_thread(node.start)
    while node.port not in balancer.ready:
        await asyncio.sleep(0.05)
    return stopped, time.monotonic() - begun


async def test_a_rolling_restart_under_load(nodes: Nodes) -> None:
    plenty = make_key(nodes.first, *PLENTY)["secretKey"]
    scarce = make_key(nodes.first, "--requests-per-hour", "1", "--burst", str(BURST))["secretKey"]
    before = await asyncio.to_thread(nodes.logged)
    async with Balancer([node.port for node in nodes.both]) as balancer:
        while len(balancer.ready) < 2:
            await asyncio.sleep(0.05)
        clients = [Client(balancer.port, plenty) for _ in range(CLIENTS)]
        limited = [Client(balancer.port, scarce) for _ in range(4)]
        tasks = [asyncio.create_task(client.run()) for client in clients]
        tasks += [asyncio.create_task(client.run(pause=0.05)) for client in limited]
        begun = time.monotonic()
        await asyncio.sleep(1.5)
        took = []
        for node in nodes.both:
            took.append(await restart(node, balancer))
            await asyncio.sleep(1.0)
        for client in (*clients, *limited):
            client.ended = True
        await asyncio.gather(*tasks)
        seconds = time.monotonic() - begun
        passed = dict(balancer.passed)
    answers: Counter[int] = sum((client.answers for client in clients), Counter())
    granted: Counter[int] = sum((client.answers for client in limited), Counter())
    latencies = sorted(each * 1000 for client in clients for each in client.seconds)
    print(
        f"\n{answers.total()} searches of {CLIENTS} clients in {seconds:.1f} s: {dict(answers)};"
        f" p50 {latencies[len(latencies) // 2]:.0f} ms, p99 {latencies[len(latencies) * 99 // 100]:.0f} ms,"
        f" longest {latencies[-1]:.0f} ms; limited key: {dict(granted)}; connections by node: {list(passed.values())}\n"
        + "; ".join(f"node {n} ended after {a:.1f} s, ready {b:.1f} s later" for n, (a, b) in enumerate(took, 1))
    )
    assert [failure for client in (*clients, *limited) for failure in client.failures] == []
    assert set(answers) == {200}
    assert set(granted) == {200, 429}
    assert granted[200] == BURST, "not one more nor less, over both nodes and through both restarts"
    assert all(passed.values())
    for node in nodes.both:
        await asyncio.to_thread(node.stop)  # what waits is written
    assert await asyncio.to_thread(nodes.logged) - before == answers[200] + granted[200]
    for node in nodes.both:
        await asyncio.to_thread(node.start)


def seconds_until_refused(node: Deployment, key: str) -> float:
    """Wait until eight connections in a row, which reach every worker, are refused."""
    begun = time.monotonic()
    while {node.search(key, "database").status for _ in range(8)} != {401}:
        assert time.monotonic() - begun < 10
    return time.monotonic() - begun


def revoked(nodes: Nodes) -> list[float]:
    """Revoke keys at one node that the other knows; gives the seconds until that refused each."""
    admin = make_key(nodes.first, *PLENTY, permission="admin")["secretKey"]
    took = []
    for _ in range(ROUNDS):
        key = make_key(nodes.first, *PLENTY)
        for _ in range(8):
            assert nodes.second.search(key["secretKey"], "database").status == 200
        assert nodes.first.request("DELETE", f"/api/v1/keys/{key['id']}", key=admin).status == 200
        took.append(seconds_until_refused(nodes.second, key["secretKey"]))
    return took


def test_a_revoked_key_is_refused_everywhere_within_two_seconds_with_redis_and_without(nodes: Nodes) -> None:
    with_redis = revoked(nodes)
    nodes.redis.kill()
    try:
        without = revoked(nodes)
    finally:
        nodes.redis.restart()
    print(f"\nrevoked: longest {max(with_redis):.2f} s with Redis, {max(without):.2f} s without")
    assert max(*with_redis, *without) < 2.5  # the answers that notice it take a moment, too
