"""Explaining, analyzing and batches, as their callers meet them."""

import math
import re
import time
from typing import Any

import pytest
from world import World

INVISIBLE = "00000000-0000-4000-8000-000000000000"


def post(world: World, path: str, **body: object) -> dict:
    answer = world.gateway.request("POST", f"/api/v1/search/{path}", body, world.ann)
    assert answer.status == 200, answer.raw
    return answer.data


def missing(world: World, table: str, key: object, query: str, **more: object) -> dict:
    database = world.library if table in {"articles", "unindexed"} else world.shop
    return post(world, "explain", query=query, missing=f"{database}:{table}:{key}", **more)["missing"]


@pytest.mark.parametrize("mode", ["natural", "boolean"])
def test_each_score_is_the_servers_and_made_of_its_words(world: World, mode: str) -> None:
    data = post(world, "explain", query="garden mysql water", tables=["articles"], searchMode=mode, ranking="mysql")
    assert len(data["results"]) >= 3
    for place, result in enumerate(data["results"], 1):
        source, fusion = result["explain"]["source"], result["explain"]["fusion"]
        assert source["rank"] == place
        assert source["index"] == "ft_title_content"
        assert math.isclose(source["rawScore"], source["listScore"], rel_tol=1e-5)
        assert source["agrees"] is True
        parts = [term["tf"] * (math.log10(term["n"] / term["df"]) ** 2) for term in source["terms"] if term["tf"]]
        assert math.isclose(sum(parts), source["rawScore"], rel_tol=1e-4)
        assert fusion["method"] == "rrf"
        assert math.isclose(61 / (60 + fusion["rank"]), result["relevanceScore"], abs_tol=1e-6)
        assert "MATCH" in source["statement"]
        assert "garden" not in source["statement"]
        assert "%s" not in source["statement"]
        assert "?" in source["statement"]


def test_a_list_ranked_by_the_gateway_is_explained_from_its_first_page_on(world: World) -> None:
    asked = {"query": "gardening", "tables": ["articles"], "databases": [world.library]}
    deadline = time.monotonic() + 10
    while any(warning["code"] == "RANKED_BY_SERVER" for warning in post(world, "explain", **asked)["warnings"]):
        assert time.monotonic() < deadline
        time.sleep(0.05)
    results = post(world, "explain", **asked)["results"]
    assert {result["data"]["id"] for result in results} == {2, 3}  # the second has another form of the word
    for result in results:
        source = result["explain"]["source"]
        assert "IN BOOLEAN MODE" in source["statement"]
        assert source["statement"] == source["statements"][0]
        assert "garden" not in str(source["statements"])
        ranking = source["ranking"]
        assert ranking["drawn"] == "garden*"
        (term,) = ranking["terms"]
        assert term["term"] == "garden"
        assert term["tf"] == sum(
            len(re.findall(r"\bgarden(?:ing)?\b", result["data"][column].lower())) for column in ("title", "content")
        )
        score = term["idf"] * term["tf"] * (ranking["k1"] + 1) / (term["tf"] + term["norm"])
        assert math.isclose(score, source["listScore"], abs_tol=1e-6)
        # The server's number is that of the query as it stands.
        (word,) = source["terms"]
        assert word["tf"] == (1 if result["data"]["id"] == 2 else 0)
        assert source["agrees"] is True
        assert math.isclose(word["tf"] * math.log10(word["n"] / word["df"]) ** 2, source["rawScore"], rel_tol=1e-4)


