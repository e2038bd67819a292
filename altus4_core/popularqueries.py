"""Popular queries: what one account searches for often, lately and with results."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final, Protocol

import attrs

FIRST_ROW: Final = "offset"
"""Where `SearchRow.search_params` has how many rows precede the page; 0, or nothing, of a first page."""


@attrs.frozen
class PopularQuery:
    """A query of one account; `weight` is its uses, each halved for every half-life since; `modes` searched for it."""

    text: str
    uses: int
    weight: float
    modes: frozenset[str] = frozenset()


class PopularQueries(Protocol):
    """Reads them from the search log."""

    async def list(
        self, user_id: str, *, since: datetime, now: datetime, least: int, half_life: timedelta, limit: int
    ) -> Sequence[PopularQuery]:
        """List a user's popular queries, the weightiest first; spellings that differ in case alone are one.

        A use is a search for the first page: whoever turns pages (`FIRST_ROW` in the row's parameters) goes on with it.

        Args:
            user_id: Whose log; never anybody else's.
            since: Where to begin.
            now: From when weights are counted.
            least: Uses with results that make a query popular.
            half_life: After which a use counts half.
            limit: Most queries.
        """
        ...
