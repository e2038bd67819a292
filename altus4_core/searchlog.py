"""The repositories of the search log: its rows, what came of the searches, and the figures rolled up from them.

Days are UTC days. A figure (`FIGURES`) is the JSON-ready summary of one user's day; it is
computed from the rows, and stored for days that are over, so that reports need not read rows again. A stored figure is
never out of date: whoever writes a row of such a day deletes it in the same transaction.
"""

from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any, Final, Literal, Protocol

import attrs

from altus4_core.stored import MetricRow, SearchRow

DAILY: Final = "daily_searches"
LATENCY: Final = "latency"
POPULAR: Final = "popular_queries"
NO_RESULTS: Final = "no_result_queries"
MODES: Final = "search_modes"
DATABASES: Final = "databases"
KEYS: Final = "api_keys"
CATEGORIES: Final = "categories"
CLICKS: Final = "clicks"
INDEX_GAPS: Final = "index_gaps"
FIGURES: Final = (
    DAILY, LATENCY, POPULAR, NO_RESULTS, MODES, DATABASES, KEYS, CATEGORIES, CLICKS, INDEX_GAPS,
)  # fmt: skip
"""The names of figures. Each is an object with the members `live` and `test`, left out where there was no search.

Searches that failed (`SearchRow.error_code`) count among `searches`; times, results and texts are of those answered.

- `daily_searches`: `{searches, failed, errors, noResults, unsettled, totalMs, minMs, maxMs, totalResults}`; `errors` is
  `{code: searches}`; `unsettled` are those answered that found nothing while a database did not answer (`COMPLETE`):
  none of `noResults`; `minMs` and `maxMs` are null where none was answered. Days that were rolled up before failed
  searches were logged have neither `failed` nor `errors`: there were none; earlier ones have no `unsettled`, either
- `latency`: `{floor of the bucket in ms: searches}`, see `bucket_of`
- `popular_queries`, `no_result_queries` (those `unsettled` left out):
  `{queries: [[text, searches, totalMs, totalResults, last]], below}`: the
  `MOST_QUERIES` most frequent; `below` is the most that any other query of the day can have (0: there is none);
  `last` in seconds since 1970
- `search_modes`, `databases`, `api_keys`: `{name or id: [searches, totalMs, failed]}`; of searches without a key: `""`;
  days rolled up before failed searches were logged have no third number
- `categories`: `{name: results}`, the `MOST_CATEGORIES` largest
- `clicks`: `{searches, clicks, conversions, positions, positioned}`: of searches of the day, whenever they were clicked
- `index_gaps`: `{gaps: [[database, table, [columns], reason, searches, totalMs, last, sql]]}`: see
  `altus4_core.indexgaps`; the `MOST_GAPS` most frequent; of failed searches, too: the index may be what they lacked
"""

HASHED: Final = "hmac-sha256:"
"""What a text begins with that the log has as a hash, where the setting `events.query_text` is `hashed`."""

COMPLETE: Final = "complete"
"""Where `SearchRow.search_params` says false of a search one of whose databases did not answer."""

RELATION: Final = "totalRelation"
"""Where `SearchRow.search_params` says `gte` of a search that has more matches than `result_count`, perhaps."""

MOST_QUERIES: Final = 1000
MOST_CATEGORIES: Final = 100
FINE_BITS: Final = 8
SETTLING: Final = timedelta(minutes=10)
"""A day is rolled up this long after it is over: the clocks of nodes may differ by that much."""

Span = tuple[datetime, datetime]
"""From (included) to (excluded)."""


def bucket_of(ms: int) -> int:
    """Give the floor of the bucket that a duration is counted in: itself below 256 ms, else with 8 significant bits.

    So a percentile read from the buckets is at most 1/128 (0.8 %) below the true one, and buckets of days add up.
    """
    shift = max(ms.bit_length() - FINE_BITS, 0)
    return ms >> shift << shift


@attrs.frozen
class ResultEvent:
    """What came of a search: `position` counts from 1 on the page."""

    search_id: str
    user_id: str
    type: Literal["click", "conversion"]
    result_id: str
    at: datetime
    position: int | None = None


class SearchRepository(Protocol):
    """The search log."""

    async def add_many(self, rows: Sequence[SearchRow]) -> int:
        """Insert a batch; rows already there (same id) are left alone, rows of vanished users dropped.

        Figures of their days, should these have been rolled up, are deleted.

        Returns:
            How many rows are there now that were not before.
        """
        ...

    async def present(self, ids: Collection[str]) -> Collection[str]:
        """Say which of these ids are there, whoever's they are (the sink alone asks)."""
        ...

    async def list(
        self,
        user_id: str,
        *,
        limit: int,
        offset: int,
        text: str | None = None,
        span: Span | None = None,
        key_id: str | None = None,
    ) -> Sequence[SearchRow]:
        """List a user's searches, newest first.

        With `text` those whose query has a word of it, with `span` of then, with `key_id` by this API key.
        """
        ...

    async def count(self, user_id: str, *, text: str | None = None, span: Span | None = None) -> int:
        """Count a user's searches, as `list` narrows them."""
        ...

    async def by_request(self, user_id: str, request_id: str) -> SearchRow | None:
        """Find a user's search by the id of its request; of several the newest."""
        ...

    async def add_result_event(self, event: ResultEvent, searched_at: datetime) -> bool:
        """Note what came of a search; False if the same has been noted before.

        The figure `clicks` of the search's day, should it have been rolled up, is deleted.
        """
        ...

    async def oldest(self, before: datetime) -> tuple[str, date] | None:
        """Give the user and the day of the oldest search before this moment, whoever's it is (pruning alone asks)."""
        ...

    async def prune(self, user_id: str, before: datetime, *, most: int) -> int:
        """Delete a user's oldest searches from before this moment, at most `most`; gives how many."""
        ...


class MetricRepository(Protocol):
    """Aggregated figures (table `analytics`)."""

    async def put(self, row: MetricRow) -> None:
        """Insert or replace the figure of this user, day and name."""
        ...

    async def list(self, user_id: str, name: str, since: datetime, until: datetime) -> Sequence[MetricRow]:
        """List a user's figures of one name by day, both ends included."""
        ...

    async def list_all(self, name: str, since: datetime, until: datetime) -> Sequence[MetricRow]:
        """List everybody's figures of one name by day, both ends included (administrators only)."""
        ...

    async def compute(self, user_id: str | None, name: str, spans: Sequence[Span]) -> Mapping[date, Any]:
        """Compute one of `FIGURES` from the rows, for each day that has some.

        Args:
            user_id: Whose; None: everybody's together (administrators only).
            name: Which.
            spans: Whole days.
        """
        ...

    async def roll_up(self, user_id: str, day: date, *, final: bool = False) -> bool:
        """Compute all figures of a day that is over and store them, together or not at all.

        Args:
            user_id: Whose.
            day: Which.
            final: The rows are about to go: the figures are never again deleted or computed.

        Returns:
            False if they are final already; then nothing is done.
        """
        ...

    async def due(self, since: date, until: date, *, most: int) -> Sequence[tuple[str, date]]:
        """Name users and days, first and last included, that have searches and no figures."""
        ...

    async def forget(self, since: date, until: date) -> int:
        """Delete everybody's figures of these days, to have them computed anew; final ones stay. Gives how many."""
        ...
