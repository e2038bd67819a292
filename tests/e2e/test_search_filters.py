"""Filters, fields, sort and minScore through the whole gateway, over two databases at once."""

import json
from urllib.parse import urlencode

from world import World


def test_filters_choose_rows_and_skip_tables_without_the_column(world: World) -> None:
    asked = {"filters": {"products.price": {"gte": 0}, "price": {"lt": "1000000"}}, "fields": ["products.id", "price"]}
    data = world.gateway.search(world.ann, "garden", **asked).data
    assert data["results"]
    assert {result["table"] for result in data["results"]} == {"products"}
    assert all(list(result["data"]) == ["id", "price"] for result in data["results"])
    skipped = [warning for warning in data["warnings"] if warning["code"] == "UNKNOWN_COLUMN"]
    assert {(warning["database"], warning["field"]) for warning in skipped} >= {(world.library, "filters.price.lt")}


def test_what_no_database_knows_is_refused_at_its_place(world: World) -> None:
    for asked, field in (
        ({"filters": {"prize": 1}}, "filters.prize"),
        ({"filters": {"price": {"lte": "cheap"}}}, "filters.price.lte"),
        ({"sort": ["prize:desc"]}, "sort[0]"),
        ({"fields": ["id", "prize"]}, "fields[1]"),
        ({"filters": {"or": [{"price": {"gte": []}}]}}, "filters.or[0].price.gte"),
    ):
        answer = world.gateway.search(world.ann, "garden", **asked)
        assert answer.status == 400, (asked, answer.raw)
        assert answer.json["error"]["code"] == "VALIDATION_ERROR"
        assert field in [problem["field"] for problem in answer.json["error"]["details"]]


def test_a_sort_over_both_databases_has_pages_that_concatenate(world: World) -> None:
    asked = {"sort": ["id:desc"], "limit": 100}
    whole = world.gateway.search(world.ann, "garden mysql water", **asked).data["results"]
    ids = [result["data"]["id"] for result in whole]
    assert ids == sorted(ids, reverse=True)
    assert len({result["table"] for result in whole}) == 2
    first = world.gateway.search(world.ann, "garden mysql water", sort=["id:desc"], limit=2).data
    pages = first["results"]
    while first.get("nextCursor"):
        first = world.gateway.search(
            world.ann, "garden mysql water", sort=["id:desc"], limit=2, cursor=first["nextCursor"]
        ).data
        pages = [*pages, *first["results"]]
    assert [result["id"] for result in pages] == [result["id"] for result in whole]


def test_a_least_score_cuts_the_list_and_its_total(world: World) -> None:
    whole = world.gateway.search(world.ann, "garden mysql water", limit=100).data["results"]
    least = whole[len(whole) // 2]["relevanceScore"]
    data = world.gateway.search(world.ann, "garden mysql water", limit=100, minScore=least).data
    kept = [result["id"] for result in whole if result["relevanceScore"] >= least]
    assert [result["id"] for result in data["results"]] == kept
    assert (data["totalCount"], data["totalRelation"]) == (len(kept), "eq")


def test_the_query_string_has_them_as_json(world: World) -> None:
    filters = {"price": {"lt": 20}, "not": {"name": "Database poster & Co"}}
    asked = world.gateway.search(world.ann, "garden mysql", filters=filters).data["results"]
    sent = urlencode({"q": "garden mysql", "filters": json.dumps(filters)})
    assert world.gateway.get(f"/api/v1/search?{sent}", world.ann).data["results"] == asked
    assert 0 < len(asked) < len(world.gateway.search(world.ann, "garden mysql").data["results"])
    for wrong in ("price", "[1]", '{"price": 1', '{"price": 1, "price": 2}', "", '"a"', '"\ud800"', '{"prize": 1}'):
        sent = urlencode({"q": "garden", "filters": wrong}, errors="surrogatepass")
        answer = world.gateway.get(f"/api/v1/search?{sent}", world.ann)
        assert answer.status == 400, (wrong, answer.raw)
        assert answer.json["error"]["details"][0]["field"].startswith("filters"), wrong
