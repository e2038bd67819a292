"""A search that ends in an error is in the log once, with the code of its answer; what was no search is not."""

import asyncio

import pytest

from altus4_core import Plugin, hookimpl
from altus4_core.errors import ProviderFault, TargetFailed, Unsearchable, ValidationFailed
from altus4_core.records import Hit, TableHits
from altus4_core.search.fanout import FanOut
from altus4_core.testing.memory import MemoryStore
from altus4_core.testing.twins.plugin import MemoryPlugin

NAMES = ("first", "second")
SEARCH = "/api/v1/search"
REMEDY = {"table": "notes", "columns": ["body"], "sqlSuggestion": "ALTER TABLE ..."}


class Unreliable(Plugin):
    """A mode that raises what the test says for a database, or takes so many seconds; and a fusion that breaks."""

    name = "unreliable"

    def __init__(self, ways=None):
        super().__init__()
        self.ways = ways or {}
        self.running = 0

    @hookimpl
    def altus4_search_modes(self):
        plugin = self

        class Mode:
            name = "unreliable"
            kinds = frozenset({"memory"})
            options = None

            async def search(self, request, target):
                way = plugin.ways.get(target.database.id, 0.0)
                if isinstance(way, Exception):
                    raise way
                plugin.running += 1
                try:
                    await asyncio.sleep(way)
                finally:
                    plugin.running -= 1
                return [TableHits("t", "i", [Hit((target.database.id,), 1.0, {"x": 1})], 1, "eq")]

        return [Mode()]

    @hookimpl
    def altus4_fusions(self):
        class Broken:
            name = "broken"

            def fuse(self, lists, options):
                raise ArithmeticError

        return [Broken()]


@pytest.fixture
def memory():
    return MemoryPlugin(MemoryStore(), {name: {} for name in NAMES})


def search_of(**body):
    return {"query": "x", "searchMode": "unreliable", **body}


@pytest.fixture
async def asked(client_factory, memory):
    """Ask once; gives the status, the code of the answer, and what the log has."""

    async def ask(ways, toml="", path=SEARCH, **body):
        client = await client_factory(Unreliable(ways), toml=toml)
        response = await client.post(path, json=search_of(**body), headers={"X-Request-ID": "r-1"})
        answer = await response.json()
        again = await client.post(SEARCH, json=search_of(searchMode="memory"))  # what came before it is in the log
        assert again.status == 200
        async with asyncio.timeout(5):
            while not any(event.payload["mode"] == "memory" for event in memory.sink.events):
                await asyncio.sleep(0.01)
        rows = [event for event in memory.sink.events if event.payload["mode"] != "memory"]
        return response.status, answer.get("error", {}).get("code"), rows

    return ask


DEAR = Unsearchable("No.", code="QUERY_TOO_EXPENSIVE")
NO_INDEX = Unsearchable("No index.", code="NO_FULLTEXT_INDEX", details=[REMEDY])
DOWN = TargetFailed("Away.", code="UNREACHABLE")


@pytest.mark.parametrize(
    ("ways", "body", "status", "code"),
    [
        ({"first": DEAR}, {}, 422, "QUERY_TOO_EXPENSIVE"),
        (dict.fromkeys(NAMES, NO_INDEX), {}, 422, "NO_FULLTEXT_INDEX"),
        (dict.fromkeys(NAMES, DOWN), {}, 502, "SEARCH_FAILED"),
        ({"first": DOWN}, {"partial": "fail"}, 502, "SEARCH_FAILED"),
        (dict.fromkeys(NAMES, 60), {"timeoutMs": 100}, 504, "TIMEOUT"),
        ({}, {"fusion": {"method": "broken"}}, 502, "FUSION_FAILED"),
        (dict.fromkeys(NAMES, DOWN), {"cache": "bypass"}, 502, "SEARCH_FAILED"),
        (dict.fromkeys(NAMES, DOWN), {"path": f"{SEARCH}/explain"}, 502, "SEARCH_FAILED"),
    ],
)
async def test_one_row_with_the_code_of_the_answer(asked, ways, body, status, code):
    answer, told, rows = await asked(ways, **body)
    assert (answer, told) == (status, code)
    (row,) = rows
    assert (row.payload["error_code"], row.payload["result_count"], row.payload["categories"]) == (code, 0, None)
    assert (row.request_id, row.payload["query"], row.payload["mode"]) == ("r-1", "x", "unreliable")
    assert row.payload["database_ids"] == list(NAMES)
    assert row.payload["params"]["limit"] == 20
    if status == 504:
        assert 100 <= row.payload["took_ms"] < 2000


@pytest.mark.parametrize(
    ("ways", "body", "relation"),
    [({}, {}, None), ({}, {"totals": "none"}, "gte"), ({"first": DOWN}, {}, "gte")],
)
async def test_what_was_not_counted_to_the_end_is_said(asked, ways, body, relation):
    status, _, (row,) = await asked(ways, **body)
    assert (status, row.payload["params"].get("totalRelation")) == (200, relation)


async def test_an_answered_search_has_no_code(asked):
    status, _, (row,) = await asked({})
    assert (status, row.payload.get("error_code"), row.payload["result_count"]) == (200, None, 2)