@pytest.mark.parametrize("ranking", ["mysql", "bm25"])
def test_filters_and_orders_are_explained_as_they_are(world: World, ranking: str) -> None:
    """A filter changes no score of the index; in an order by columns no fusion has a part."""
    asked = {"query": "garden mysql", "ranking": ranking, "filters": {"products.price": {"lt": 20}}}
    data = post(world, "explain", **asked)
    assert "EXPLAIN_INCOMPLETE" not in {warning["code"] for warning in data["warnings"]}
    assert {result["table"] for result in data["results"]} == {"articles", "products"}
    assert all(result["explain"]["source"]["agrees"] for result in data["results"])
    data = post(world, "explain", sort=["price"], minScore=0.001, facets=["category"], highlight=True, **asked)
    assert len(data["results"]) == 2
    for result in data["results"]:
        source, fusion = result["explain"]["source"], result["explain"]["fusion"]
        assert source["agrees"] is True
        assert (fusion["method"], "k" in fusion) == ("sort", False)
        assert math.isclose(source["listScore"] / (1 + source["listScore"]), result["relevanceScore"], abs_tol=1e-6)
        assert "ORDER BY `price` IS NULL" in source["statement"]


def test_dropped_words_are_named(world: World) -> None:
    data = post(world, "explain", query="the garden of x", tables=["articles"])
    assert {"the", "of", "x"} <= set(data["results"][0]["explain"]["source"]["dropped"])


def test_a_statement_of_another_ranking_is_another(world: World) -> None:
    servers = post(world, "explain", query="garden", tables=["articles"], ranking="mysql")
    assert "NATURAL LANGUAGE" in servers["results"][0]["explain"]["source"]["statement"]


@pytest.mark.parametrize(
    ("table", "key", "query", "more", "reason"),
    [
        ("articles", 3, "garden", {}, "FOUND"),
        ("articles", 2, "garden", {"limit": 1, "tables": ["articles"], "ranking": "mysql"}, "BELOW_PAGE"),
        ("articles", 99999, "garden", {}, "ROW_NOT_FOUND"),
        ("articles", 3, "garden", {"filters": {"author": "Ann", "id": {"lt": 9}}}, "FILTERED_OUT"),
        ("products", 1, "garden", {"filters": {"or": [{"price": 1}, {"price": 2}]}}, "FILTERED_OUT"),
        ("articles", 3, "garden", {"minScore": 0.9999, "sort": ["author"]}, "BELOW_MIN_SCORE"),
        ("articles", 3, "garden turnip", {"offset": 20, "limit": 1, "ranking": "mysql"}, "BEFORE_PAGE"),
        ("articles", "3 apples", "garden", {}, "ROW_NOT_FOUND"),
        ("articles", "1,2", "garden", {}, "ROW_NOT_FOUND"),
        ("articles", 4, "garden", {}, "WORDS_NOT_IN_ROW"),
        ("articles", 3, "the of", {}, "NOTHING_SEARCHABLE"),
        ("articles", 3, "garden -mysql", {"searchMode": "boolean"}, "EXCLUDED"),
        ("articles", 3, "+garden +turnip", {"searchMode": "boolean"}, "WORDS_NOT_IN_ROW"),
        ("unindexed", 1, "garden", {}, "TABLE_NOT_SEARCHED"),
        ("products", 1, "garden", {"tables": ["articles"]}, "TABLE_NOT_SEARCHED"),
        ("nowhere", 1, "garden", {}, "TABLE_NOT_SEARCHED"),
    ],
)
def test_why_a_row_is_missing(world: World, table: str, key: object, query: str, more: dict, reason: str) -> None:
    told = missing(world, table, key, query, **more)
    assert told["reason"] == reason, told
    assert told["message"]
    if reason == "BELOW_PAGE":
        assert told["rank"] == 2
    if reason == "FILTERED_OUT":
        assert told["filters"] == (["filters.author"] if table == "articles" else ["filters.or"])
    if reason == "EXCLUDED":
        assert told["words"] == ["mysql"]


@pytest.mark.parametrize(
    ("key", "phrase", "more"),
    [(3, '"garden botanical"', ""), (3, '"garden botanical"', " AND mysql"), (2, '"garden bulbs" @2', "")],
)
def test_a_phrase_is_missing_whose_words_stand_apart(world: World, key: int, phrase: str, more: str) -> None:
    told = missing(world, "articles", key, phrase + more, searchMode="boolean")
    assert (told["reason"], told["missing"]) == ("WORDS_NOT_IN_ROW", [phrase]), told
    assert phrase in told["message"].partition("but not")[2]


