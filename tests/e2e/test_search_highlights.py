"""Marks through the whole gateway: both databases, both modes, pages, batches and the query string."""

import re

import pytest
from world import World


def _marked(text: str) -> set[str]:
    return {found.lower() for found in re.findall("<mark>(.*?)</mark>", text)}


@pytest.mark.parametrize("ranking", ["bm25", "mysql"])
def test_every_result_shows_what_matched(world: World, ranking: str) -> None:
    asked = {"highlight": True, "limit": 100, "ranking": ranking}
    data = world.gateway.search(world.ann, "garden mysql", **asked).data
    assert {result["database"] for result in data["results"]} == {world.shop, world.library}
    for result in data["results"]:
        assert set(result["highlights"]) == set(result["matchedColumns"])
        words = set().union(*map(_marked, result["highlights"].values()))
        assert words
        assert all(word.startswith(("garden", "mysql")) for word in words)


def test_pages_have_the_same_marks(world: World) -> None:
    asked = {"highlight": True, "ranking": "mysql"}  # the other one changes when a table is sampled
    whole = world.gateway.search(world.ann, "garden mysql", limit=100, **asked).data["results"]
    pages, cursor = [], {}
    while len(pages) < len(whole):
        page = world.gateway.search(world.ann, "garden mysql", limit=2, **asked, **cursor).data
        pages += page["results"]
        cursor = {"cursor": page.get("nextCursor")}
    assert [(result["id"], result["highlights"]) for result in pages] == [
        (result["id"], result["highlights"]) for result in whole
    ]


def test_columns_of_some_tables_and_of_none(world: World) -> None:
    data = world.gateway.search(world.ann, "garden", highlight={"columns": ["title"]}).data
    assert len({result["database"] for result in data["results"]}) == 2
    assert {column for result in data["results"] for column in result["highlights"]} == {"title"}
    told = [warning for warning in data["warnings"] if warning["code"] == "UNKNOWN_COLUMN"]
    assert {(warning["database"], warning["field"]) for warning in told} == {(world.shop, "highlight.columns[0]")}
    for columns in (["prize"], ["title", '`x"; DROP TABLE 😀`']):
        answer = world.gateway.search(world.ann, "garden", highlight={"columns": columns})
        assert answer.status == 400
        assert [problem["field"] for problem in answer.json["error"]["details"]] == [
            f"highlight.columns[{len(columns) - 1}]"
        ]


def test_boolean_mode_marks_nothing_excluded(world: World) -> None:
    asked = {"searchMode": "boolean", "highlight": True, "fields": ["id"], "tables": ["articles"]}
    data = world.gateway.search(world.ann, "gard* -mysql", **asked).data
    assert data["results"]
    for result in data["results"]:
        assert all(_marked(text) and all(word.startswith("gard") for word in _marked(text))
                   for text in result["highlights"].values())  # fmt: skip
        assert set(result["data"]) == {"id"}
