"""The plugin and its categorizers keep the contracts."""

import pytest
from altus4_categories import CategoriesPlugin
from altus4_categories.facets import Facets
from altus4_categories.phrases import Phrases

from altus4_core.records import FusedHit, Hit, SearchRequest
from altus4_core.testing.contracts import CategorizerContract, PluginContract


def hits():
    texts = ("green tea from Japan", "green tea from China", "black tea from India", "black tea from Ceylon")
    return [
        FusedHit("d", "t", Hit((n,), 1.0, {"text": texts[n % 4], "kind": ("leaf", "bag")[n % 2]}), 0.5, n)
        for n in range(20)
    ]


class TestPlugin(PluginContract):
    @pytest.fixture
    def plugin(self):
        return CategoriesPlugin


class TestFacets(CategorizerContract):
    @pytest.fixture
    def provider(self):
        return Facets(6, 12)

    @pytest.fixture
    def valid(self):
        return SearchRequest("tea"), hits()


class TestPhrases(CategorizerContract):
    @pytest.fixture
    def provider(self):
        return Phrases(6, 5, 0.5)

    @pytest.fixture
    def valid(self):
        return SearchRequest("tea"), hits()
