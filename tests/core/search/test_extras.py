"""What comes on top of a search is not the reason for a late or a failed answer."""

import asyncio
import time
from contextlib import asynccontextmanager

import pytest

from altus4_core import Plugin, hookimpl
from altus4_core.records import Category, Hit, TableHits
from altus4_core.seams import Service
from altus4_core.trends import SearchAdvice, SearchTrends


class Extras(Plugin):
    """A mode that takes its time, and everything that a search may have on top."""

    name = "extras"

    def __init__(self, mode=0.0, extra=0.0, log=0.0):
        super().__init__()
        self.mode, self.extra, self.log = mode, extra, log
        self.told = []

    @hookimpl
    def altus4_search_modes(self):
        plugin = self

        class Mode:
            name = "timed"
            kinds = frozenset({"memory"})
            options = None

            async def search(self, request, target):
                await asyncio.sleep(plugin.mode)
                return [TableHits("t", "i", [Hit((1,), 1.0, {"x": 1})], 1, "eq")]

        return [Mode()]

    @hookimpl
    def altus4_categorizers(self):
        plugin = self

        class Categorizer:
            name = "timed"

            async def categorize(self, request, hits):
                await asyncio.sleep(plugin.extra)
                return [Category("all", len(hits), 1.0, "timed")]

        return [Categorizer()]

    @hookimpl
    def altus4_suggesters(self):
        plugin = self

        class Suggester:
            name = "timed"

            async def suggest(self, request):
                plugin.told.append(request.mode)
                await asyncio.sleep(plugin.extra)
                return []

        return [Suggester()]

    @hookimpl
    def altus4_services(self):
        plugin = self

        class Log:
            async def of(self, user_id, environment):
                if isinstance(plugin.log, Exception):
                    raise plugin.log
                await asyncio.sleep(plugin.log)
                return []

        @asynccontextmanager
        async def log():
            yield Log()

        return [Service(SearchTrends, log, name="trends"), Service(SearchAdvice, log, name="advice")]


async def ask(client, **body):
    started = time.monotonic()
    asked = {"query": "x", "searchMode": "timed", "databases": ["notes"], "suggestions": "always", **body}
    response = await client.post("/api/v1/search", json=asked)
    assert response.status == 200, await response.text()
    return (await response.json())["data"], time.monotonic() - started


def codes(data):
    return [warning["code"] for warning in data["warnings"]]


async def test_what_hangs_at_the_end_of_a_search_does_not_move_its_deadline(client_factory):
    client = await client_factory(Extras(mode=0.35, extra=60, log=60))
    data, took = await ask(client, timeoutMs=400, includeAnalytics=True)
    assert took < 0.4 + 0.2
    assert len(data["results"]) == 1
    assert codes(data) == ["ENRICHMENT_FAILED", "ENRICHMENT_FAILED", "TRENDS_MISSING", "ADVICE_MISSING"]


async def test_who_had_no_time_is_not_paused(client_factory):
    plugin = Extras(mode=0.2, extra=0.08)
    client = await client_factory(plugin)
    for _ in range(6):
        data, _ = await ask(client, timeoutMs=240, cache="bypass")
        assert codes(data) == ["ENRICHMENT_FAILED"] * 2
    plugin.mode = plugin.extra = 0.0
    data, _ = await ask(client)
    assert (codes(data), data["categories"][0]["name"]) == ([], "all")


@pytest.mark.parametrize("fault", [RuntimeError("on purpose"), KeyError("x")])
async def test_a_log_that_breaks_is_a_warning(client_factory, fault):
    client = await client_factory(Extras(log=fault))
    data, _ = await ask(client, includeAnalytics=True)
    assert len(data["results"]) == 1
    assert codes(data) == ["TRENDS_MISSING", "ADVICE_MISSING"]


async def test_suggesters_are_told_the_mode(client_factory):
    plugin = Extras()
    client = await client_factory(plugin)
    await ask(client)
    for more in ({}, {"searchMode": "timed"}):
        response = await client.get("/api/v1/search/suggestions", params={"query": "x", **more})
        assert response.status == 200
    assert plugin.told == ["timed", "memory", "timed"]


async def test_orders_that_do_not_compare_are_a_warning_of_the_answer(client_factory):
    class Orders(Plugin):
        name = "orders"

        @hookimpl
        def altus4_search_modes(self):
            class Mode:
                name = "timed"
                kinds = frozenset({"memory"})
                options = None

                async def search(self, request, target):
                    return [
                        TableHits(table, "i", [Hit((1,), 1.0, {}, order=(value,))], 1, "eq", scales=(scale,))
                        for table, value, scale in (("t", 1, "enum('b','a')"), ("u", "a", ""))
                    ]

            return [Mode()]

    data, _ = await ask(await client_factory(Orders()), sort=["cat"])
    (told,) = [warning for warning in data["warnings"] if warning["code"] == "SORT_UNLIKE"]
    assert told["field"] == "sort[0]"
