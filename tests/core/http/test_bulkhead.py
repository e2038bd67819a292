"""Bulkheads: 503 for all, 429 for one tenant; every place is given back."""

import asyncio

import pytest

from altus4_core import Plugin, hookimpl
from altus4_core.records import Action
from altus4_core.routing import Route
from altus4_core.testing.twins.plugin import user_identity


class Waiting(Plugin):
    """Holds requests until the test lets them go."""

    name = "waiting"

    def __init__(self, settings=None):
        super().__init__(settings)
        self.gate = asyncio.Event()
        self.waiting = 0

    @hookimpl
    def altus4_routes(self):
        async def wait(call):
            self.waiting += 1
            try:
                await self.gate.wait()
            finally:
                self.waiting -= 1
            return {}

        return [Route("GET", "/api/v1/wait", wait, "Wait.", action=Action("wait"))]


async def held(client, plugin, count, headers=None):
    """Start requests and wait until they are all being worked on."""
    tasks = [asyncio.create_task(client.get("/api/v1/wait", headers=headers)) for _ in range(count)]
    async with asyncio.timeout(5):
        while plugin.waiting < count:
            await asyncio.sleep(0.005)
    return tasks


async def test_beyond_the_global_limit_503(client_factory):
    plugin = Waiting()
    client = await client_factory(plugin, toml="[server]\nmax_requests = 4\n")
    tasks = await held(client, plugin, 4)
    response = await client.get("/api/v1/wait")
    assert response.status == 503
    assert (await response.json())["error"]["code"] == "OVERLOADED"
    assert response.headers["Retry-After"] == "1"
    # Probes are not requests: an overloaded node is still alive.
    for path in ("/health", "/health/live", "/health/ready"):
        assert (await client.get(path)).status == 200
    plugin.gate.set()
    assert [answer.status for answer in await asyncio.gather(*tasks)] == [200] * 4
    assert (await client.get("/api/v1/wait")).status == 200


async def test_beyond_a_tenants_limit_429_and_others_go_on(client_factory, memory):
    memory.tokens["memory-other"] = user_identity("other")
    plugin = Waiting()
    client = await client_factory(plugin, toml="[server]\nmax_requests_per_tenant = 2\n")
    tasks = await held(client, plugin, 2)
    response = await client.get("/api/v1/wait")
    assert response.status == 429
    assert (await response.json())["error"]["code"] == "TOO_MANY_CONCURRENT_REQUESTS"
    assert int(response.headers["Retry-After"]) >= 1
    tasks += [asyncio.create_task(client.get("/api/v1/wait", headers={"Authorization": "Bearer memory-other"}))]
    async with asyncio.timeout(5):
        while plugin.waiting < 3:
            await asyncio.sleep(0.005)
    plugin.gate.set()
    assert [answer.status for answer in await asyncio.gather(*tasks)] == [200] * 3


@pytest.mark.parametrize("rounds", [3])
async def test_aborted_requests_give_their_places_back(client_factory, rounds):
    plugin = Waiting()
    client = await client_factory(plugin, toml="[server]\nmax_requests = 5\nmax_requests_per_tenant = 5\n")
    for _ in range(rounds):
        tasks = await held(client, plugin, 5)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        async with asyncio.timeout(5):
            while plugin.waiting:
                await asyncio.sleep(0.005)
    plugin.gate.set()
    answers = await asyncio.gather(*(client.get("/api/v1/wait") for _ in range(5)))
    assert [answer.status for answer in answers] == [200] * 5


async def test_refusals_are_counted(client_factory):
    plugin = Waiting()
    client = await client_factory(plugin, toml='[server]\nmax_requests = 2\nmetrics = "public"\n')
    tasks = await held(client, plugin, 2)
    await client.get("/api/v1/wait")
    plugin.gate.set()
    await asyncio.gather(*tasks)
    text = await (await client.get("/metrics")).text()
    assert "altus4_http_requests_refused_total 1" in text
    assert "altus4_http_requests_active 0" in text
