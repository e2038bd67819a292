"""Explaining, analyzing and batches where the mode is somebody's own."""

import asyncio

import pytest

from altus4_core import Plugin, hookimpl
from altus4_core.errors import ProviderFault
from altus4_core.explanations import Diagnosis, SourceExplanation, TableAnalysis, TermScore
from altus4_core.records import Hit, Notice, TableHits, Verdict
from altus4_core.search.directory import DatabaseDirectory

PATH = "/api/v1/search"


class Talking(Plugin):
    """A mode that explains, diagnoses and analyzes; `says` replaces what it answers."""

    name = "talking"

    def __init__(self, **says):
        super().__init__()
        self.says = says

    @hookimpl
    def altus4_search_modes(self):
        says = self.says

        def answer(name, usual):
            said = says.get(name, usual)
            if isinstance(said, Exception):
                raise said
            return said

        class Mode:
            name = "talking"
            kinds = frozenset({"memory"})
            options = None

            async def search(self, request, target):
                hits = [Hit((n,), 9.0 - n, {"n": n}) for n in range(5)]
                return [TableHits("t", "i", hits, 5, "eq", statements=("LOOK ?", "COUNT ?") if request.explain else ())]

            async def explain(self, request, target, rows):
                proof = SourceExplanation("i", None, 2.0, [TermScore("x", 2.0, 1, 3, 30)], ["the"])
                await asyncio.sleep(says.get("seconds", 0))
                return answer("explain", {table: dict.fromkeys(keys, proof) for table, keys in rows.items()})

            async def diagnose(self, request, target, table, key):
                return answer("diagnose", Diagnosis("ODD", f"It is {table} {key}.", {"because": 1}))

            async def analyze(self, request, target):
                notice = Notice("X", "Do it.", {"sqlSuggestion": "CREATE"})
                return answer(
                    "analyze", [TableAnalysis("t", "i", "LOOK ?", [{"a": 1}], {"x": 9}, 10, 0.5, [], [notice])]
                )

        return [Mode()]


async def ask(client, path="explain", **body):
    response = await client.post(f"{PATH}/{path}", json={"query": "x", "searchMode": "talking", **body})
    return response.status, await response.json()


async def test_an_outside_mode_explains_through_the_same_seam(client_factory):
    client = await client_factory(Talking())
    status, answer = await ask(client, missing="notes:t:77")
    assert status == 200, answer
    result = answer["data"]["results"][1]
    assert result["explain"]["source"] == {
        "index": "i", "rawScore": 2.0, "listScore": 8.0, "rank": 2, "dropped": ["the"], "agrees": True,
        "statement": "LOOK ?", "statements": ["LOOK ?", "COUNT ?"],
        "terms": [{"term": "x", "tf": 1, "df": 3, "n": 30, "score": 2.0}],
    }  # fmt: skip
    assert result["explain"]["fusion"]["rank"] == 2
    assert answer["data"]["missing"] == {
        "id": "notes:t:77", "database": "notes", "table": "t", "reason": "ODD", "message": "It is t 77.", "because": 1,
    }  # fmt: skip


async def test_it_analyzes_too(client_factory):
    client = await client_factory(Talking())
    status, answer = await ask(client, "analyze")
    assert status == 200, answer
    data = answer["data"]
    assert data["performance"]["notes"]["tables"][0]["plan"] == [{"a": 1}]
    assert [hint.get("sqlSuggestion") for hint in data["optimization"]] == ["CREATE", None, None]
    assert len(data["recommendations"]) == 3


@pytest.mark.parametrize("junk", [None, 7, {"t": 7}, {"t": {(0,): "x"}}, RuntimeError("no")], ids=repr)
async def test_explanations_that_are_none_are_left_out_with_a_warning(client_factory, junk):
    client = await client_factory(Talking(explain=junk))
    status, answer = await ask(client)
    assert status == 200
    assert len(answer["data"]["results"]) == 5
    assert "EXPLAIN_INCOMPLETE" in {warning["code"] for warning in answer["data"]["warnings"]}
    explain = answer["data"]["results"][0]["explain"]
    assert explain["fusion"]["method"] == "rrf"
    assert "rawScore" not in explain["source"]  # of a list that the gateway ranked it would be another number
    assert explain["source"]["listScore"] > 0
    assert (explain["source"]["terms"], explain["source"]["dropped"]) == ([], [])


async def test_explanations_take_no_longer_than_the_search_may(client_factory):
    client = await client_factory(Talking(seconds=30))
    began = asyncio.get_running_loop().time()
    status, answer = await ask(client, timeoutMs=300)
    assert asyncio.get_running_loop().time() - began < 0.6
    assert status == 200
    assert "EXPLAIN_INCOMPLETE" in {warning["code"] for warning in answer["data"]["warnings"]}


@pytest.mark.parametrize("junk", [None, "x", RuntimeError("no")], ids=repr)
async def test_a_diagnosis_that_is_none(client_factory, junk):
    client = await client_factory(Talking(diagnose=junk))
    _, answer = await ask(client, missing="notes:t:77")
    assert answer["data"]["missing"]["reason"] == "NOT_FOUND"


@pytest.mark.parametrize("junk", [None, [7], RuntimeError("no")], ids=repr)
async def test_an_analysis_that_is_none_is_that_database_s_error(client_factory, junk):
    client = await client_factory(Talking(analyze=junk))
    status, answer = await ask(client, "analyze")
    assert status == 200
    assert answer["data"]["performance"]["notes"]["error"]["code"] == "MODE_FAULT"


