import time

import pytest
from world import World

INVISIBLE = "00000000-0000-4000-8000-000000000000"


def found(world: World, query: str, **more: object) -> list[dict]:
    return world.gateway.search(world.ann, query, **more).data["results"]


def test_one_list_out_of_both_databases(world: World) -> None:
    data = world.gateway.search(world.ann, "garden").data
    assert {result["table"] for result in data["results"]} == {"articles", "products"}
    assert {entry["id"]: entry["status"] for entry in data["databases"]} == {world.shop: "ok", world.library: "ok"}
    assert data["totalCount"] == len(data["results"]) == 4
    assert data["totalRelation"] == "eq"
    assert data["complete"] is True
    scores = [result["relevanceScore"] for result in data["results"]]
    assert scores == sorted(scores, reverse=True)
    assert all(0 < score <= 1 for score in scores)
    for result in data["results"]:
        row = result["data"]
        assert result["id"] == f"{result['database']}:{result['table']}:{row['id']}"
        for column in result["matchedColumns"]:
            assert "garden" in row[column].lower()
        assert "garden" in result["snippet"].lower()


def test_the_order_within_a_table_is_the_servers(world: World) -> None:
    ours = [result["data"]["id"] for result in found(world, "garden mysql water", tables=["articles"], ranking="mysql")]
    sql = "MATCH(title, content) AGAINST ('garden mysql water')"
    schema = world.sql("SELECT table_schema FROM information_schema.tables WHERE table_name = 'articles'"
                       " AND table_schema LIKE 'library%' ORDER BY create_time DESC LIMIT 1")[0][0]  # fmt: skip
    theirs = world.sql(f"SELECT id FROM {schema}.articles WHERE {sql} ORDER BY {sql} DESC, id")
    assert ours == [row[0] for row in theirs]


def wait_for_samples(world: World, query: str, **asked: object) -> None:
    """Search until no list is in the server's order any more."""
    ends = time.monotonic() + 10
    while any(
        warning["code"] == "RANKED_BY_SERVER"
        for warning in world.gateway.search(world.ann, query, **asked).data["warnings"]
    ):
        assert time.monotonic() < ends, "the tables were not sampled"
        time.sleep(0.05)


@pytest.mark.parametrize("method", ["rrf", "relative", "globalIdf"])
def test_pages_of_every_fusion_concatenate(world: World, method: str) -> None:
    asked = {"fusion": {"method": method, "weights": {world.shop: 2.0}}}
    wait_for_samples(world, "garden mysql water")
    whole = world.gateway.search(world.ann, "garden mysql water", limit=100, **asked).data["results"]
    assert len({result["table"] for result in whole}) > 1
    scores = [result["relevanceScore"] for result in whole]
    assert scores == sorted(scores, reverse=True)
    assert 0 <= scores[-1] <= scores[0] <= 1
    pieces = [
        result["id"]
        for offset in range(len(whole))
        for result in found(world, "garden mysql water", limit=1, offset=offset, **asked)
    ]
    assert pieces == [result["id"] for result in whole]


def test_statistics_rank_better_than_the_server(world: World) -> None:
    """BM25 is the default, finds other forms of a word, and counts as the server does."""
    asked = {"tables": ["articles"], "databases": [world.library]}
    wait_for_samples(world, "gardens", **asked)
    data = world.gateway.search(world.ann, "gardens", **asked).data
    assert data["results"] == world.gateway.search(world.ann, "gardens", ranking="bm25", **asked).data["results"]
    assert any("garden " in str(result["data"]).lower() for result in data["results"])
    servers = world.gateway.search(world.ann, "gardens", ranking="mysql", **asked).data
    assert data["totalCount"] == servers["totalCount"]
    assert len(data["results"]) > len(servers["results"])
    assert data["totalRelation"] == "gte"


