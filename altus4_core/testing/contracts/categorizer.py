"""The contract of categorizers."""

from collections.abc import Sequence
from typing import Any

import attrs
import pytest

from altus4_core.records import Category, FusedHit, SearchRequest
from altus4_core.seams import Categorizer
from altus4_core.testing.contracts.base import ProviderContract, check_json, check_list

Input = tuple[SearchRequest, Sequence[FusedHit]]


class CategorizerContract(ProviderContract):
    """`valid` is a pair: a request and the hits of its answer."""

    seam = "categorizer"

    async def call(self, provider: Categorizer, valid: Input) -> Any:
        """Categorize."""
        return await provider.categorize(*valid)

    async def call_with(self, provider: Categorizer, valid: Input, text: str) -> Any:
        """Categorize rows full of a stranger's text."""
        request, hits = valid
        strange = [
            attrs.evolve(fused, table=text, hit=attrs.evolve(fused.hit, data=dict.fromkeys(fused.hit.data, text)))
            for fused in hits
        ]
        return await provider.categorize(attrs.evolve(request, query=text[:500]), strange)

    def check(self, result: Any) -> None:
        """Assert that these are categories that can be sent."""
        categories = check_list(result, Category)
        names = [(category.source, category.name) for category in categories]
        assert len(set(names)) == len(names), "a category comes twice"
        for category in categories:
            assert category.name
            assert category.count >= 1
            assert 0 <= category.confidence <= 1
            assert category.source
            check_json({"name": category.name, "filter": dict(category.filter or {})})

    @pytest.mark.asyncio
    async def test_nothing_to_categorize(self, provider: Categorizer, valid: Input) -> None:
        """No rows, no categories: none rather than noise."""
        assert list(await provider.categorize(valid[0], [])) == []

    @pytest.mark.asyncio
    async def test_counts_no_more_than_there_is(self, provider: Categorizer, valid: Input) -> None:
        """A category has at most as many rows as the answer, and the same ones each time."""
        request, hits = valid
        first = await provider.categorize(request, hits)
        assert all(category.count <= len(hits) for category in first)
        assert list(await provider.categorize(request, hits)) == list(first)
