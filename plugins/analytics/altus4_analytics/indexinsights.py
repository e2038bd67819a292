"""Insights about FULLTEXT indexes that searches wanted and did not find."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from altus4_analytics.data import InsightData
from altus4_analytics.sums import confidence
from altus4_core.clock import iso
from altus4_core.indexgaps import GapSum, IndexGap

_CONSEQUENCES: Final = {
    "NO_FULLTEXT_INDEX": "it has no FULLTEXT index and was skipped.",
    "COLUMNS_NOT_INDEXED": "no FULLTEXT index has any of these columns, and the table was skipped.",
    "COLUMNS_NOT_EXACT": "no FULLTEXT index has exactly these columns, so that one with others was searched.",
}
_UNKNOWN: Final = "an index was missed."


def index_insights(
    gaps: Sequence[GapSum], searches: Mapping[str, int], names: Mapping[str, str], fewest: int
) -> list[InsightData]:
    """Say which indexes were missed.

    Args:
        gaps: How often each was, the most frequent first.
        searches: Of each database, by id.
        names: Of the databases that are still connected; of others there is nothing left to do.
        fewest: Searches before a gap is spoken of.
    """
    spoken_of = [one for one in gaps if one.searches >= fewest and one.gap.database_id in names]
    return [_told(one, searches.get(one.gap.database_id, 0), names[one.gap.database_id]) for one in spoken_of]


def _told(one: GapSum, of_database: int, name: str) -> InsightData:
    gap = one.gap
    arithmetic = f"{one.searches} searches"
    if of_database >= one.searches:
        arithmetic += f" / {of_database} of the database = {one.searches / of_database * 100:.3g} %"
    data: dict[str, Any] = {
        "database": gap.database_id,
        "table": gap.table,
        "columns": list(gap.columns),
        "reason": gap.reason,
        "searches": one.searches,
        "databaseSearches": of_database,
        "avgTime": round(one.total_ms / one.searches, 2),
        "lastSearched": iso(one.last),
        "arithmetic": arithmetic,
        "suggestion": "Create the index, unless that was done since `lastSearched`; GET /api/v1/databases/:id/advice"
        " says what it costs.",
    }
    if gap.sql:
        data["sqlSuggestion"] = gap.sql
    description = f"{_wanted(gap, name)} in {one.searches} searches; {_CONSEQUENCES.get(gap.reason, _UNKNOWN)}"
    return InsightData("index", confidence(one.searches), description, actionable=True, data=data)


def _wanted(gap: IndexGap, name: str) -> str:
    place = f"table '{gap.table[:64]}' of database '{name}'"
    columns = ", ".join(f"'{name[:60]}'" for name in gap.columns[:5])
    if len(gap.columns) > 5:
        columns += f" and {len(gap.columns) - 5} more"
    return f"{columns} of {place} were asked for" if columns else f"{place[0].upper()}{place[1:]} was asked for"