def test_a_page_behind_a_cursor_is_explained(world: World) -> None:
    asked = {"query": "turnip", "tables": ["articles"], "limit": 5}
    first = world.gateway.search(world.ann, **asked).data
    page = {**asked, "cursor": first["nextCursor"]}
    plain = world.gateway.search(world.ann, **page).data["results"]
    assert not any("explain" in result for result in plain)
    found = post(world, "explain", **page, missing=first["results"][0]["id"])
    assert [result["id"] for result in found["results"]] == [result["id"] for result in plain]
    assert [result["explain"]["source"]["rank"] for result in found["results"]] == [6, 7, 8, 9, 10]
    assert found["missing"]["reason"] == "BEFORE_PAGE"
    assert world.gateway.search(world.ann, **page, explain=True).data["results"] == found["results"]
    after = world.gateway.search(world.ann, **{**page, "cursor": found["nextCursor"]})
    assert after.status == 200, after.raw


def test_a_row_of_a_database_that_is_not_asked(world: World) -> None:
    data = post(world, "explain", query="garden", databases=[world.library], missing=f"{world.shop}:products:1")
    assert data["missing"]["reason"] == "DATABASE_NOT_SEARCHED"


@pytest.mark.parametrize("name", ["", "x", "a:b", f"{INVISIBLE}:articles:1"])
def test_a_row_that_is_none(world: World, name: str) -> None:
    answer = world.gateway.request("POST", "/api/v1/search/explain", {"query": "garden", "missing": name}, world.ann)
    assert answer.status == (404 if INVISIBLE in name else 400)


def test_a_foreign_row_is_as_unknown_as_any(world: World) -> None:
    body = {"query": "garden", "missing": f"{world.shop}:products:1"}
    foreign = world.gateway.request("POST", "/api/v1/search/explain", body, world.bob)
    unknown = world.gateway.request(
        "POST", "/api/v1/search/explain", {**body, "missing": f"{INVISIBLE}:products:1"}, world.bob
    )
    assert foreign.status == unknown.status == 404
    assert foreign.json["error"] == unknown.json["error"]


def test_the_plan_of_a_search(world: World) -> None:
    data = post(world, "analyze", query="garden the")
    assert data["query"] == "garden the"
    assert set(data["performance"]) == {world.shop, world.library}
    (articles,) = data["performance"][world.library]["tables"]
    assert articles["index"] == "ft_title_content"
    assert any(step.get("type") == "fulltext" or step.get("key") == "ft_title_content" for step in articles["plan"])
    assert articles["terms"] == [{"term": "garden", "rows": 2}]
    assert articles["dropped"] == ["the"]
    assert "garden" not in articles["statement"]
    assert data["recommendations"] == [hint["description"] for hint in data["optimization"]]
    assert any("the" in text for text in data["recommendations"])


@pytest.mark.parametrize(
    "query", ["'; DROP TABLE articles; -- ", "garden') UNION SELECT 1 -- ", "%s %d", "SELECT * FROM users", "a\\'b"]
)
def test_what_is_analyzed_is_never_sql(world: World, query: str) -> None:
    data = post(world, "analyze", query=query, databases=[world.library])
    (table,) = data["performance"][world.library]["tables"]
    assert table["statement"].startswith("SELECT ")
    assert "DROP" not in table["statement"]
    assert "UNION" not in table["statement"]


def test_analyzing_a_table_without_index_gives_the_statement_that_helps(world: World) -> None:
    data = post(world, "analyze", query="garden", databases=[world.library], tables=["unindexed"])
    (hint,) = data["optimization"]
    assert hint["type"] == "index"
    assert hint["sqlSuggestion"].startswith("ALTER TABLE `unindexed` ADD FULLTEXT INDEX")


