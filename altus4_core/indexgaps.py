"""FULLTEXT indexes that searches missed: seen in an answer's notices, kept in the search log, counted by the day."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final

import attrs

from altus4_core.records import DatabaseOutcome, DatabaseStatus, Notice

REASONS: Final = ("NO_FULLTEXT_INDEX", "COLUMNS_NOT_INDEXED", "COLUMNS_NOT_EXACT")
"""Codes of notices: the table has no index; none has a wanted column (both: skipped); an index of others was used."""
MEMBER: Final = "indexGaps"
"""Where `SearchRow.search_params` has them."""
MOST_GAPS: Final = 200  # of a day
_MOST_OF_A_SEARCH: Final = 5
_LONGEST_SQL: Final = 1000  # characters; a longer one is left out


@attrs.frozen
class IndexGap:
    """An index that a search could have used.

    `columns` are those wanted, in alphabetical order (none: all of the table's text); `sql` would make the index,
    empty where nobody knows how.
    """

    database_id: str
    table: str
    columns: tuple[str, ...]
    reason: str
    sql: str = ""


def gaps_of(outcomes: Sequence[DatabaseOutcome]) -> list[IndexGap]:
    """Find what a search missed, each once."""
    found: dict[IndexGap, None] = {}
    for outcome in outcomes:
        if outcome.status is DatabaseStatus.SKIPPED and outcome.error and outcome.error.code == REASONS[0]:
            listed = outcome.error.details.get("details")
            for each in listed if isinstance(listed, list | tuple) else ():
                if isinstance(each, Mapping):
                    found[_gap(outcome.id, str(each.get("table", "")), REASONS[0], each)] = None
        for table in outcome.tables:
            for notice in table.notices:
                if notice.code in REASONS:
                    found[_gap(outcome.id, table.table, notice.code, notice.details)] = None
    return list(found)[:_MOST_OF_A_SEARCH]


def has_gaps(notices: Sequence[Notice]) -> bool:
    """Say whether it is worth looking."""
    return any(notice.code in REASONS for notice in notices)


def written(gaps: Sequence[IndexGap]) -> list[dict[str, Any]]:
    """Write gaps as JSON-ready objects."""
    return [
        {"database": gap.database_id, "table": gap.table, "columns": list(gap.columns), "reason": gap.reason,
         **({"sql": gap.sql} if gap.sql else {})}
        for gap in gaps
    ]  # fmt: skip


def summed(groups: Iterable[tuple[Any, int, int, int]]) -> dict[str, Any]:
    """Count a day's gaps: the figure `index_gaps` of `altus4_core.searchlog`.

    Args:
        groups: What rows have under `MEMBER`, how many such rows there are, their milliseconds, and when the last was
            (seconds since 1970). What no gateway of ours wrote is left out.
    """
    found: dict[IndexGap, list[int]] = {}
    statements: dict[IndexGap, str] = {}
    for entries, searches, ms, last in groups:
        for gap in _read(entries):
            place = attrs.evolve(gap, sql="")
            numbers = found.setdefault(place, [0, 0, 0])
            numbers[0] += searches
            numbers[1] += ms
            numbers[2] = max(numbers[2], last)
            statements[place] = max(statements.get(place, ""), gap.sql)
    rows: list[list[Any]] = [
        [gap.database_id, gap.table, list(gap.columns), gap.reason, *numbers, statements[gap]]
        for gap, numbers in found.items()
    ]
    rows.sort(key=lambda row: (-row[4], row[:4]))
    return {"gaps": rows[:MOST_GAPS]} if rows else {}


@attrs.frozen
class GapSum:
    """How often an index was missed, and when last."""

    gap: IndexGap
    searches: int
    total_ms: int
    last: datetime


def gap_sums(parts: Iterable[Mapping[str, Any]]) -> list[GapSum]:
    """Add up the figure of several days, the most frequent first."""
    found: dict[IndexGap, tuple[int, int]] = {}
    newest: dict[IndexGap, tuple[int, str]] = {}
    for part in parts:
        for database, table, columns, reason, searches, ms, last, sql in part["gaps"]:
            place = IndexGap(database, table, tuple(columns), reason)
            count, total = found.get(place, (0, 0))
            found[place] = (count + searches, total + ms)
            newest[place] = max(newest.get(place, (0, "")), (last, sql))
    sums = [
        GapSum(attrs.evolve(place, sql=newest[place][1]), *numbers, datetime.fromtimestamp(newest[place][0], UTC))
        for place, numbers in found.items()
    ]
    return sorted(sums, key=lambda one: (-one.searches, one.gap.database_id, one.gap.table, one.gap.columns))


def _gap(database_id: str, table: str, reason: str, details: Mapping[str, Any]) -> IndexGap:
    columns = details.get("columns") or ()
    sql = details.get("sqlSuggestion") or ""
    return IndexGap(
        database_id,
        table,
        tuple(sorted({str(name) for name in columns})),
        reason,
        sql if len(sql) <= _LONGEST_SQL else "",
    )


def _read(entries: Any) -> Iterable[IndexGap]:
    for each in entries if isinstance(entries, list) else ():
        if not isinstance(each, Mapping):
            continue
        names = [each.get(name, "") for name in ("database", "table", "reason", "sql")]
        columns = each.get("columns", [])
        if isinstance(columns, list) and all(isinstance(name, str) for name in (*names, *columns)):
            yield IndexGap(names[0], names[1], tuple(columns), names[2], names[3])
