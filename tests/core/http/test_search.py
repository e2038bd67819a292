"""What a search accepts and answers."""

import pytest
from yarl import URL

SEARCH = "/api/v1/search"


async def ask(client, **body):
    response = await client.post(SEARCH, json=body)
    return response.status, await response.json()


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"query": ""}, "query"),
        ({"query": " \u2003 "}, "query"),
        ({"query": "x" * 501}, "query"),
        ({}, "query"),
        ({"query": 7}, "query"),
        ({"query": None}, "query"),
        ({"query": "x", "limit": 0}, "limit"),
        ({"query": "x", "limit": 101}, "limit"),
        ({"query": "x", "limit": "20"}, "limit"),
        ({"query": "x", "limit": 1.5}, "limit"),
        ({"query": "x", "limit": True}, "limit"),
        ({"query": "x", "offset": -1}, "offset"),
        ({"query": "x", "offset": 990, "limit": 20}, "offset"),
        ({"query": "x", "databases": []}, "databases"),
        ({"query": "x", "databases": "notes"}, "databases"),
        ({"query": "x", "tables": []}, "tables"),
        ({"query": "x", "columns": [1]}, "columns"),
        ({"query": "x", "totals": "some"}, "totals"),
        ({"query": "x", "timeoutMs": 1}, "timeoutMs"),
        ({"query": "x", "timeoutMs": 10_000_000}, "timeoutMs"),
        ({"query": "x", "searchMode": "nobody-has-it"}, "searchMode"),
        ({"query": "x", "partial": True}, "partial"),
        ({"query": "x", "lmit": 3}, "lmit"),
        ({"query": "x", "ranking": "best"}, "ranking"),
        ({"query": "x", "fusion": "rrf"}, "fusion"),
        ({"query": "x", "fusion": {"method": "rff"}}, "fusion"),
        ({"query": "x", "fusion": {"methd": "rrf"}}, "fusion"),
        ({"query": "x", "fusion": {"weights": {"notes": 0}}}, "fusion"),
        ({"query": "x", "fusion": {"weights": {"notes": -1}}}, "fusion"),
        ({"query": "x", "fusion": {"weights": {"notes": 1e9}}}, "fusion"),
        ({"query": "x", "fusion": {"weights": {"notes": "2"}}}, "fusion"),
        ({"query": "x", "fusion": {"weights": {str(n): 1 for n in range(65)}}}, "fusion"),
        ({"query": "x", "suggestions": True}, "suggestions"),
        ({"query": "x", "cache": "never"}, "cache"),
        ({"query": "x", "explain": "yes"}, "explain"),
        ({"query": "x", "hybrid": {"semanticRatio": 0.5}}, "hybrid"),
        ({"query": "x", "hybrid": {}}, "hybrid"),
        ({"query": "x", "hybrid": 1}, "hybrid"),
        ({"query": "x", "cursor": ""}, "cursor"),
        ({"query": "x", "cursor": 7}, "cursor"),
    ],
)
async def test_refused(client, body, field):
    status, answer = await ask(client, **body)
    assert status == 400
    assert answer["error"]["code"] == "VALIDATION_ERROR"
    details = answer["error"]["details"]
    assert details[0]["field"].split("[")[0].split(".")[0] == field
    assert set(details[0]) == {"field", "message", "code"}


async def test_several_problems_are_listed_together(client):
    _, answer = await ask(client, query="", limit=0, offset=-1)
    assert {detail["field"] for detail in answer["error"]["details"]} >= {"limit", "offset"}


async def test_query_is_normalised(client, memory):
    await ask(client, query="  cafe\u0301 ")
    (event,) = await memory.sink.wait_for(1)
    assert event.payload["query"] == "caf\u00e9"


async def test_five_hundred_characters_are_fine(client):
    status, _ = await ask(client, query="x" * 500)
    assert status == 200


async def test_pages_concatenate(client):
    _, whole = await ask(client, query="database book", limit=4)
    pages = [(await ask(client, query="database book", limit=2, offset=offset))[1]["data"] for offset in (0, 2)]
    ids = [result["id"] for page in pages for result in page["results"]]
    assert ids == [result["id"] for result in whole["data"]["results"]]
    assert (pages[0]["page"], pages[1]["page"]) == (1, 2)
    assert pages[0]["hasMore"] is True
    assert pages[1]["hasMore"] is False


async def test_members_of_the_answer(client):
    _, answer = await ask(client, query="database")
    data = answer["data"]
    lists = ("results", "categories", "suggestions", "queryOptimization", "databases", "warnings")
    assert all(isinstance(data[name], list) for name in lists)
    assert (data["totalCount"], data["totalRelation"], data["limit"], data["offset"]) == (3, "eq", 20, 0)
    assert data["complete"] is True
    (database,) = data["databases"]
    assert (database["id"], database["status"], database["matched"], database["returned"]) == ("notes", "ok", 3, 3)
    assert {table["name"] for table in database["tables"]} == {"notes", "books"}
    for result in data["results"]:
        assert 0 < result["relevanceScore"] <= 1
        assert result["matchedColumns"]
        assert "database" in result["snippet"].lower()


async def test_no_totals(client):
    _, answer = await ask(client, query="database", totals="none")
    assert "totalCount" not in answer["data"]
    assert answer["data"]["totalRelation"] == "unknown"


