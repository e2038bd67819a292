"""Facets: tables and columns with few values, counted exactly."""

import pytest
from altus4_categories.facets import Facets

from altus4_core.http.search.filterlanguage import read_filters
from altus4_core.records import FusedHit, Hit, SearchRequest

REQUEST = SearchRequest("tea")


def hits(rows, table="t"):
    return [FusedHit("d", table, Hit((n,), 1.0, row), 0.5, n) for n, row in enumerate(rows)]


async def facets(found, least=4):
    return await Facets(least, 5).categorize(REQUEST, found)


async def test_values_are_counted_and_can_be_filtered_by():
    found = await facets(
        hits([{"kind": "leaf"}, {"kind": "bag"}, {"kind": "leaf"}, {"kind": None}, {"kind": "leaf"}, {}])
    )
    assert [(one.name, one.count, one.confidence, one.source, one.filter) for one in found] == [
        ("leaf", 3, 1.0, "kind", {"kind": "leaf"}),
        ("bag", 1, 1.0, "kind", {"kind": "bag"}),
    ]
    assert found[0].members == {"d:t:0", "d:t:2", "d:t:4"}


def folding(rows, table, fold):
    return [FusedHit("d", table, Hit((n,), 1.0, row, folds={"kind": fold}), 0.5, n) for n, row in enumerate(rows)]


async def test_values_that_no_column_tells_apart_are_one_as_written_most_often():
    teas = folding([{"kind": kind} for kind in ("Leaf", "leaf", "leaf", "Bag", "BAG", "bag", "Bag")], "teas", str.lower)
    more = folding([{"kind": "LEAF"}], "more", str.casefold)
    found = [one for one in await facets([*teas, *more]) if one.source == "kind"]
    assert [(one.name, one.count, one.filter) for one in found] == [
        ("Bag", 4, {"kind": "Bag"}),
        ("leaf", 4, {"kind": "leaf"}),
    ]
    assert found[1].members == {"d:teas:0", "d:teas:1", "d:teas:2", "d:more:0"}
    for apart in (folding([{"kind": "leaf"}] * 4, "more", str), hits([{"kind": "leaf"}] * 4, "more")):
        found = [one.name for one in await facets([*folding([{"kind": "LEAF"}] * 4, "teas", str.lower), *apart])]
        assert found == ["more", "teas", "LEAF", "leaf"]


async def test_what_is_one_value_counts_once_among_too_many():
    rows = [{"kind": kind} for kind in ("a", "A", "b", "B", "c", "C") * 2]
    assert not await facets(hits(rows))
    assert [one.count for one in await facets(folding(rows, "t", str.lower))] == [4, 4, 4]


@pytest.mark.parametrize("column", ["not", "or", "and", "a.b", "`x", "plain", "x`y", "Not"])
async def test_filters_can_be_sent_as_they_are(column):
    found = await facets(hits([{column: "leaf "}, {column: "leaf"}] * 4))
    assert [(one.name, one.count) for one in found] == [("leaf", 4), ("leaf ", 4)]
    (read, _) = [read_filters(one.filter) for one in found]
    assert (read.column, read.table, read.operator, read.value) == (column, None, "eq", "leaf")


async def test_tables_are_categories_where_there_are_several():
    found = await facets([*hits([{}] * 3, "teas"), *hits([{}] * 2, "pots")])
    assert [(one.name, one.count, one.source, one.filter) for one in found] == [
        ("teas", 3, "table", None),
        ("pots", 2, "table", None),
    ]


@pytest.mark.parametrize(
    "rows",
    [
        [{"name": f"unique {n}"} for n in range(8)],  # as good as a key
        [{"kind": "leaf"}] * 8,  # tells nothing apart
        [{"text": f"a sentence of many words that happens to repeat {n % 2}"} for n in range(8)],
        [{"amount": n % 2} for n in range(8)],  # numbers name no group
        [{"kind": "leaf" if n % 2 else "bag"} if n < 3 else {} for n in range(8)],  # on too few rows
        [{"kind": ("a", "b", "c", "d", "e", "f")[n % 6]} for n in range(12)],  # too many values
        [{"kind": "leaf"}, {"kind": "bag"}],  # can be read without groups
    ],
)
async def test_none_rather_than_noise(rows):
    assert list(await facets(hits(rows))) == []