async def test_a_row_says_how_each_database_fared(asked):
    _, _, (row,) = await asked({"first": DOWN}, partial="fail")
    fared = {each["id"]: (each["status"], each["matched"]) for each in row.payload["databases"]}
    assert fared == {"first": ("error", 0), "second": ("ok", 1)}


async def test_where_nobody_knows_how_they_fared_none_has_answered(asked):
    _, _, (row,) = await asked({"first": DEAR})
    assert [(each["id"], each["status"]) for each in row.payload["databases"]] == [(name, "error") for name in NAMES]


async def test_a_missing_index_is_noted_of_a_search_that_it_made_fail(asked):
    _, _, (row,) = await asked({"first": NO_INDEX}, databases=["first"])
    (gap,) = row.payload["params"]["indexGaps"]
    assert (gap["database"], gap["table"], gap["sql"]) == ("first", "notes", REMEDY["sqlSuggestion"])
    assert row.payload["databases"] == ()


@pytest.mark.parametrize(
    ("ways", "body", "status"),
    [
        ({"first": ValidationFailed("No.")}, {}, 400),
        ({}, {"searchMode": "nonsense"}, 400),
        ({}, {"limit": -1}, 400),
        ({}, {"databases": ["unknown"]}, 404),
    ],
)
async def test_what_is_refused_as_wrong_was_no_search(asked, ways, body, status):
    answer, _, rows = await asked(ways, **body)
    assert (answer, rows) == (status, [])


async def test_the_deadline_of_the_request_is_one_of_the_search(asked):
    """The server gives up before the search does."""
    status, code, (row,) = await asked({"first": 60}, "[server]\nrequest_timeout = 0.3\n", timeoutMs=9000)
    assert (status, code, row.payload["error_code"]) == (504, "TIMEOUT", "TIMEOUT")
    assert {each["status"] for each in row.payload["databases"]} == {"timeout"}


@pytest.mark.parametrize(
    ("error", "code"),
    [(RuntimeError("a bug"), "INTERNAL_ERROR"), (ProviderFault("p", "s", "n", "raised", "broke"), "BAD_GATEWAY")],
    ids=["bug", "provider"],
)
async def test_what_went_wrong_inside_is_logged_as_the_client_is_told(asked, monkeypatch, error, code):
    async def broken(self, mode, request, databases):
        if mode.name == "unreliable":
            raise error
        return await run(self, mode, request, databases)

    run = FanOut.run
    monkeypatch.setattr(FanOut, "run", broken)
    _, told, (row,) = await asked({})
    assert told == row.payload["error_code"] == code


async def test_a_deadline_may_end_before_the_databases_are_known(client_factory, memory, monkeypatch):
    client = await client_factory(Unreliable(), toml="[server]\nrequest_timeout = 0.3\n")
    monkeypatch.setattr(memory.store.databases, "list", lambda user_id: asyncio.sleep(60))
    assert (await client.post(SEARCH, json=search_of(databases=["first"]))).status == 504
    (row,) = await memory.sink.wait_for(1)
    assert (row.payload["error_code"], row.payload["database_ids"]) == ("TIMEOUT", [])


async def test_each_search_of_a_batch_is_one_row(client_factory, memory):
    """The last two have no time left: the one is interrupted, the other does not get far."""
    toml = "[search]\nbatch_concurrency = 1\n[server]\nrequest_timeout = 1.2\n"
    client = await client_factory(Unreliable({"first": DOWN, "second": 0.4}), toml=toml)
    searches = [
        search_of(databases=["second"]),
        search_of(databases=["first"]),
        search_of(limit=-1),
        search_of(databases=["second"], query="y"),
        search_of(databases=["second"], query="z"),
    ]
    response = await client.post(f"{SEARCH}/batch", json={"searches": searches})
    results = (await response.json())["data"]["results"]
    assert [each["status"] for each in results] == [200, 502, 400, 504, 504]
    rows = {event.request_id: event.payload.get("error_code") for event in await memory.sink.wait_for(4)}
    expected = [None, "SEARCH_FAILED", None, "TIMEOUT", "TIMEOUT"]
    told = zip(results, expected, strict=True)
    assert rows == {each["requestId"]: code for each, code in told if each["status"] != 400}


async def test_searches_that_shared_a_failure_are_one_row_each(client_factory, memory):
    client = await client_factory(Unreliable(dict.fromkeys(NAMES, 60)))
    answers = await asyncio.gather(*[client.post(SEARCH, json=search_of(timeoutMs=200)) for _ in range(4)])
    assert {answer.status for answer in answers} == {504}
    rows = await memory.sink.wait_for(4)
    assert {event.payload["error_code"] for event in rows} == {"TIMEOUT"}
    assert len({event.request_id for event in rows}) == 4


async def test_a_search_that_its_client_gave_up_is_in_no_log(client_factory, memory):
    plugin = Unreliable(dict.fromkeys(NAMES, 60))
    client = await client_factory(plugin)
    left = asyncio.create_task(client.post(SEARCH, json=search_of(timeoutMs=9000)))
    async with asyncio.timeout(5):
        while not plugin.running:
            await asyncio.sleep(0.01)
        left.cancel()
        while plugin.running:
            await asyncio.sleep(0.01)
    assert (await client.post(SEARCH, json=search_of(searchMode="memory"))).status == 200
    (row,) = await memory.sink.wait_for(1)
    assert row.payload["mode"] == "memory"
