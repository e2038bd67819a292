"""Fusions that merge by scores: total orders of which pages are pieces, comparable between tables."""

import math
from typing import Any

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from altus4_core.records import Hit, RankedList, TermEvidence
from altus4_core.seams import ExplainingFusion
from altus4_core.search.fusion import ReciprocalRankFusion
from altus4_core.search.scorefusion import GlobalIdfFusion, RelativeFusion, built_in_fusions
from altus4_core.testing.contracts import FusionContract

relative = RelativeFusion().fuse
global_idf = GlobalIdfFusion().fuse


def hits(*scores: float) -> list[Hit]:
    return [Hit((number,), score, {}) for number, score in enumerate(scores)]


def ids(fused: Any) -> list[tuple[str, int]]:
    return [(one.table, one.hit.key[0]) for one in fused]


class TestRelativeContract(FusionContract):
    @pytest.fixture
    def provider(self):
        return RelativeFusion()

    @pytest.fixture
    def valid(self):
        return [
            RankedList("a", "s", [Hit((n,), float(9 - n // 2), {}) for n in range(9)]),
            RankedList("a", "t", hits(1, 1, 1), 0.5),
            RankedList("b", "s", hits(100, 20, 0, -1, -2)),
        ]


class TestGlobalIdfContract(FusionContract):
    keeps_lists = False
    prefix_stable = False  # only where windows are whole, see below

    @pytest.fixture
    def provider(self):
        return GlobalIdfFusion()

    @pytest.fixture
    def valid(self):
        evidence = TermEvidence(100.0, {"a": 5.0, "b": 50.0}, [{"a": 1.0}, {"b": 2.0}, {"a": 0.5, "b": 1.5}], [2, 1])
        return [
            RankedList("a", "s", hits(3, 2, -0.5), 1.0, evidence),
            RankedList("a", "t", hits(9, 9, 1)),
            RankedList("b", "s", hits(0.1, 0.1), 2.0, TermEvidence(9.0, {"a": 1.0}, [{"a": 1.0}, {}], [2])),
        ]


def test_relative_scores_are_shares_of_the_best():
    fused = relative([RankedList("d", "s", hits(8, 4, 2)), RankedList("d", "t", hits(300, 200), 0.5)], {})
    assert [(one.table, one.score) for one in fused] == [
        ("s", 1.0),
        ("t", 0.5),
        ("s", 0.5),
        ("t", 0.333333),
        ("s", 0.25),
    ]
    assert [one.rank for one in fused] == [1, 1, 2, 2, 3]


def test_relative_without_any_score_keeps_positions():
    fused = relative([RankedList("d", "s", hits(0, 0)), RankedList("d", "t", hits(-1, -2))], {})
    assert ids(fused) == [("s", 0), ("t", 0), ("s", 1), ("t", 1)]


def test_global_rarity_is_that_of_all_tables_together():
    """Each table holds one word in every row; only together both are as rare as they are."""
    first = TermEvidence(100.0, {"mysql": 100.0, "piano": 1.0}, [{"mysql": 1.0}, {"piano": 0.8}], [2])
    second = TermEvidence(100.0, {"mysql": 1.0, "piano": 60.0}, [{"piano": 1.0}], [1])
    fused = global_idf(
        [RankedList("d", "s", hits(2, 1), evidence=first), RankedList("d", "t", hits(7), evidence=second)], {}
    )
    assert ids(fused) == [("t", 0), ("s", 1), ("s", 0)]
    piano = math.log(1 + (200 - 61 + 0.5) / 61.5)
    mysql = math.log(1 + (200 - 101 + 0.5) / 101.5)
    assert [one.score for one in fused] == [1.0, 0.8, round(mysql / piano, 6)]


def test_two_tables_are_ranked_as_one_would_be():
    rows = [({"a": 1.0}, 0), ({"b": 1.2}, 1), ({"a": 0.4, "b": 0.4}, 2), ({"a": 1.3}, 3), ({}, 4), ({"b": 0.2}, 5)]
    whole = TermEvidence(60.0, {"a": 6.0, "b": 30.0}, [weights for weights, _ in rows], [6])
    one = global_idf([RankedList("d", "t", [Hit((key,), 1.0, {}) for _, key in rows], evidence=whole)], {})
    parts = []
    for name, share, a, b in (("t", rows[:3], 1.0, 29.0), ("u", rows[3:], 5.0, 1.0)):
        evidence = TermEvidence(30.0, {"a": a, "b": b}, [weights for weights, _ in share], [3])
        parts.append(RankedList("d", name, [Hit((key,), 1.0, {}) for _, key in share], evidence=evidence))
    assert [hit.hit.key for hit in global_idf(parts, {})] == [hit.hit.key for hit in one]
    assert [hit.score for hit in global_idf(parts, {})] == [hit.score for hit in one]


def test_built_ins_go_by_the_names_of_the_contract():
    fusions = built_in_fusions()
    assert list(fusions) == ["rrf", "relative", "globalIdf"]
    lists = [RankedList("d", "s", hits(2, 1)), RankedList("d", "t", hits(9))]
    assert all(len(fusion.fuse(lists, {})) == 3 for fusion in fusions.values())
    for fusion in fusions.values():
        assert isinstance(fusion, ExplainingFusion)
        fused = fusion.fuse(lists, {})
        explained = fusion.explain(fused, lists, {})
        assert len(explained) == 3
        assert all(each["formula"] for each in explained)


@st.composite
def windowed(draw: Any) -> list[RankedList]:
    lists = []
    for place in range(draw(st.integers(1, 4))):
        windows = draw(st.lists(st.integers(1, 4), min_size=1, max_size=4))
        weights = [
            draw(st.dictionaries(st.sampled_from("abc"), st.sampled_from([0.1, 0.5, 1.0, 2.0]), max_size=3))
            for _ in range(sum(windows))
        ]
        frequencies = {term: draw(st.sampled_from([0.0, 1.0, 40.0])) for term in "abc"}
        rows = draw(st.sampled_from([40.0, 1000.0]))
        listed = [Hit((number,), float(-number), {}) for number in range(sum(windows))]
        weight = draw(st.sampled_from([0.5, 1.0, 3.0]))
        lists.append(RankedList("d", str(place), listed, weight, TermEvidence(rows, frequencies, weights, windows)))
    return lists


@given(windowed(), st.integers(1, 12))
def test_pages_concatenate_where_windows_are_whole(lists: list[RankedList], depth: int):
    """A page of `depth` rows has of each list the windows that reach so deep."""
    whole = ids(global_idf(lists, {}))
    cut = []
    for ranked in lists:
        count, windows = 0, []
        for length in ranked.evidence.windows:
            if count >= depth:
                break
            count += length
            windows.append(length)
        evidence = attrs.evolve(ranked.evidence, weights=ranked.evidence.weights[:count], windows=windows)
        cut.append(attrs.evolve(ranked, hits=ranked.hits[:count], evidence=evidence))
    assert ids(global_idf(cut, {}))[:depth] == whole[:depth]


@given(windowed(), st.sampled_from([0.5, 2.0]))
def test_the_arithmetic_shown_gives_the_scores(lists: list[RankedList], weight: float):
    unproven = RankedList("d", "unproven", hits(3, 2, 2), weight)
    lists = [*lists, unproven]
    fused = GlobalIdfFusion().fuse(lists, {})
    for hit, shown in zip(fused, GlobalIdfFusion().explain(fused, lists, {}), strict=True):
        if hit.table == "unproven":
            expected = weight / shown["largestWeight"] * shown["listScore"] / shown["bestOfList"]
        else:
            for term in shown["terms"]:
                idf = math.log(1 + (term["n"] - term["df"] + 0.5) / (term["df"] + 0.5))
                assert term["score"] == term["weight"] * idf
            total = min(sum(term["score"] for term in shown["terms"]), shown.get("ceiling", math.inf))
            expected = shown["listWeight"] * total / shown["best"] if shown["best"] else 0.0
        assert hit.score == pytest.approx(expected, abs=1e-6)
    fused = RelativeFusion().fuse(lists, {})
    weights = {ranked.table: ranked.weight for ranked in lists}
    for hit, shown in zip(fused, RelativeFusion().explain(fused, lists, {}), strict=True):
        if shown["bestOfList"] > 0:
            share = max(shown["listScore"] / shown["bestOfList"], 0.0)
            assert hit.score == pytest.approx(weights[hit.table] / shown["largestWeight"] * share, abs=1e-6)
    fused = ReciprocalRankFusion().fuse(lists, {})
    for hit, shown in zip(fused, ReciprocalRankFusion().explain(fused, lists, {}), strict=True):
        best = shown["largestWeight"] / (shown["k"] + 1)
        assert hit.score == pytest.approx(weights[hit.table] / (shown["k"] + hit.rank) / best, abs=1e-6)
        assert shown["share"] == weights[hit.table] / (shown["k"] + hit.rank)