def test_pages_concatenate(world: World) -> None:
    whole = [result["id"] for result in found(world, "turnip", limit=40)]
    halves = [result["id"] for offset in (0, 20) for result in found(world, "turnip", limit=20, offset=offset)]
    assert len(whole) == 40
    assert whole == halves
    assert len(set(whole)) == 40


@pytest.mark.parametrize(
    ("query", "titles"),
    [
        ("mysql AND garden", {"A garden database"}),
        ("+mysql -garden", {"Tuning MySQL", "Database poster"}),
        ("mysql NOT (garden OR wall)", {"Tuning MySQL"}),
        ('"botanical garden"', {"A garden database"}),
        ("bulb*", {"Gardening in spring"}),
        ("co-working", {"Replication notes"}),
        ("(beans OR bulbs) AND water", {"Cooking beans", "Gardening in spring"}),
    ],
)
def test_boolean_mode(world: World, query: str, titles: set[str]) -> None:
    results = found(world, query, searchMode="boolean")
    assert {result["data"].get("title") or result["data"]["name"] for result in results} == titles


@pytest.mark.parametrize("query", ["+", "(", "a AND", '"open', "NOT garden", "garden AND ("])
def test_boolean_nonsense_is_refused_with_a_position(world: World, query: str) -> None:
    answer = world.gateway.search(world.ann, query, searchMode="boolean")
    assert answer.status == 422, answer.raw
    error = answer.json["error"]
    assert error["code"] == "INVALID_BOOLEAN_QUERY"
    assert isinstance(error["details"]["position"], int)
    assert error["details"]["hint"]


@pytest.mark.parametrize(
    "query", ["'; DROP TABLE articles; -- ", "%s %d", "\\", "*", '+-><()~*"@', "😀 garden", "a\u0000b"]
)
def test_natural_text_is_never_sql(world: World, query: str) -> None:
    answer = world.gateway.search(world.ann, query)
    assert answer.status in {200, 400}, answer.raw
    assert len(found(world, "garden")) == 4


def test_only_stop_words(world: World) -> None:
    data = world.gateway.search(world.ann, "the of a").data
    assert data["results"] == []
    assert data["totalCount"] == 0
    assert {warning["code"] for warning in data["warnings"]} & {"STOPWORD_REMOVED", "TOKEN_TOO_SHORT"}


def test_a_table_without_an_index_is_named(world: World) -> None:
    answer = world.gateway.search(world.ann, "garden", tables=["unindexed"])
    assert answer.status == 422
    assert answer.json["error"]["code"] == "NO_FULLTEXT_INDEX"
    assert "FULLTEXT" in str(answer.json["error"])


def test_columns_choose_the_index(world: World) -> None:
    results = found(world, "garden", tables=["articles"], columns=["title"], ranking="mysql")
    assert [result["data"]["title"] for result in results] == ["A garden database"]
    assert results[0]["matchedColumns"] == ["title"]


def test_a_column_that_no_index_covers_is_a_warning_where_tables_have_indexes(world: World) -> None:
    data = world.gateway.search(world.ann, "garden", columns=["price"]).data
    assert data["results"] == []
    assert "COLUMNS_NOT_INDEXED" in {warning["code"] for warning in data["warnings"]}


def test_markup_in_a_snippet_is_harmless_text(world: World) -> None:
    (result,) = found(world, "coffee sea", tables=["articles"])
    assert "coffee" in result["snippet"].lower()


def test_foreign_and_unknown_databases_are_the_same_404(world: World) -> None:
    foreign = world.gateway.search(world.bob, "garden", databases=[world.shop])
    unknown = world.gateway.search(world.bob, "garden", databases=[INVISIBLE])
    assert foreign.status == unknown.status == 404
    assert foreign.json["error"] == unknown.json["error"]