def test_other_columns_than_an_index_has_give_the_statement_that_helps(world: World) -> None:
    answer = world.gateway.search(world.ann, "garden", tables=["articles"], columns=["title", "author"])
    (hint,) = [hint for hint in answer.data["queryOptimization"] if hint["type"] == "index"]
    assert hint["sqlSuggestion"] == "ALTER TABLE `articles` ADD FULLTEXT INDEX `ft_title_author` (`title`, `author`)"


def test_indexes_that_were_missed_are_told_from_the_log(world: World) -> None:
    for number in range(6):
        asked = {"tables": ["products", "unindexed", "articles"], "columns": ["author", "title", "note"]}
        world.gateway.search(world.ann, f"garden {number}", **asked)
    found: dict[str, Any] = {}
    deadline = time.monotonic() + 10
    while len(found) < 2 and time.monotonic() < deadline:
        told = world.gateway.get("/api/v1/analytics/insights?environment=test", world.ann).data
        found = {one["data"]["table"]: one["data"] for one in told if one["type"] == "index"}
    assert (found["articles"]["reason"], found["articles"]["columns"]) == ("COLUMNS_NOT_EXACT", ["author", "title"])
    assert found["articles"]["sqlSuggestion"].startswith("ALTER TABLE `articles` ADD FULLTEXT INDEX")
    assert found["articles"]["searches"] >= 6
    assert found["unindexed"]["reason"] == "NO_FULLTEXT_INDEX"
    answer = world.gateway.search(world.ann, "garden", includeAnalytics=True).data
    advised = [hint["description"] for hint in answer["queryOptimization"] if hint["type"] == "index"]
    assert any("table 'articles' of database" in text for text in advised), advised
    assert answer["warnings"] == []


def test_why_nothing(world: World) -> None:
    data = world.gateway.search(world.ann, "the xqzvwk", tables=["articles", "unindexed"], columns=["title"]).data
    (told,) = [warning for warning in data["warnings"] if warning["code"] == "NOTHING_FOUND"]
    assert told["dropped"] == ["the"]
    assert told["searchedTables"] == 1
    assert told["try"]
    reasons = {(entry.get("table"), entry["reason"]) for entry in told["skipped"]}
    assert ("unindexed", "NO_FULLTEXT_INDEX") in reasons or ("unindexed", "UNKNOWN_COLUMN") in reasons, told


def test_several_searches_each_with_its_own_status(world: World) -> None:
    data = post(
        world,
        "batch",
        searches=[
            {"query": "garden"},
            {"query": "+", "searchMode": "boolean"},
            {"query": "garden", "lmit": 3},
            {"query": "garden", "databases": [INVISIBLE]},
            {"query": "coffee", "limit": 1},
            {},
        ],
    )
    assert [entry["status"] for entry in data["results"]] == [200, 422, 400, 404, 200, 400]
    assert [entry["success"] for entry in data["results"]] == [True, False, False, False, True, False]
    assert data["results"][0]["data"]["totalCount"] == 4
    assert data["results"][1]["error"]["code"] == "INVALID_BOOLEAN_QUERY"
    assert "did you mean 'limit'?" in data["results"][2]["error"]["message"]
    assert len({entry["requestId"] for entry in data["results"]}) == 6


def test_each_search_of_a_batch_counts(world: World) -> None:
    def remaining(headers: dict) -> int:
        return int(headers["x-ratelimit-remaining"])

    first = world.gateway.search(world.ann, "garden")
    body = {"searches": [{"query": "garden"}] * 7}
    batch = world.gateway.request("POST", "/api/v1/search/batch", body, world.ann)
    assert 5 <= remaining(dict(first.headers)) - remaining(dict(batch.headers)) <= 7


@pytest.mark.parametrize("searches", [[], [{"query": "x"}] * 21, {}, "x", [1], None])
def test_batches_that_are_refused(world: World, searches: object) -> None:
    answer = world.gateway.request("POST", "/api/v1/search/batch", {"searches": searches}, world.ann)
    assert (answer.status, answer.json["error"]["code"]) == (400, "VALIDATION_ERROR"), answer.raw
