"""Reciprocal rank fusion: one total order, of which pages are pieces."""

from typing import Any

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from altus4_core.records import Hit, RankedList
from altus4_core.search.fusion import ReciprocalRankFusion
from altus4_core.testing.contracts import FusionContract

SCORES = st.lists(st.sampled_from([0.0, 0.5, 1.0, 2.0, 7.25, 100.0]), max_size=12)
fuse = ReciprocalRankFusion().fuse


class TestContract(FusionContract):
    @pytest.fixture
    def provider(self):
        return ReciprocalRankFusion()

    @pytest.fixture
    def valid(self):
        return [
            RankedList("a", "s", [Hit((n,), float(9 - n // 2), {}) for n in range(9)]),
            RankedList("a", "t", [Hit((n,), 1.0, {}) for n in range(5)]),
            RankedList("b", "s", [Hit((n,), 100.0 - n, {}) for n in range(3)]),
        ]


@st.composite
def ranked_lists(draw: Any) -> list[RankedList]:
    scores = draw(st.lists(SCORES, max_size=6))
    weights = draw(st.lists(st.sampled_from([0.5, 1.0, 2.0]), min_size=len(scores), max_size=len(scores)))
    return [
        RankedList(
            f"d{place % 2}",
            f"t{place}",
            [Hit((position,), score, {}) for position, score in enumerate(sorted(column, reverse=True))],
            weight,
        )
        for place, (column, weight) in enumerate(zip(scores, weights, strict=True))
    ]


def ids(lists: list[RankedList]) -> list[str]:
    return [hit.id for hit in fuse(lists, {})]


@given(ranked_lists())
def test_every_row_once_and_scores_fall(lists):
    fused = fuse(lists, {})
    assert sorted(hit.id for hit in fused) == sorted(
        f"{r.database_id}:{r.table}:{h.key[0]}" for r in lists for h in r.hits
    )
    assert all(0 < hit.score <= 1 for hit in fused)
    assert [hit.score for hit in fused] == sorted((hit.score for hit in fused), reverse=True)


@given(ranked_lists(), st.integers(1, 30), st.integers(1, 30))
def test_pages_concatenate(lists, first, second):
    """Page one and page two, each fused from lists just deep enough, are one page of both sizes."""
    whole = ids(lists)

    def page(offset: int, limit: int) -> list[str]:
        deep = [attrs.evolve(ranked, hits=ranked.hits[: offset + limit]) for ranked in lists]
        return ids(deep)[offset : offset + limit]

    assert page(0, first) + page(first, second) == whole[: first + second]


@given(ranked_lists(), st.randoms(use_true_random=False))
def test_order_of_the_lists_matters_only_among_equals(lists, random):
    shuffled = list(lists)
    random.shuffle(shuffled)
    one = {hit.id: hit.score for hit in fuse(lists, {})}
    other = {hit.id: hit.score for hit in fuse(shuffled, {})}
    assert one == other


@given(ranked_lists())
def test_ranks_of_equal_scores_are_equal(lists):
    ranks = {hit.id: hit.rank for hit in fuse(lists, {})}
    for ranked in lists:
        for position, hit in enumerate(ranked.hits):
            better = sum(other.score > hit.score for other in ranked.hits)
            assert ranks[f"{ranked.database_id}:{ranked.table}:{position}"] == better + 1


def test_the_published_formula():
    lists = [RankedList("d", "t", [Hit((1,), 9.0, {}), Hit((2,), 8.0, {}), Hit((3,), 8.0, {}), Hit((4,), 1.0, {})])]
    assert [(hit.rank, hit.score) for hit in fuse(lists, {})] == [
        (1, 1.0),
        (2, round(61 / 62, 6)),
        (2, round(61 / 62, 6)),
        (4, round(61 / 64, 6)),
    ]


def test_a_smaller_k_lets_the_first_ranks_count_more():
    lists = [RankedList("d", "t", [Hit((1,), 2.0, {}), Hit((2,), 1.0, {})])]
    assert fuse(lists, {"k": 1})[1].score == round(2 / 3, 6)
