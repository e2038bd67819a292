"""What a user's log says about lately, for searches with `includeAnalytics`.

A plugin offers these as services; the core asks for them and does without while there are none.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Protocol, runtime_checkable

from altus4_core.records import Environment


@runtime_checkable
class SearchTrends(Protocol):
    """Trends of one user's own searches."""

    async def of(self, user_id: str, environment: Environment) -> Sequence[Mapping[str, Any]]:
        """Give trends of live or of test searches, JSON-ready.

        Each has `period`, `topQueries`, `queryVolume` and more.
        """
        ...


@runtime_checkable
class SearchAdvice(Protocol):
    """What would have made one user's own searches faster, or find more."""

    async def of(self, user_id: str, environment: Environment) -> Sequence[Mapping[str, Any]]:
        """Give advice from live or from test searches, JSON-ready: members of an answer's `queryOptimization`.

        Each has `type` (`index`, `query` or `schema`), `description`, `impact`, and perhaps `sqlSuggestion`.
        """
        ...
