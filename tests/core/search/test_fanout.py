"""All databases at once, under one deadline."""

import asyncio
import time

import pytest

from altus4_core import Plugin, hookimpl
from altus4_core.errors import CursorExpired, TargetFailed, Unsearchable, ValidationFailed
from altus4_core.records import Hit, Notice, TableHits
from altus4_core.testing.memory import MemoryStore
from altus4_core.testing.twins.plugin import MemoryPlugin

NAMES = ("fast", "slow", "other")


class Slow(Plugin):
    """A mode whose behaviour on each database the test says."""

    name = "slow"

    def __init__(self, ways):
        super().__init__()
        self.ways = ways
        self.asked = []
        self.cancelled = []

    @hookimpl
    def altus4_search_modes(self):
        plugin = self

        class Mode:
            name = "slow"
            kinds = frozenset({"memory"})
            options = None

            async def search(self, request, target):
                plugin.asked.append(target.database.id)
                way = plugin.ways.get(target.database.id)
                if isinstance(way, Exception):
                    raise way
                if isinstance(way, int | float):
                    try:
                        await asyncio.sleep(way)
                    except asyncio.CancelledError:
                        plugin.cancelled.append(target.database.id)
                        raise
                found = TableHits("t", "i", [Hit((target.database.id,), 1.0, {"x": 1})], 1, "eq")
                return [found, *([way] if isinstance(way, TableHits) else ())]

        return [Mode()]


@pytest.fixture
def memory():
    return MemoryPlugin(MemoryStore(), {name: {} for name in NAMES})


@pytest.fixture
async def search(client_factory):
    async def run(ways, **body):
        plugin = Slow(ways)
        client = await client_factory(plugin)
        started = time.monotonic()
        response = await client.post("/api/v1/search", json={"query": "x", "searchMode": "slow", **body})
        return response.status, await response.json(), time.monotonic() - started, plugin

    return run


@pytest.mark.parametrize("milliseconds", [50, 300, 1000])
async def test_one_hanging_database_among_three(search, milliseconds):
    status, body, took, plugin = await search({"slow": 60}, timeoutMs=milliseconds)
    assert status == 200
    assert milliseconds / 1000 - 0.01 <= took < milliseconds / 1000 + 0.2
    states = {entry["id"]: entry["status"] for entry in body["data"]["databases"]}
    assert states == {"fast": "ok", "slow": "timeout", "other": "ok"}
    assert len(body["data"]["results"]) == 2
    assert body["data"]["complete"] is False
    assert body["data"]["totalRelation"] == "gte"
    assert plugin.cancelled == ["slow"]
    (hint,) = body["data"]["queryOptimization"]
    assert hint["impact"] == "high"
    assert hint["description"].startswith("Database 'slow' did not answer within ")
    assert "if it does for other words" in hint["description"]


async def test_the_slowest_is_asked_first_once_that_is_known_and_answers_in_its_place(client_factory):
    plugin = Slow({"slow": 0.15, "other": 0.05})
    client = await client_factory(plugin)
    for _ in range(2):
        response = await client.post("/api/v1/search", json={"query": "x", "searchMode": "slow"})
        assert [entry["id"] for entry in (await response.json())["data"]["databases"]] == sorted(NAMES)
    assert plugin.asked == [*sorted(NAMES), "slow", "other", "fast"]


async def test_all_are_asked_at_the_same_time(search):
    status, _, took, _ = await search(dict.fromkeys(NAMES, 0.3))
    assert status == 200
    assert took < 0.6


async def test_all_hanging_is_504_within_the_deadline(search):
    status, body, took, _ = await search(dict.fromkeys(NAMES, 60), timeoutMs=200)
    assert (status, body["error"]["code"]) == (504, "TIMEOUT")
    assert took < 0.4


@pytest.mark.parametrize(
    ("code", "status"), [("CIRCUIT_OPEN", "circuitOpen"), ("TIMEOUT", "timeout"), ("ACCESS_DENIED", "error")]
)
async def test_codes_of_a_target(search, code, status):
    _, body, _, _ = await search({"slow": TargetFailed("Not now.", code=code)})
    entry = next(entry for entry in body["data"]["databases"] if entry["id"] == "slow")
    assert entry["status"] == status
    assert entry["error"] == {"code": code, "message": "Not now."}


LATE = TableHits("large", "i", (), exhausted=False, failure=Notice("TIMEOUT", "Too late."))


