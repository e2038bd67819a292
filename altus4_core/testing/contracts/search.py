"""The contract of search modes."""

import math
from typing import Any, ClassVar

import attrs
import pytest

from altus4_core.composing.composition import NAME
from altus4_core.errors import TargetFailed, Unsearchable, ValidationFailed
from altus4_core.records import Highlight, Hit, SearchRequest, TableHits
from altus4_core.seams import ExplainingMode, OpenTarget, SearchMode
from altus4_core.search.results import check_matches
from altus4_core.testing.contracts.base import ProviderContract, check_json, check_list

Input = tuple[SearchRequest, OpenTarget]


class SearchModeContract(ProviderContract):
    """`valid` is a pair: a request that finds at least two rows, and the open target in which it does.

    Switches:
        absent: A query that finds nothing (None where every query finds something).
        deterministic: The same request gives the same lists.
        prefix_stable: A deeper list begins with the shallower one.
    """

    seam = "search-mode"
    allowed_errors = (Unsearchable, ValidationFailed, TargetFailed)
    absent: ClassVar[str | None] = "xqzvwkjq"
    deterministic: ClassVar[bool] = True
    prefix_stable: ClassVar[bool] = True

    async def call(self, provider: SearchMode, valid: Input) -> Any:
        """Search."""
        return await provider.search(*valid)

    async def call_with(self, provider: SearchMode, valid: Input, text: str) -> Any:
        """Search for a stranger's text."""
        request, target = valid
        return await provider.search(attrs.evolve(request, query=text[:500]), target)

    def check(self, result: Any) -> None:
        """Assert that these are ranked lists of rows that can be sent."""
        for table in check_list(result, TableHits):
            assert table.table
            check_list(table.hits, Hit)
            scores = [hit.score for hit in table.hits]
            assert all(isinstance(score, int | float) and math.isfinite(score) for score in scores)
            assert scores == sorted(scores, reverse=True), f"{table.table} is not ranked, best first"
            keys = [hit.key for hit in table.hits]
            assert len(set(keys)) == len(keys), f"{table.table} has a row twice"
            assert table.total is None or table.relation != "eq" or table.total >= len(table.hits)
            for hit in table.hits:
                check_json({"key": hit.key, "data": hit.data, "highlights": hit.highlights})
                assert isinstance(hit.snippet, str)

    def test_kinds_and_options(self, provider: SearchMode) -> None:
        """It names the kinds of databases it can search; its options are a record."""
        assert isinstance(provider.kinds, frozenset)
        assert provider.kinds
        assert all(NAME.match(kind) for kind in provider.kinds)
        assert provider.options is None or attrs.has(provider.options)

    @pytest.mark.asyncio
    async def test_finds(self, provider: SearchMode, valid: Input) -> None:
        """The valid request finds rows, and says in which columns."""
        result = await provider.search(*valid)
        hits = [hit for table in result for hit in table.hits]
        assert len(hits) >= 2
        assert valid[1].database.kind in provider.kinds

    @pytest.mark.asyncio
    async def test_is_deterministic(self, provider: SearchMode, valid: Input) -> None:
        """Asked twice, it answers the same: pages depend on it."""
        if not self.deterministic:
            pytest.skip("not deterministic")
        assert self._keys(await provider.search(*valid)) == self._keys(await provider.search(*valid))

    @pytest.mark.asyncio
    async def test_depth(self, provider: SearchMode, valid: Input) -> None:
        """A list is as deep as was asked for, if there is so much; a deeper one begins with it."""
        request, target = valid
        deep = {table.table: table for table in await provider.search(attrs.evolve(request, limit=100), target)}
        for limit in (1, 2):
            for table in await provider.search(attrs.evolve(request, limit=limit, offset=0), target):
                assert len(table.hits) >= min(limit, len(deep[table.table].hits))
                if len(table.hits) < len(deep[table.table].hits):
                    assert not table.exhausted, "there are more rows than these"
                if self.prefix_stable:
                    shallow = [hit.key for hit in table.hits]
                    assert [hit.key for hit in deep[table.table].hits][: len(shallow)] == shallow

    @pytest.mark.asyncio
    async def test_nothing_to_find(self, provider: SearchMode, valid: Input) -> None:
        """A query without a match is an empty answer, not an error."""
        if self.absent is None:
            pytest.skip("every query finds something")
        request, target = valid
        result = await provider.search(attrs.evolve(request, query=self.absent), target)
        self.check(result)
        assert not any(table.hits for table in result)

    @pytest.mark.asyncio
    async def test_explains(self, provider: SearchMode, valid: Input) -> None:
        """A mode that explains does so for the rows it found, by their tables and keys."""
        if not isinstance(provider, ExplainingMode):
            pytest.skip("has no explain()")
        request, target = valid
        tables = {table.table: [hit.key for hit in table.hits] for table in await provider.search(request, target)}
        explained = await provider.explain(request, target, tables)
        assert set(explained) <= set(tables)
        assert any(explained.values())
        for table, rows in explained.items():
            assert set(rows) <= set(tables[table])
            assert all(math.isfinite(row.raw_score) for row in rows.values())

    @pytest.mark.asyncio
    async def test_marks(self, provider: SearchMode, valid: Input) -> None:
        """A mode that says where rows match does so inside their texts, and only when asked."""
        request, target = valid
        plain = [hit for table in await provider.search(request, target) for hit in table.hits]
        assert all(hit.matches is None and hit.highlights is None for hit in plain)
        asked = attrs.evolve(request, highlight=Highlight())
        hits = [hit for table in await provider.search(asked, target) for hit in table.hits]
        assert [hit.key for hit in hits] == [hit.key for hit in plain]
        if all(hit.matches is None for hit in hits):
            pytest.skip("hits do not say where they match")
        for hit in hits:
            matches = hit.matches() if hit.matches is not None else {}
            assert check_matches(matches) is None
            for each in matches.values():
                assert all(0 <= begin < end <= len(each.text) for begin, end in each.spans)
        assert any(each.spans for hit in hits if hit.matches is not None for each in hit.matches().values())

    @staticmethod
    def _keys(result: list[TableHits]) -> list[tuple[str, list[Any]]]:
        return [(table.table, [hit.key for hit in table.hits]) for table in result]
