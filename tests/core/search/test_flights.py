"""Identical searches of one principal run once; nobody else's do; and nothing runs on when nobody waits."""

import asyncio
import random

import attrs
import pytest
from aiohttp.test_utils import TestClient, TestServer

from altus4_core import Plugin, hookimpl
from altus4_core.app import create_app
from altus4_core.errors import Unsearchable
from altus4_core.records import Hit, TableHits
from altus4_core.search.flights import Flights
from altus4_core.testing.clock import HeldClock
from altus4_core.testing.twins.plugin import TOKEN, user_identity

SEARCH = "/api/v1/search"


class Slow(Plugin):
    """A mode that takes its time, and counts."""

    name = "slow"

    def __init__(self, seconds=0.2, error=None):
        super().__init__()
        self.seconds, self.error = seconds, error
        self.begun = self.ended = self.cancelled = 0

    @property
    def running(self):
        return self.begun - self.ended - self.cancelled

    @hookimpl
    def altus4_search_modes(self):
        plugin = self

        class Mode:
            name = "slow"
            kinds = frozenset({"memory"})
            options = None

            async def search(self, request, target):
                plugin.begun += 1
                try:
                    await asyncio.sleep(plugin.seconds)
                except asyncio.CancelledError:
                    plugin.cancelled += 1
                    raise
                plugin.ended += 1
                if plugin.error:
                    raise plugin.error
                return [TableHits("t", "i", [Hit((plugin.begun,), 1.0, {})], 1, "eq")]

        return [Mode()]


async def ask(client, token=TOKEN, **body):
    headers = {"Authorization": f"Bearer {token}"}
    response = await client.post(SEARCH, json={"query": "x", "searchMode": "slow", **body}, headers=headers)
    return response.status, await response.json()


async def test_identical_searches_at_once_run_once(client_factory, memory):
    plugin = Slow()
    client = await client_factory(plugin)
    answers = await asyncio.gather(*[ask(client) for _ in range(10)])
    assert plugin.begun == 1
    assert {status for status, _ in answers} == {200}
    assert len({answer["meta"]["requestId"] for _, answer in answers}) == 10
    assert len({str(answer["data"]["results"]) for _, answer in answers}) == 1
    assert len(await memory.sink.wait_for(10)) == 10, "each of them was asked for, and is in the log"
    await ask(client)
    assert plugin.begun == 2, "nothing is kept unless the settings say so"


@pytest.mark.parametrize(
    "other",
    [{"query": "y"}, {"limit": 3}, {"offset": 1}, {"tables": ["t"]}, {"databases": ["notes"]}, {"explain": True},
     {"cache": "bypass"}, {"timeoutMs": 1999}, {"totals": "none"}, {"ranking": "mysql"}],
    ids=str,
)  # fmt: skip
async def test_other_searches_run_by_themselves(client_factory, other):
    plugin = Slow()
    client = await client_factory(plugin)
    await asyncio.gather(ask(client), ask(client, **other))
    assert plugin.begun == 2


async def test_a_bypassing_search_shares_with_nobody(client_factory):
    plugin = Slow()
    client = await client_factory(plugin)
    await asyncio.gather(*[ask(client, cache="bypass") for _ in range(3)])
    assert plugin.begun == 3


async def test_principals_share_nothing(client_factory, memory):
    """Neither with another key of the same user, nor with one that may see less, nor with another user."""
    identities = {
        "other-key": user_identity("user-1", credential_id="k2"),
        "confined": user_identity("user-1", databases=frozenset({"notes"})),
        "test-key": user_identity("user-1", environment="test"),
    }
    memory.tokens.update(identities)
    plugin = Slow()
    client = await client_factory(plugin, toml="[search]\ncache_ttl = 60\n")
    answers = await asyncio.gather(*[ask(client, token) for token in (TOKEN, *identities)])
    assert [status for status, _ in answers] == [200] * 4
    assert plugin.begun == 4
    await asyncio.gather(*[ask(client, token) for token in (TOKEN, *identities)])
    assert plugin.begun == 4, "kept for each of them"


