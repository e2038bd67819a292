"""The contract of fusions."""

import copy
import inspect
from collections.abc import Sequence
from typing import Any, ClassVar

import attrs
import pytest

from altus4_core.composing.composition import faults_of
from altus4_core.records import FusedHit, Hit, RankedList
from altus4_core.seams import ExplainingFusion, Fusion
from altus4_core.search.results import check_arithmetic
from altus4_core.testing.contracts.base import check_list, spec_of
from altus4_core.testing.contracts.hostile import HOSTILE_TEXTS


class FusionContract:
    """`valid` is a sequence of `RankedList`s with equal and different scores in it.

    Switches:
        keeps_lists: Rows of one list stay in the list's order.
        prefix_stable: Deeper lists never change the beginning of the order, so that pages concatenate.
    """

    keeps_lists: ClassVar[bool] = True
    prefix_stable: ClassVar[bool] = True

    def test_fits_its_seam(self, provider: Fusion) -> None:
        """It has a well-formed name, and `fuse` is a plain function."""
        assert faults_of(spec_of("fusion"), provider) == []
        assert not inspect.isgeneratorfunction(provider.fuse)

    def test_gives_every_row_once(self, provider: Fusion, valid: Sequence[RankedList]) -> None:
        """Nothing is lost, invented or doubled."""
        fused = check_list(provider.fuse(valid, {}), FusedHit)
        given = [(ranked.database_id, ranked.table, hit.key) for ranked in valid for hit in ranked.hits]
        assert sorted(map(repr, _ids(fused))) == sorted(map(repr, given))

    def test_scores(self, provider: Fusion, valid: Sequence[RankedList]) -> None:
        """Scores lie in 0..1 and never rise."""
        scores = [hit.score for hit in provider.fuse(valid, {})]
        assert all(0 <= score <= 1 for score in scores)
        assert scores == sorted(scores, reverse=True)

    def test_shows_its_arithmetic(self, provider: Fusion, valid: Sequence[RankedList]) -> None:
        """If it explains itself, then some hits as well as all, each with something that can be sent as JSON."""
        if not isinstance(provider, ExplainingFusion):
            pytest.skip("does not explain itself")
        fused = list(provider.fuse(valid, {}))
        every = list(provider.explain(fused, valid, {}))
        assert check_arithmetic(len(fused))(every) is None
        assert list(provider.explain(fused[1:3], valid, {})) == every[1:3]

    def test_is_pure(self, provider: Fusion, valid: Sequence[RankedList]) -> None:
        """The same input gives the same output and is not changed."""
        before = copy.deepcopy(valid)
        first = _ids(provider.fuse(valid, {}))
        assert valid == before
        assert all(_ids(provider.fuse(copy.deepcopy(valid), {})) == first for _ in range(3))

    @pytest.mark.parametrize("lists", [[], [RankedList("d", "t", ())]], ids=["none", "empty"])
    def test_nothing(self, provider: Fusion, lists: Sequence[RankedList]) -> None:
        """Nothing merged is nothing."""
        assert list(provider.fuse(lists, {})) == []

    def test_order_is_total(self, provider: Fusion) -> None:
        """Rows that differ in nothing but their place have an order all the same."""
        lists = [
            RankedList(database, table, [Hit((number,), 1.0, {}) for number in range(5)])
            for database in ("a", "b")
            for table in ("s", "t")
        ]
        fused = _ids(provider.fuse(lists, {}))
        assert len(set(fused)) == 20
        assert fused == _ids(provider.fuse(lists, {}))

    def test_keeps_the_order_of_each_list(self, provider: Fusion, valid: Sequence[RankedList]) -> None:
        """Of two rows of one table the better one comes first."""
        if not self.keeps_lists:
            pytest.skip("does not keep the order of lists")
        fused = _ids(provider.fuse(valid, {}))
        for ranked in valid:
            mine = [key for database, table, key in fused if (database, table) == (ranked.database_id, ranked.table)]
            assert mine == [hit.key for hit in ranked.hits]

    def test_pages_concatenate(self, provider: Fusion, valid: Sequence[RankedList]) -> None:
        """The first rows are the same, however deep the lists are."""
        if not self.prefix_stable:
            pytest.skip("looks at whole lists")
        whole = _ids(provider.fuse(valid, {}))
        for depth in range(1, len(whole) + 1):
            cut = [attrs.evolve(ranked, hits=tuple(ranked.hits)[:depth]) for ranked in valid]
            assert _ids(provider.fuse(cut, {}))[:depth] == whole[:depth]

    def test_hostile_values(self, provider: Fusion) -> None:
        """Odd names, keys and scores are merged like any others."""
        texts = list(HOSTILE_TEXTS.values())
        lists = [
            RankedList(text, text, [Hit((text, number), score, {"x": text}) for number, score in enumerate(scores)])
            for text in texts
            for scores in [(1e308, 1.0, 5e-324, 0.0, -1.0)]
        ]
        assert len(provider.fuse(lists, {})) == 5 * len(texts)

    def test_many_rows(self, provider: Fusion) -> None:
        """A thousand rows of each of thirty tables can be merged."""
        lists = [
            RankedList("d", f"t{table}", [Hit((number,), 1000.0 - number // 3, {}) for number in range(1000)])
            for table in range(30)
        ]
        assert len(provider.fuse(lists, {})) == 30_000


def _ids(fused: Sequence[FusedHit]) -> list[tuple[str, str, tuple[Any, ...]]]:
    return [(hit.database_id, hit.table, hit.hit.key) for hit in fused]