async def test_a_mode_that_does_neither(client):
    status, answer = await ask(client, searchMode="memory", query="database", missing="notes:notes:999")
    assert status == 200
    data = answer["data"]
    assert "EXPLAIN_UNSUPPORTED" in {warning["code"] for warning in data["warnings"]}
    assert data["missing"]["reason"] == "NOT_FOUND"
    status, answer = await ask(client, "analyze", searchMode="memory")
    assert (status, answer["error"]["code"]) == (400, "VALIDATION_ERROR")


class Counting(Plugin):
    name = "counting"

    def __init__(self, most):
        super().__init__()
        self.most, self.counted = most, 0

    @hookimpl
    def altus4_limiters(self):
        plugin = self

        class Limiter:
            name = "counting"

            async def admit(self, subject, action, cost):
                allowed = plugin.counted + cost <= plugin.most
                plugin.counted += cost if allowed else 0
                return Verdict(allowed, plugin.most, plugin.most - plugin.counted, 60, 60)

        return [Limiter()]


async def test_a_batch_costs_what_its_searches_cost(client_factory):
    limiter = Counting(12)
    client = await client_factory(limiter)
    response = await client.post(f"{PATH}/batch", json={"searches": [{"query": "database"}] * 5})
    assert response.status == 200
    assert limiter.counted == 5
    assert response.headers["X-RateLimit-Remaining"] == "7"
    response = await client.post(f"{PATH}/batch", json={"searches": [{"query": "database"}] * 9})
    assert response.status == 429
    assert response.headers["Retry-After"]


async def test_searches_of_a_batch_run_at_once_but_not_all(client_factory):
    class Watching(Plugin):
        name = "watching"
        running = most = 0

        @hookimpl
        def altus4_search_modes(self):
            plugin = self

            class Mode:
                name = "watching"
                kinds = frozenset({"memory"})
                options = None

                async def search(self, request, target):
                    plugin.running += 1
                    plugin.most = max(plugin.most, plugin.running)
                    await asyncio.sleep(0.05)
                    plugin.running -= 1
                    return []

            return [Mode()]

    plugin = Watching()
    client = await client_factory(plugin, toml="[search]\nbatch_concurrency = 3\n")
    searches = [{"query": f"x{number}", "searchMode": "watching"} for number in range(12)]
    response = await client.post(f"{PATH}/batch", json={"searches": searches})
    assert [entry["status"] for entry in (await response.json())["data"]["results"]] == [200] * 12
    assert plugin.most == 3


async def test_a_batch_that_runs_out_of_time_says_which_searches_did(client_factory):
    client = await client_factory(
        Talking(seconds=0.4), toml="[search]\nbatch_concurrency = 1\n[server]\nrequest_timeout = 1.0\n"
    )
    searches = [{"query": f"x{number}", "searchMode": "talking", "explain": True} for number in range(4)]
    response = await client.post(f"{PATH}/batch", json={"searches": searches})
    assert response.status == 200
    statuses = [entry["status"] for entry in (await response.json())["data"]["results"]]
    assert statuses[0] == 200
    assert statuses[-1] == 504


async def test_a_row_of_a_table_that_did_not_answer_is_not_said_to_be_missing(client_factory):
    class Half(Plugin):
        name = "half"

        @hookimpl
        def altus4_search_modes(self):
            class Mode:
                name = "half"
                kinds = frozenset({"memory"})
                options = None

                async def search(self, request, target):
                    failure = Notice("TIMEOUT", "Too late.")
                    return [
                        TableHits("t", "i", [Hit((1,), 1.0, {"x": 1})], 1, "eq"),
                        TableHits("large", "i", (), exhausted=False, failure=failure),
                    ]

            return [Mode()]

    client = await client_factory(Half())
    _, answer = await ask(client, searchMode="half", missing="notes:large:7")
    assert (answer["data"]["missing"]["reason"], answer["data"]["missing"]["status"]) == ("DATABASE_FAILED", "partial")
    _, answer = await ask(client, searchMode="half", missing="notes:t:1")
    assert answer["data"]["missing"]["reason"] == "FOUND"


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (RuntimeError("secret"), (500, "INTERNAL_ERROR")),
        (ProviderFault("x", "store", "y", "raised", "raised secret"), (502, "BAD_GATEWAY")),
    ],
    ids=["bug", "provider"],
)
async def test_a_fault_costs_a_batch_one_search(client_factory, monkeypatch, caplog, error, expected):
    client = await client_factory()
    resolve = DatabaseDirectory.resolve

    async def faulty(self, identity, wanted):
        if "bad" in (wanted or ()):
            raise error
        return await resolve(self, identity, wanted)

    monkeypatch.setattr(DatabaseDirectory, "resolve", faulty)
    searches = [{"query": "database"}, {"query": "database", "databases": ["bad"]}, {"query": "database"}]
    response = await client.post(f"{PATH}/batch", json={"searches": searches})
    assert response.status == 200
    entries = (await response.json())["data"]["results"]
    assert [entry["status"] for entry in entries] == [200, expected[0], 200]
    assert entries[1]["error"]["code"] == expected[1]
    assert "secret" not in str(entries[1])
    assert ("secret" in caplog.text) == (expected[0] == 500)