def test_nothing_connected(world: World) -> None:
    data = world.gateway.search(world.bob, "garden").data
    assert data["results"] == []
    assert data["databases"] == []
    assert len(data["queryOptimization"]) == 1


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({}, 400, "VALIDATION_ERROR"),
        ({"query": ""}, 400, "VALIDATION_ERROR"),
        ({"query": "x" * 501}, 400, "VALIDATION_ERROR"),
        ({"query": "x", "limit": 0}, 400, "VALIDATION_ERROR"),
        ({"query": "x", "limit": 101}, 400, "VALIDATION_ERROR"),
        ({"query": "x", "limit": "20"}, 400, "VALIDATION_ERROR"),
        ({"query": "x", "offset": 990, "limit": 20}, 400, "VALIDATION_ERROR"),
        ({"query": "x", "searchMode": "psychic"}, 400, "VALIDATION_ERROR"),
        ({"query": "x", "serchMode": "natural"}, 400, "VALIDATION_ERROR"),
        (b'{"query": ', 400, "INVALID_JSON"),
        (b'{"query": NaN}', 400, "INVALID_JSON"),
        (b"[" * 100 + b"]" * 100, 400, "INVALID_JSON"),
        (b'{"query": "\\ud800"}', 400, "INVALID_JSON"),
        (b"x" * (10 << 20), 413, "PAYLOAD_TOO_LARGE"),
    ],
)
def test_bad_bodies(world: World, body: object, status: int, code: str) -> None:
    answer = world.gateway.request("POST", "/api/v1/search", body, world.ann)
    assert (answer.status, answer.json["error"]["code"]) == (status, code), answer.raw
    assert answer.json["meta"]["requestId"] == answer.headers["x-request-id"]


def test_an_unknown_member_names_the_nearest(world: World) -> None:
    answer = world.gateway.search(world.ann, "x", serchMode="natural")
    assert "searchMode" in str(answer.json["error"])


def test_an_unknown_mode_lists_the_modes(world: World) -> None:
    answer = world.gateway.search(world.ann, "x", searchMode="semantic")
    assert answer.status == 400
    assert "natural" in answer.json["error"]["message"]
    assert "boolean" in answer.json["error"]["message"]


@pytest.mark.parametrize(
    ("header", "code"),
    [
        (None, "NO_TOKEN"),
        ("Basic abc", "INVALID_AUTH_FORMAT"),
        ("Bearer altus4_sk_test_short", "INVALID_API_KEY_FORMAT"),
        ("Bearer somethingelse", "INVALID_TOKEN"),
    ],
)
def test_who_may_not_call(world: World, header: str | None, code: str) -> None:
    headers = {"Authorization": header} if header else {}
    answer = world.gateway.request("POST", "/api/v1/search", {"query": "x"}, headers=headers)
    assert (answer.status, answer.json["error"]["code"]) == (401, code)


def test_a_key_with_one_character_changed(world: World) -> None:
    last = "A" if world.ann[-1] != "A" else "B"
    answer = world.gateway.search(world.ann[:-1] + last, "garden")
    assert answer.status == 401
    assert answer.json["error"]["code"] in {"INVALID_API_KEY", "INVALID_API_KEY_FORMAT"}


def test_every_search_is_logged_once(world: World) -> None:
    for number in range(30):
        assert world.gateway.search(world.ann, f"logged {number}").status == 200
    assert world.gateway.search(world.ann, "logged alone", databases=[world.shop]).status == 200
    table = f"{world.metadata}.searches"
    deadline = time.monotonic() + 5
    logged = 0
    while time.monotonic() < deadline and logged != 31:
        logged = world.sql(f"SELECT COUNT(*) FROM {table} WHERE query LIKE 'logged %'")[0][0]
        time.sleep(0.05)
    assert logged == 31
    assert world.sql(f"SELECT database_id FROM {table} WHERE query = 'logged alone'") == [(world.shop,)]
    assert world.sql(f"SELECT database_id, search_mode FROM {table} WHERE query = 'logged 7'") == [(None, "natural")]


def test_get_is_the_same_search(world: World) -> None:
    data = world.gateway.get("/api/v1/search?q=garden&limit=2&tables[]=products", world.ann).data
    assert [result["table"] for result in data["results"]] == ["products", "products"]
