"""Facets through the whole gateway, over two databases at once."""

from collections import Counter
from decimal import Decimal
from typing import Any

from world import World


def _facets(data: dict[str, Any]) -> dict[str, dict[Any, int]]:
    return {facet["field"]: {each["value"]: each["count"] for each in facet["values"]} for facet in data["facets"]}


def test_facets_equal_a_plain_recomputation_over_both_databases(world: World) -> None:
    for asked in (
        {"query": "garden mysql coffee"},
        {"query": "garden mysql coffee", "filters": {"products.price": {"lt": 30}}},
        {"query": "garden* OR mysql -poster", "searchMode": "boolean"},
    ):
        query, more = asked["query"], {name: value for name, value in asked.items() if name != "query"}
        whole = world.gateway.search(world.ann, query, limit=100, ranking="mysql", **more).data["results"]
        names = ["category", "products.price", "articles.author", "id"]
        for mode in ("exact", "sample"):
            data = world.gateway.search(world.ann, query, limit=1, facets=names, facetMode=mode, **more).data
            expected = {
                name: Counter(
                    result["data"][column]
                    for result in whole
                    if column in result["data"] and name in {column, f"{result['table']}.{column}"}
                )
                for name in names
                for column in [name.rpartition(".")[2]]
            }
            assert _facets(data) == expected
            assert all(facet["exact"] for facet in data["facets"])
            assert len(data["results"]) == 1
            told = {(each["database"], each["code"]) for each in data["warnings"] if each.get("field") == "facets[0]"}
            assert told == {(world.library, "UNKNOWN_COLUMN")}
        assert all(Decimal(value) > 0 for value in _facets(data)["products.price"])


def test_a_column_that_no_table_has_is_refused(world: World) -> None:
    for name in ("prize", "products.author", "`x\"'; DROP TABLE 😀`"):
        answer = world.gateway.search(world.ann, "garden", facets=["category", name])
        assert answer.status == 400, answer.raw
        assert [problem["field"] for problem in answer.json["error"]["details"]] == ["facets[1]"]


def test_facets_are_the_same_on_every_page(world: World) -> None:
    asked: dict[str, Any] = {"tables": ["articles"], "facets": ["author"], "limit": 20}
    first = world.gateway.search(world.ann, "turnip", **asked).data
    second = world.gateway.search(world.ann, "turnip", cursor=first["nextCursor"], **asked).data
    assert first["facets"] == second["facets"]
    assert _facets(first) == {"author": {"Fay": 50}}
