"""What a user's log says about lately, for searches with `includeAnalytics`.

A plugin offers it as a service; the core asks for `SearchTrends` and does without while there is none.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Protocol, runtime_checkable


@runtime_checkable
class SearchTrends(Protocol):
    """Trends of one user's own searches."""

    async def of(self, user_id: str) -> Sequence[Mapping[str, Any]]:
        """Give trends, JSON-ready, each with `period`, `topQueries`, `queryVolume` and more."""
        ...