async def test_a_table_that_fails_beside_others_makes_its_database_partial(search):
    status, body, _, _ = await search({"slow": LATE})
    data = body["data"]
    entry = next(entry for entry in data["databases"] if entry["id"] == "slow")
    assert (status, entry["status"], entry["returned"]) == (200, "partial", 1)
    assert entry["error"] == {"code": "TIMEOUT", "message": "Too late.", "tables": ["large"]}
    assert "matched" not in entry
    assert (data["complete"], data["totalCount"], data["totalRelation"]) == (False, 3, "gte")


async def test_whoever_wants_all_or_nothing_gets_no_part_of_a_database(search):
    status, body, _, _ = await search({"slow": LATE}, partial="fail")
    assert (status, body["error"]["code"]) == (502, "SEARCH_FAILED")
    assert body["error"]["details"] == [{"id": "slow", "status": "partial", "code": "TIMEOUT"}]


async def test_databases_stand_in_a_stable_order(search):
    _, body, _, _ = await search({"fast": 0.1, "other": 0.05})
    assert [entry["id"] for entry in body["data"]["databases"]] == sorted(NAMES)


@pytest.mark.parametrize(
    ("error", "status"),
    [(Unsearchable("No.", code="QUERY_TOO_EXPENSIVE"), 422), (ValidationFailed("No."), 400)],
    ids=["unsearchable", "invalid"],
)
async def test_a_request_that_is_wrong_is_refused_as_a_whole(search, error, status):
    answer, body, _, _ = await search({"slow": error})
    assert answer == status
    assert body["error"]["message"] == "No."


async def test_statistics_that_are_gone_refuse_the_cursor(search):
    status, body, _, _ = await search({"other": CursorExpired("Begin the search again.")})
    assert (status, body["error"]["code"]) == (400, "INVALID_CURSOR")


async def test_no_index_is_skipped_with_a_warning(search):
    status, body, _, _ = await search({"slow": Unsearchable("No index.", code="NO_FULLTEXT_INDEX")})
    assert status == 200
    entry = next(entry for entry in body["data"]["databases"] if entry["id"] == "slow")
    assert entry["status"] == "skipped"
    assert body["data"]["complete"] is True
    assert [warning["code"] for warning in body["data"]["warnings"]] == ["NO_FULLTEXT_INDEX"]


async def test_no_index_anywhere_is_422(search):
    wrong = Unsearchable("No index.", code="NO_FULLTEXT_INDEX", details=[{"sql": "ALTER TABLE"}])
    status, body, _, _ = await search(dict.fromkeys(NAMES, wrong))
    assert (status, body["error"]["code"]) == (422, "NO_FULLTEXT_INDEX")
    assert body["error"]["details"]


@pytest.mark.parametrize(
    ("failure", "expected"),
    [(60, (504, "TIMEOUT")), (TargetFailed("Gone.", code="UNREACHABLE"), (502, "SEARCH_FAILED"))],
    ids=["late", "gone"],
)
async def test_nobody_answered_where_one_failed_and_the_others_have_no_index(search, failure, expected):
    wrong = Unsearchable("No index.", code="NO_FULLTEXT_INDEX", details=[{"sql": "ALTER TABLE"}])
    ways = {"fast": wrong, "other": wrong, "slow": failure}
    status, body, _, _ = await search(ways, timeoutMs=200)
    assert (status, body["error"]["code"]) == expected
    assert [entry["id"] for entry in body["error"]["details"]] == ["slow"]
    status, body, _, _ = await search({**ways, "other": 0}, timeoutMs=200)  # somebody answered
    assert status == 200
    assert body["data"]["complete"] is False


async def test_a_client_that_goes_away_cancels_the_searches(client_factory):
    plugin = Slow(dict.fromkeys(NAMES, 60))
    client = await client_factory(plugin)
    task = asyncio.create_task(
        client.post("/api/v1/search", json={"query": "x", "searchMode": "slow", "timeoutMs": 9000})
    )
    await asyncio.sleep(0.2)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    async with asyncio.timeout(2):
        while len(plugin.cancelled) < 3:
            await asyncio.sleep(0.02)


async def test_unknown_and_foreign_databases_are_the_same_404(search):
    one = await search({}, databases=["nobody-knows"])
    other = await search({}, databases=["fast", "00000000-0000-4000-8000-000000000000"])
    assert one[0] == other[0] == 404
    assert one[1]["error"] == other[1]["error"] == {"code": "NOT_FOUND", "message": "Database not found"}
