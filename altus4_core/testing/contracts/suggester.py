"""The contract of suggesters."""

from typing import Any, ClassVar, get_args, get_type_hints

import attrs
import pytest

from altus4_core.records import Suggestion, SuggestRequest
from altus4_core.seams import Suggester
from altus4_core.testing.contracts.base import ProviderContract, check_json, check_list

TYPES = frozenset(get_args(get_type_hints(Suggestion)["type"]))


class SuggesterContract(ProviderContract):
    """`valid` is a `SuggestRequest`.

    Switches:
        suggests: The valid request has suggestions.
    """

    seam = "suggester"
    suggests: ClassVar[bool] = True

    async def call(self, provider: Suggester, valid: SuggestRequest) -> Any:
        """Suggest."""
        return await provider.suggest(valid)

    async def call_with(self, provider: Suggester, valid: SuggestRequest, text: str) -> Any:
        """Suggest for a stranger's text."""
        return await provider.suggest(attrs.evolve(valid, query=text))

    def check(self, result: Any) -> None:
        """Assert that these are suggestions that can be sent, best first."""
        suggestions = check_list(result, Suggestion)
        scores = [suggestion.score for suggestion in suggestions]
        assert all(0 <= score <= 1 for score in scores)
        assert scores == sorted(scores, reverse=True)
        for suggestion in suggestions:
            assert suggestion.text.strip()
            assert suggestion.type in TYPES
            check_json({"text": suggestion.text})

    @pytest.mark.asyncio
    async def test_suggests(self, provider: Suggester, valid: SuggestRequest) -> None:
        """There are suggestions, never more than asked for, none twice."""
        found = await provider.suggest(valid)
        assert bool(found) is self.suggests
        assert len({suggestion.text for suggestion in found}) == len(found)
        for limit in (1, 2):
            assert len(await provider.suggest(attrs.evolve(valid, limit=limit))) <= limit
