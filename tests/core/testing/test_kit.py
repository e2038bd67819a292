"""The kit's fixtures and fakes."""

import asyncio
import time
from datetime import timedelta

import pytest

from altus4_core import Plugin, hookimpl, setting
from altus4_core.records import Category
from altus4_core.testing.clock import HeldClock
from altus4_core.testing.composing import found


async def test_client_searches_the_twins(client, memory):
    response = await client.post("/api/v1/search", json={"query": "database"})
    assert response.status == 200
    data = (await response.json())["data"]
    assert {result["id"] for result in data["results"]} == {"notes:notes:2", "notes:notes:1", "notes:books:1"}
    assert [(category["name"], category["count"]) for category in data["categories"]] == [("notes", 2), ("books", 1)]
    assert memory.calls["search"] == 1
    (event,) = await memory.sink.wait_for(1)
    assert event.payload["query"] == "database"


async def test_client_is_refused_without_token(client):
    response = await client.post("/api/v1/search", json={"query": "x"}, headers={"Authorization": "Bearer memory-no"})
    assert response.status == 401


async def test_every_seam_has_its_twin(gateway):
    assert [problem.line() for problem in gateway.problems()] == []
    offered = {seam for seam, entries in gateway.composition.entries.items() if entries}
    assert offered == set(gateway.composition.entries)
    assert gateway.composition.named("search-mode", "memory").wraps == ("memory",)


class Shout(Plugin):
    name = "shout"

    def __init__(self, settings=None, word="HEY"):
        super().__init__(settings)
        self.word = word

    @hookimpl
    def altus4_categorizers(self):
        plugin = self

        class Shouter:
            name = "shouter"

            async def categorize(self, request, hits):
                return [Category(plugin.word, 1, 1.0, self.name)]

        return [Shouter()]


@pytest.mark.parametrize("given", [Shout, Shout(word="HO")], ids=["class", "instance"])
async def test_client_factory_takes_classes_and_instances(client_factory, given):
    client = await client_factory(given)
    data = (await (await client.post("/api/v1/search", json={"query": "database"})).json())["data"]
    assert data["categories"][0]["name"] == ("HEY" if isinstance(given, type) else "HO")


async def test_settings_reach_a_given_class(gateway_factory):
    import attrs

    @attrs.frozen
    class Settings:
        size: int = setting(1, doc="A size.")

    class Sized(Plugin):
        name = "sized"

    Sized.Settings = Settings
    gateway = gateway_factory(Sized, toml="[plugins.sized]\nsize = 7\n")
    assert gateway.composition.plugins[0].instance.settings.size == 7


def test_a_plugin_without_a_name_is_not_found():
    class Nameless(Plugin):
        pass

    with pytest.raises(ValueError, match="Nameless has no name"):
        found(Nameless)


def test_leaving_out_what_is_no_seam(memory):
    from altus4_core.testing.twins.plugin import MemoryPlugin

    with pytest.raises(ValueError, match="'limiters'"):
        MemoryPlugin(memory.store, leave_out=["limiters"])


def test_held_clock_moves_when_told(held_clock):
    now, seconds = held_clock.now(), held_clock.monotonic()
    held_clock.advance(1.5)
    assert held_clock.now() - now == timedelta(seconds=1.5)
    assert held_clock.monotonic() - seconds == 1.5
    with pytest.raises(ValueError, match="back"):
        HeldClock().advance(-1)


async def test_loop_guard_sees_a_hold(loop_guard):
    with pytest.raises(AssertionError, match="held for 0"):
        async with loop_guard(0.05):
            time.sleep(0.2)
    async with loop_guard(0.5):
        await asyncio.sleep(0.05)


def test_the_pytest_plugin_loads_nothing_heavy():
    import subprocess
    import sys

    code = (
        "import sys, altus4_core.testing.pytest_plugin;"
        "print(*[name for name in ('aiohttp', 'orjson', 'cattrs', 'pluggy') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    heavy = set(done.stdout.split()) - {"pluggy"}  # pytest itself is built on pluggy
    assert heavy == set()
