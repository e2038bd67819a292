"""Facets of several tables as one."""

import pytest

from altus4_core.facets import NO_ROWS, FacetCounts
from altus4_core.records import DatabaseOutcome, DatabaseStatus, Hit, SearchRequest, TableHits
from altus4_core.search.faceting import MOST_VALUES, faceted, unsupported
from altus4_core.search.results import check_hits


def _outcomes(*counts, status=DatabaseStatus.OK):
    return [
        DatabaseOutcome("d", "d", status, tables=[TableHits(f"t{place}", "i", (), facets={"x": each})])
        for place, each in enumerate(counts)
    ]


def _one(*counts, status=DatabaseStatus.OK, **asked):
    (facet,) = faceted(SearchRequest("q", facets=("x",), **asked), _outcomes(*counts, status=status))
    return facet


def test_counts_are_added_up_by_equal_values():
    facet = _one(
        FacetCounts([("a", 3), (1, 2), (None, 2), (True, 1)], exact=True, sampled=8),
        FacetCounts([(1.0, 4), ("A", 3), ("1", 1), (False, 1)], exact=True, sampled=9),
    )
    assert [(each["value"], each["count"]) for each in facet["values"]] == [
        (1, 6), ("A", 3), ("a", 3), (None, 2), (False, 1), (True, 1), ("1", 1),
    ]  # fmt: skip
    assert (facet["field"], facet["exact"], facet["sampled"]) == ("x", True, 17)


def test_texts_that_no_column_tells_apart_are_one_value_as_it_is_written_most_often():
    shop = FacetCounts([("Red", 3), ("blue", 2), (None, 1)], exact=True, sampled=6, fold=str.lower)
    home = FacetCounts([("red", 4), ("BLUE", 1), (None, 1)], exact=True, sampled=6, fold=str.casefold)
    more = FacetCounts([("Red", 2)], exact=True, sampled=2, fold=str.lower)
    facet = _one(shop, home, more)
    assert [(each["value"], each["count"]) for each in facet["values"]] == [("Red", 9), ("blue", 3), (None, 2)]
    assert facet["exact"]
    strict = FacetCounts([("red", 1), ("Red", 1)], exact=True, sampled=2, fold=str)
    for other in (strict, FacetCounts([("red", 1), ("Red", 1)], exact=True, sampled=2)):
        assert {each["value"]: each["count"] for each in _one(shop, other)["values"]} == {
            "Red": 4, "blue": 2, None: 1, "red": 1,
        }  # fmt: skip
    numbers = FacetCounts([(1, 1), (None, 1)], exact=True, sampled=2)
    assert len(_one(shop, home, numbers, NO_ROWS)["values"]) == 4  # what has no text tells no texts apart


def test_exact_is_only_what_was_counted_whole():
    whole = FacetCounts([("a", 1)], exact=True, sampled=1)
    part = FacetCounts([("a", 1)], exact=False, sampled=1000)
    short = FacetCounts([("a", 1)], exact=True, sampled=5, complete=False)
    assert _one(whole, whole)["exact"]
    assert _one(short)["exact"]
    assert _one(NO_ROWS)["exact"]
    assert not _one(whole, part)["exact"]
    assert not _one(whole, short)["exact"]
    assert not _one(whole, min_score=0.5)["exact"]
    for status in (DatabaseStatus.TIMEOUT, DatabaseStatus.ERROR, DatabaseStatus.PARTIAL):
        assert not _one(whole, status=status)["exact"]
    assert _one(whole, status=DatabaseStatus.SKIPPED)["exact"]


def test_the_most_frequent_values_are_shown():
    facet = _one(FacetCounts([(number, 1 + number % 2) for number in range(300)], exact=True, sampled=450))
    assert len(facet["values"]) == MOST_VALUES
    assert facet["values"][0] == {"value": 1, "count": 2}


def test_a_mode_that_counts_nothing_is_told():
    request = SearchRequest("q", facets=("x",))
    outcomes = [DatabaseOutcome("d", "d", DatabaseStatus.OK, tables=[TableHits("t", "i", [Hit((1,), 1.0, {})])])]
    assert [notice.code for notice in unsupported(request, outcomes)] == ["FACETS_UNSUPPORTED"]
    assert not unsupported(request, _outcomes(NO_ROWS))
    assert not unsupported(request, [DatabaseOutcome("d", "d", DatabaseStatus.TIMEOUT)])


@pytest.mark.parametrize(
    "facets",
    [
        {"x": [("a", 1)]},
        {1: NO_ROWS},
        {"x": FacetCounts([("a", 1.5)], exact=True, sampled=1)},
        {"x": FacetCounts(["ab"], exact=True, sampled=1)},
        {"x": FacetCounts([(object(), 1)], exact=True, sampled=1)},
        {"x": FacetCounts((), exact=True, sampled="1")},
        {"x": FacetCounts((), exact=True, sampled=1, fold="lower")},
        {"x": FacetCounts([("a", 1)], exact=True, sampled=1, fold=len)},
    ],
)
def test_what_a_mode_counts_is_checked(facets):
    assert check_hits([TableHits("t", "i", (), facets=facets)]) is not None