async def test_query_string(client):
    response = await client.get(SEARCH, params={"q": "database", "limit": "1", "unknown": "ignored"})
    assert response.status == 200
    data = (await response.json())["data"]
    assert len(data["results"]) == 1
    for name in ("tables", "tables[]", "tables[0]"):
        response = await client.get(SEARCH, params=[("q", "database"), (name, "books")])
        assert [r["table"] for r in (await response.json())["data"]["results"]] == ["books"], name


async def test_nothing_connected(client_factory, memory):
    from altus4_core.testing.twins.plugin import user_identity

    memory.tokens["memory-lonely"] = user_identity("lonely")
    client = await client_factory()
    response = await client.post(SEARCH, json={"query": "x"}, headers={"Authorization": "Bearer memory-lonely"})
    assert response.status == 200
    data = (await response.json())["data"]
    assert data["results"] == []
    assert len(data["queryOptimization"]) == 1


async def test_suggestions(client):
    path = f"{SEARCH}/suggestions"
    response = await client.get(path, params={"query": "data"})
    assert [s["text"] for s in (await response.json())["data"]["suggestions"]] == ["database", "databases"]
    for query in ("", "x" * 101, "  "):
        assert (await client.get(path, params={"query": query})).status == 400
    assert (await client.get(path)).status == 400
    assert (await client.get(path, params={"query": "x", "databases": "foreign"})).status == 404
    assert (await client.get(path, params={"query": "x", "searchMode": "guess"})).status == 400


@pytest.mark.parametrize(
    ("header", "code"),
    [
        ("", "NO_TOKEN"),
        ("Basic eDp5", "INVALID_AUTH_FORMAT"),
        ("Bearer", "INVALID_AUTH_FORMAT"),
        ("nonsense", "INVALID_AUTH_FORMAT"),
        ("Bearer nobody-knows", "INVALID_TOKEN"),
    ],
)
async def test_credentials(client, header, code):
    response = await client.post(SEARCH, json={"query": "x"}, headers={"Authorization": header})
    assert (response.status, (await response.json())["error"]["code"]) == (401, code)
    assert response.headers["WWW-Authenticate"] == "Bearer"


async def test_key_confined_to_databases_and_environment(client_factory, memory):
    from altus4_core.testing.twins.plugin import user_identity

    memory.tokens["memory-confined"] = user_identity(databases=frozenset({"another"}))
    client = await client_factory()
    confined = {"Authorization": "Bearer memory-confined"}
    response = await client.post(SEARCH, json={"query": "database"}, headers=confined)
    assert (await response.json())["data"]["databases"] == []
    response = await client.post(SEARCH, json={"query": "database", "databases": ["notes"]}, headers=confined)
    assert response.status == 404


async def test_what_no_mode_takes_is_refused_by_name(client):
    _, answer = await ask(client, query="x", hybrid={"semanticRatio": 0.5})
    assert answer["error"]["message"] == (
        "hybrid: is not for mode 'memory', which takes no options; no enabled mode does"
    )


async def test_an_unknown_fusion_names_the_nearest(client):
    _, answer = await ask(client, query="x", fusion={"method": "globalidf"})
    assert "did you mean 'globalIdf'?" in answer["error"]["message"]


async def test_weights_of_unknown_and_foreign_databases_are_the_same_404(client, memory):
    from altus4_core.stored import Database

    await memory.store.databases.add(Database("foreign", "user-2", "foreign", "x", 1, "x", "x", kind="memory"))
    answers = [await ask(client, query="x", fusion={"weights": {name: 1}}) for name in ("foreign", "nobody-has-it")]
    assert [status for status, _ in answers] == [404, 404]
    assert answers[0][1]["error"] == answers[1][1]["error"] == {"code": "NOT_FOUND", "message": "Database not found"}


async def test_the_query_string_takes_what_the_body_takes(client):
    given = {"q": "database", "limit": "1", "fusion": "relative", "explain": "true", "cache": "bypass"}
    response = await client.get(SEARCH, params=given)
    first = (await response.json())["data"]
    assert first["results"][0]["explain"]["fusion"]["method"] == "relative"
    response = await client.get(SEARCH, params={**given, "cursor": first["nextCursor"]})
    second = (await response.json())["data"]
    assert second["results"][0]["id"] != first["results"][0]["id"]
    assert second["page"] == 2


@pytest.mark.parametrize("query", ["q=%ff", "q=caf%E9", "q=a%ED%A0%80", "q=x&q=%ff", "q=a&tables[0]=%C3%28"])
async def test_what_is_not_utf8_is_refused_in_the_query_string_as_in_a_body(client, query):
    response = await client.get(URL.build(path=SEARCH, query_string=query, encoded=True))
    error = (await response.json())["error"]
    field = "tables" if "tables" in query else "q"
    assert (response.status, error["code"]) == (400, "VALIDATION_ERROR")
    assert error["message"] == f"{field}: is not valid UTF-8"
    response = await client.post(SEARCH, data=b'{"query": "\xff"}', headers={"Content-Type": "application/json"})
    assert response.status == 400
    assert "not valid UTF-8" in (await response.json())["error"]["message"]


@pytest.mark.parametrize("query", ["q=caf%C3%A9", "q=%EF%BF%BD+x", "q=100%", "q=x&unknown=%ff", "q=x&%ff=1"])
async def test_what_is_utf8_or_not_read_is_fine(client, query):
    response = await client.get(URL.build(path=SEARCH, query_string=query, encoded=True))
    assert response.status == 200, await response.text()