async def test_an_answer_is_kept_only_so_long_and_only_for_this_version_of_the_database(client_factory, memory):
    plugin = Slow(0)
    client = await client_factory(plugin, toml="[search]\ncache_ttl = 60\ndirectory_ttl = 0\n")
    await ask(client)
    await ask(client)
    assert plugin.begun == 1
    (row,) = [row for row in await memory.store.databases.list("user-1") if row.id == "notes"]
    await memory.store.databases.update(attrs.evolve(row, name="renamed"))
    await ask(client)
    assert plugin.begun == 2


async def test_a_refusal_is_shared_and_not_kept(client_factory):
    plugin = Slow(error=Unsearchable("No."))
    client = await client_factory(plugin, toml="[search]\ncache_ttl = 60\n")
    answers = await asyncio.gather(*[ask(client) for _ in range(4)])
    assert [status for status, _ in answers] == [422] * 4
    assert plugin.begun == 1
    await ask(client)
    assert plugin.begun == 2


async def test_when_the_first_one_leaves_another_goes_on(client_factory):
    plugin = Slow(0.3)
    client = await client_factory(plugin)
    first = asyncio.create_task(ask(client))
    await asyncio.sleep(0.1)
    others = [asyncio.create_task(ask(client)) for _ in range(3)]
    await asyncio.sleep(0.1)
    first.cancel()
    assert [status for status, _ in await asyncio.gather(*others)] == [200] * 3
    assert (plugin.begun, plugin.cancelled) == (2, 1)


async def test_taking_over_keeps_ones_own_deadline(client_factory):
    plugin = Slow(60)
    client = await client_factory(plugin)
    first = asyncio.create_task(ask(client, timeoutMs=1000))
    await asyncio.sleep(0.1)
    began = asyncio.get_running_loop().time()
    second = asyncio.create_task(ask(client, timeoutMs=1000))
    await asyncio.sleep(0.6)
    first.cancel()
    status, _ = await second
    assert status == 504
    assert asyncio.get_running_loop().time() - began < 1.2


async def test_when_the_last_one_leaves_the_search_stops(client_factory):
    plugin = Slow(60)
    client = await client_factory(plugin)
    tasks = [asyncio.create_task(ask(client, timeoutMs=9000)) for _ in range(5)]
    await asyncio.sleep(0.3)
    for task in tasks:
        task.cancel()
    async with asyncio.timeout(3):
        while plugin.running:
            await asyncio.sleep(0.01)
    assert plugin.ended == 0


async def test_random_aborts_leave_nothing_behind(gateway_factory, memory):
    await memory.fill()
    plugin = Slow(0.05)
    gateway = gateway_factory(plugin)
    await gateway.start()
    application = create_app(gateway)
    chance = random.Random(7)
    async with TestClient(TestServer(application.web, handler_cancellation=True)) as client:

        async def one(number):
            task = asyncio.create_task(ask(client, query=f"x{number % 3}"))
            await asyncio.sleep(chance.random() * 0.1)
            task.cancel()
            try:
                return (await task)[0]
            except asyncio.CancelledError:
                return None

        for _ in range(8):
            statuses = await asyncio.gather(*[one(number) for number in range(25)])
            assert set(statuses) <= {None, 200}
        async with asyncio.timeout(3):
            while application.bulkheads.active or plugin.running:
                await asyncio.sleep(0.01)
        assert (await ask(client))[0] == 200
    await gateway.stop()


async def test_kept_answers_are_few_and_old_ones_go():
    clock = HeldClock()
    flights = Flights(clock, keep=5, capacity=3)
    asked = []

    async def run(number):
        async def search():
            asked.append(number)
            return number

        return await flights.run((number,), search, lambda answer: answer)

    for number in (1, 2, 3, 4, 2, 1):
        assert await run(number) == number
    assert asked == [1, 2, 3, 4, 1]
    clock.advance(6)
    await run(4)
    assert asked == [1, 2, 3, 4, 1, 4]
    assert flights.running == 0
