"""The operations over HTTP: whose log, which days, who may ask, and what came of a search."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest
from altus4_analytics import AnalyticsPlugin

from altus4_core import Plugin, hookimpl
from altus4_core.testing.contracts.metadata.rows import a_database, a_search
from altus4_core.testing.memory import MemoryStore
from altus4_core.testing.twins.plugin import MemoryPlugin, user_identity

OTHER = {"Authorization": "Bearer memory-other"}
ROOT = {"Authorization": "Bearer memory-root"}
LIMITED = {"Authorization": "Bearer memory-limited"}
TESTING = {"Authorization": "Bearer memory-testing"}
CONFINED = {"Authorization": "Bearer memory-confined"}
REPORTS = ("search-trends", "trends", "performance", "popular-queries", "no-results", "insights", "dashboard", "usage")
LISTS = ("search-history", "history", "search/history")
ADMIN = ("system-overview", "user-activity", "performance-metrics")


class ByPermission:
    """Asks for the permission."""

    name = "by-permission"

    async def permits(self, identity, action, resource):
        return action.permission is None or action.permission in identity.permissions


class Rights(Plugin):
    name = "rights"

    @hookimpl
    def altus4_policies(self):
        return [ByPermission()]


@pytest.fixture
def store():
    return MemoryStore()


@pytest.fixture
def memory(store):
    tokens = {
        "memory-token": user_identity(),
        "memory-other": user_identity("user-2"),
        "memory-root": user_identity("root", role="admin"),
        "memory-limited": user_identity("user-3", permissions=frozenset({"search"})),
        "memory-testing": user_identity(environment="test"),
        "memory-confined": user_identity(role="admin", credential_id="key-1", databases=frozenset({"d1"})),
    }
    return MemoryPlugin(store, {}, tokens=tokens)


@pytest.fixture
async def client(client_factory):
    return await client_factory(AnalyticsPlugin, Rights)


async def ask(client, path, headers=None, status=200, **query):
    response = await client.get(f"/api/v1/{path}", params=query, headers=headers)
    body = await response.json()
    assert response.status == status, body
    return body["data"] if status == 200 else body["error"]


async def write(store, number=3, user_id="user-1", **changes):
    at = datetime.now(UTC) - timedelta(seconds=1)
    rows = [
        a_search(user_id, created_at=at, **{"result_count": 2, "execution_time_ms": 40, **changes})
        for _ in range(number)
    ]
    await store.searches.add_many(rows)
    return rows


async def test_what_was_searched_a_moment_ago_is_there(client, store):
    await write(store)
    await write(store, 2, environment="test", query="of a test")
    await write(store, 7, "user-2", query="of another")
    (row,) = await ask(client, "analytics/popular-queries")
    assert (row["queryText"], row["frequency"], row["avgTime"], row["avgResults"]) == ("mysql tuning", 3, 40, 2)
    assert row["lastUsed"].endswith("Z")
    (row,) = await ask(client, "analytics/popular-queries", environment="test")
    assert row["queryText"] == "of a test"
    trends = await ask(client, "analytics/search-trends")
    assert (trends[0]["queryVolume"], trends[0]["topQueries"], trends[0]["timeZone"]) == (3, ["mysql tuning"], "UTC")
    assert (await ask(client, "analytics/trends"))["growth"] == {"currentPeriod": 3, "previousPeriod": 0}
    performance = await ask(client, "analytics/performance")
    assert performance["summary"]["p95"] == 40
    assert [day["totalQueries"] for day in performance["timeSeriesData"]][-1:] != []
    dashboard = await ask(client, "analytics/dashboard", period="month")
    assert (dashboard["totalSearches"], dashboard["successfulSearches"]) == (3, 3)
    assert (await ask(client, "analytics/usage"))["total"] == 3


async def test_a_test_key_is_told_of_searches_with_test_keys(client, store):
    await write(store, 2, environment="live")
    await write(store, 3, environment="test")
    wish = {"query": "spoon", "includeAnalytics": True}
    for headers, own, other in ((None, 2, ("test", 3)), (TESTING, 3, ("live", 2))):
        assert (await ask(client, "analytics/trends", headers))["queryVolume"] == own
        assert (await ask(client, "analytics/usage", headers))["total"] == own
        assert (await ask(client, "analytics/dashboard", headers))["totalSearches"] == own
        assert (await ask(client, "analytics/usage", headers, environment=other[0]))["total"] == other[1]
        told = await ask(client, "search/trends", headers)
        assert [trend["queryVolume"] for trend in told] == [own, own]
        answer = (await (await client.post("/api/v1/search", json=wish, headers=headers)).json())["data"]
        assert [trend["queryVolume"] for trend in answer["trends"]] == [own, own]


async def test_searches_of_a_batch_bring_trends_on_request(client, store):
    await write(store)
    bodies = [{"query": "a", "includeAnalytics": True}, {"query": "b"}, {"query": "", "includeAnalytics": True}]
    answer = await (await client.post("/api/v1/search/batch", json={"searches": bodies})).json()
    first, second, third = answer["data"]["results"]
    assert [trend["period"] for trend in first["data"]["trends"]] == ["week", "month"]
    assert ("trends" in second["data"], third["status"]) == (False, 400)
    told = await client.post("/api/v1/search/batch", json={"searches": bodies}, headers=CONFINED)
    first = (await told.json())["data"]["results"][0]["data"]
    assert ("trends" in first, [warning["code"] for warning in first["warnings"]]) == (False, ["ANALYTICS_CONFINED"])


@pytest.mark.parametrize("path", [*REPORTS, *LISTS, *(f"admin/{path}" for path in ADMIN)])
async def test_days_are_validated(client, path):
    wrong = (
        {"startDate": "2030-02-30"},
        {"endDate": ""},
        {"startDate": "2024-05-02", "endDate": "2024-05-01"},
        {"startDate": "2014-01-01", "endDate": "2024-01-01"},
        {"period": "decade"},
        *([{"environment": "production"}] if path not in LISTS else []),
    )
    where = path if path.startswith("search/") else f"analytics/{path}"
    for query in wrong:
        error = await ask(client, where, ROOT, 400, **query)
        assert (error["code"], error["details"][0]["field"] in query) == ("VALIDATION_ERROR", True)
    await ask(client, where, ROOT, startDate="2024-02-29", endDate="2024-02-29")


async def test_lists_are_bounded(client):
    lists = ("popular-queries", "no-results", "search-history", "history", "admin/user-activity")
    for path in (*(f"analytics/{path}" for path in lists), "search/history"):
        for query in ({"limit": "0"}, {"limit": "1001"}, {"offset": "-1"}, {"limit": "many"}):
            await ask(client, path, ROOT, 400, **query)


@pytest.mark.parametrize("path", [*REPORTS, "search-history", "history"])
async def test_reports_need_the_permission(client, path):
    assert (await ask(client, f"analytics/{path}", LIMITED, 403))["code"] == "INSUFFICIENT_PERMISSIONS"


@pytest.mark.parametrize("path", ADMIN)
async def test_reports_about_everybody_need_the_role(client, store, path):
    await write(store, 2)
    await write(store, 3, "user-2")
    await ask(client, f"analytics/admin/{path}", status=403)
    found = await ask(client, f"analytics/admin/{path}", ROOT)
    if path == "user-activity":
        assert [(row["userId"], row["searches"]) for row in found] == [("user-2", 3), ("user-1", 2)]
    elif path == "system-overview":
        assert (found["totalSearches"], found["activeUsers"]) == (5, 2)
    else:
        assert found["summary"]["totalQueries"] == 5


async def test_history(client, store):
    await write(store, 2, query="granite kettle")
    await write(store, 1, query="spoon")
    await write(store, 4, "user-2", query="kettle")
    page = await ask(client, "analytics/search-history", q="kettle", limit="1")
    assert (page["total"], len(page["items"])) == (2, 1)
    assert {"id", "query", "resultCount", "executionTime", "timestamp"} <= set(page["items"][0])
    assert len(await ask(client, "analytics/history")) == 3
    assert len(await ask(client, "search/history", LIMITED)) == 0
    assert len(await ask(client, "search/history", limit="2", offset="2")) == 1
    await ask(client, "analytics/search-history", status=400, q="  ")


async def test_failed_searches(client, store):
    await write(store, 3)
    await write(store, 1, error_code="TIMEOUT", result_count=0, execution_time_ms=2000, request_id="r-1")
    for path in ("search/history", "analytics/history"):
        rows = await ask(client, path)
        assert sorted(row.get("errorCode", "") for row in rows) == ["", "", "", "TIMEOUT"]
    summary = (await ask(client, "analytics/performance"))["summary"]
    assert (summary["totalQueries"], summary["failedQueries"], summary["failureRate"]) == (4, 1, 0.25)
    assert (summary["p99"], summary["errors"]) == (40, [{"code": "TIMEOUT", "count": 1}])
    assert await ask(client, "analytics/no-results") == []
    overview = await ask(client, "analytics/admin/system-overview", ROOT)
    assert (overview["failedSearches"], overview["failureRate"], overview["zeroResultRate"]) == (1, 0.25, 0)
    body = {"requestId": "r-1", "resultId": "d:t:1", "type": "click"}
    refused = await client.post("/api/v1/search/events", json=body)
    assert (refused.status, "failed" in (await refused.json())["error"]["message"]) == (404, True)


async def test_history_of_some_days(client, store):
    now = datetime.now(UTC)
    for days in (0, 1, 20, 200):
        rows = [a_search("user-1", query=f"{days} days ago", created_at=now - timedelta(days=days))]
        await store.searches.add_many(rows)

    async def seen(path, **query):
        return [int(row["query"].split()[0]) for row in await ask(client, path, **query)]

    page = await ask(client, "analytics/search-history")
    assert (page["total"], len(page["items"])) == (2, 2), "a week, as in other reports"
    yesterday = (now - timedelta(days=1)).date().isoformat()
    assert await seen("analytics/history", startDate=yesterday, endDate=yesterday) == [1]
    for path in ("analytics/history", "search/history"):
        assert await seen(path, period="day") == [0]
        assert await seen(path, period="month") == [0, 1, 20]
        assert await seen(path, period="year", limit="2", offset="2") == [20, 200]
        assert await seen(path, startDate=yesterday) == [0, 1]
    assert await seen("search/history") == [0, 1, 20, 200]
    assert (await ask(client, "analytics/search-history", period="year", q="days"))["total"] == 4
    assert (await ask(client, "analytics/search-history", q="days"))["total"] == 2


async def test_days_with_many_texts_say_what_they_leave_out(client, store):
    for number in range(1002):
        await write(store, 2 if number < 999 else 1, query=f"text {number:04}", result_count=0)
    for path in ("popular-queries", "no-results"):
        body = await (await client.get(f"/api/v1/analytics/{path}", params={"limit": "1000"})).json()
        assert body["approximation"] == {"keptPerDay": 1000, "unlistedAtMost": 1}
        assert [row["frequency"] for row in body["data"]] == [2] * 999 + [1]
        assert "frequencyAtMost" not in body["data"][0], "it is in the list of the only day"


async def test_published_clients_get_both_spellings(client, store):
    await write(store)
    (row,) = await ask(client, "analytics/popular-queries", {"X-Altus4-Compat": "sdk"})
    assert row["query_text"] == row["queryText"] == "mysql tuning"
    assert row["avg_time"] == row["avgTime"]
    (row,) = await ask(client, "analytics/popular-queries")
    assert "query_text" not in row


async def test_an_event_is_valid_as_soon_as_the_answer_was_sent(client, store):
    answer = await client.post("/api/v1/search", json={"query": "kettle"}, headers={"X-Request-ID": "r-77"})
    assert answer.status == 200
    body = {"requestId": "r-77", "resultId": "d:t:1", "type": "click", "position": 2}
    response = await client.post("/api/v1/search/events", json=body)
    assert (response.status, (await response.json())["data"]) == (200, {"recorded": True})
    again = await client.post("/api/v1/search/events", json=body)
    assert (await again.json())["data"] == {"recorded": False}
    summary = (await ask(client, "analytics/dashboard"))["summary"]
    assert (summary["clicks"], summary["meanClickPosition"], summary["clickThroughRate"]) == (1, 2, 1)
    foreign = await client.post("/api/v1/search/events", json=body, headers=OTHER)
    unknown = await client.post("/api/v1/search/events", json={**body, "requestId": "r-78"})
    assert (foreign.status, unknown.status) == (404, 404)
    for wrong in ({"type": "glance"}, {"position": 0}, {"resultId": ""}, {"requestId": ""}):
        assert (await client.post("/api/v1/search/events", json={**body, **wrong})).status == 400


async def test_searches_bring_trends_on_request(client, store):
    await write(store)
    await asyncio.sleep(0)
    plain = await (await client.post("/api/v1/search", json={"query": "kettle"})).json()
    assert "trends" not in plain["data"]
    asked = await (await client.post("/api/v1/search", json={"query": "spoon", "includeAnalytics": True})).json()
    assert [trend["period"] for trend in asked["data"]["trends"]] == ["week", "month"]
    assert asked["data"]["trends"][0]["queryVolume"] >= 3
    assert (await ask(client, "search/trends"))[1]["period"] == "month"
    store.away = True
    assert (await client.get("/api/v1/search/trends")).status == 503


@pytest.mark.parametrize("path", [*REPORTS, *LISTS[:2], *(f"admin/{path}" for path in ADMIN), "search/trends"])
async def test_who_is_confined_to_some_databases_gets_no_figures_of_all(client, store, path):
    await write(store)
    error = await ask(client, path if path.startswith("search/") else f"analytics/{path}", CONFINED, 403)
    assert (error["code"], error["details"]) == (
        "INSUFFICIENT_PERMISSIONS", {"required": ["all databases"], "available": ["d1"]}
    )  # fmt: skip


async def test_history_says_which_results_were_not_counted_to_the_end(client, store):
    await write(store, 1, search_params={"limit": 20, "totalRelation": "gte"}, query="counted none")
    await write(store, 1, query="counted all")
    for path in ("search/history", "analytics/history"):
        found = {row["query"]: row["resultRelation"] for row in await ask(client, path)}
        assert found == {"counted none": "gte", "counted all": "eq"}


async def test_history_names_a_database_that_was_removed(client, store):
    database = a_database("user-1")
    await store.databases.add(database)
    await write(store, 1, database_id=database.id)
    (before,) = await ask(client, "search/history")
    assert await store.databases.remove("user-1", database.id)
    assert await ask(client, "search/history") == [before]
    assert (before["database"], before["databases"]) == (database.id, [])


async def test_who_is_confined_knows_its_own_searches_alone(client, store):
    await write(store, query="the payroll", api_key_id="key-2", request_id="r-2")
    await write(store, query="of nobody", request_id="r-0")
    await write(store, 1, query="my own", api_key_id="key-1", request_id="r-1")
    assert [row["query"] for row in await ask(client, "search/history", CONFINED)] == ["my own"]
    assert len(await ask(client, "search/history")) == 7
    body = {"resultId": "d1:books:4", "type": "click"}
    for request_id, status in (("r-1", 200), ("r-2", 404), ("r-0", 404)):
        told = await client.post("/api/v1/search/events", json={**body, "requestId": request_id}, headers=CONFINED)
        assert told.status == status, request_id
    wish = {"query": "spoon", "includeAnalytics": True}
    answer = (await (await client.post("/api/v1/search", json=wish, headers=CONFINED)).json())["data"]
    assert "trends" not in answer
    assert [warning["code"] for warning in answer["warnings"]] == ["ANALYTICS_CONFINED"]
    assert "payroll" not in str(answer)
