"""Boolean mode on real servers: what is rescued, what is dropped, and what is told about it."""

from typing import Any

import pytest

from altus4_core.records import TableHits

from .support import Target, boolean, request

pytestmark = pytest.mark.mysql


async def search(shop: Target, query: str) -> tuple[list[Any], dict[str, Any]]:
    """Give the keys found in `articles`, and the warnings by code."""
    found: list[TableHits] = await boolean().search(request(query, tables=("articles",)), shop)
    return [hit.key[0] for hit in found[0].hits], {notice.code: notice.details for notice in found[0].notices}


@pytest.mark.parametrize(
    ("query", "keys"),
    [
        ("mysql", {1}),
        ("mysql coffee", {1, 2}),
        ("mysql AND coffee", set()),
        ("mysql AND tuning OR coffee", {1, 2}),
        ("tuning -mysql", {3}),
        ("tuning NOT mysql", {3}),
        ("+tuning +simple", {3}),
        ("(mysql OR coffee) AND NOT vienna", {1}),
        ("engin*", {4}),
        ('"buffer pool"', {1}),
        ('"pool buffer"', set()),
        ('"state of the art"', {4}),
        ('"state art"', set()),
        ('"buffer tables" @7', {1}),
        ('"buffer tables" @6', set()),
        ("co-working", {4}),
        ("buffer-pool", {1}),
        ("CAFE", {2}),
    ],
)
async def test_queries_find_what_they_mean(shop: Target, query: str, keys: set[int]) -> None:
    assert set((await search(shop, query))[0]) == keys


async def test_required_words_that_cannot_be_found_are_dropped_with_a_warning(shop: Target) -> None:
    assert await search(shop, "+the +mysql") == ([1], {"STOPWORD_REMOVED": {"tokens": ["the"]}})
    assert await search(shop, "+xy +mysql") == ([1], {"TOKEN_TOO_SHORT": {"tokens": ["xy"], "minimum": 3}})
    assert await search(shop, "mysql C++") == ([1], {"TOKEN_TOO_SHORT": {"tokens": ["C"], "minimum": 3}})
    assert await search(shop, "co-working") == ([4], {"TOKEN_TOO_SHORT": {"tokens": ["co"], "minimum": 3}})
    assert await search(shop, "mysql +😀") == ([1], {"NOTHING_SEARCHABLE": {"tokens": ["😀"]}})
    assert await search(shop, "x" * 90 + " mysql") == ([1], {"TOKEN_TOO_LONG": {"tokens": ["x" * 90], "maximum": 84}})


async def test_nothing_left_to_find_sends_no_statement(shop: Target) -> None:
    for query in ("the", "+the -mysql", "the -mysql", "(the OR xy) AND of", "C++"):
        keys, told = await search(shop, query)
        assert keys == []
        assert told
    assert shop.statements == []


async def test_addresses_and_codes_become_phrases(shop: Target) -> None:
    keys, told = await search(shop, "buffer-pool")
    assert keys == [1]
    assert told == {"TREATED_AS_PHRASE": {"token": "buffer-pool", "phrase": "buffer pool"}}
    keys, told = await search(shop, "pool-buffer")
    assert keys == []
    keys, told = await search(shop, "search-engin*")
    assert keys == [4]
    assert told["TREATED_AS_PHRASE"]["phrase"] == "search engin*"


async def test_what_is_excluded_is_not_what_matched(shop: Target) -> None:
    found = await boolean().search(request("tuning -mysql", tables=("articles",)), shop)
    assert found[0].hits[0].matched_columns == ("content",)
    found = await boolean().search(request("tuning OR like*", tables=("articles",)), shop)
    assert {hit.key: hit.matched_columns for hit in found[0].hits} == {
        (1,): ("title",),
        (3,): ("content",),
    }
