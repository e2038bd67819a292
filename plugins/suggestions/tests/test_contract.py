"""The plugin and its suggesters keep the contracts."""

from datetime import timedelta

import attrs
import pytest
from altus4_suggestions import SuggestionsPlugin
from altus4_suggestions.completion import Completion
from altus4_suggestions.popular import Popular
from altus4_suggestions.spelling import Spelling

from altus4_core.clock import SystemClock
from altus4_core.records import SuggestRequest
from altus4_core.stored import SearchRow
from altus4_core.testing.contracts import PluginContract, SuggesterContract
from altus4_core.testing.memory import MemoryStore
from altus4_core.testing.twins.plugin import user_identity
from altus4_core.testing.twins.vocabulary import MemoryVocabularies

ANN = user_identity()
WORDS = MemoryVocabularies({"shop": {"teas": ["green tea of japan", "black tea", "season of tea", "teapot"]}})


@pytest.fixture
def valid():
    return SuggestRequest(ANN, "tea", ("shop",))


class TestPlugin(PluginContract):
    @pytest.fixture
    def plugin(self):
        return SuggestionsPlugin


class TestPopular(SuggesterContract):
    @pytest.fixture
    async def provider(self):
        store, now = MemoryStore(), SystemClock().now()
        row = SearchRow("0", ANN.user_id, "tea of japan", "natural", now, result_count=3)
        await store.searches.add_many(
            [attrs.evolve(row, id=str(n), created_at=now - timedelta(minutes=n)) for n in range(4)]
        )
        return Popular(lambda: store, SystemClock(), least=3, half_life_days=14, history_days=90, remembered=60)


class TestCompletion(SuggesterContract):
    @pytest.fixture
    def provider(self):
        return Completion(lambda: WORDS)


class TestSpelling(SuggesterContract):
    @pytest.fixture
    def provider(self):
        return Spelling(lambda: WORDS, 20)

    @pytest.fixture
    def valid(self):
        return SuggestRequest(ANN, "blakc taepot", ("shop",))
