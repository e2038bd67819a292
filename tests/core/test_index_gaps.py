"""Indexes that searches missed: from notices to the log, and from the log to sums."""

from datetime import UTC, datetime

from altus4_core.indexgaps import IndexGap, gap_sums, gaps_of, summed, written
from altus4_core.records import DatabaseOutcome, DatabaseStatus, Notice, TableHits

SQL = "ALTER TABLE `a` ADD FULLTEXT INDEX `ft` (`x`)"


def table(name, *notices):
    return TableHits(name, "", (), notices=notices)


def outcome(*tables, status=DatabaseStatus.OK, error=None):
    return DatabaseOutcome("d1", "shop", status, tables=tables, error=error)


def test_gaps_are_what_the_notices_say():
    exact = Notice("COLUMNS_NOT_EXACT", "...", {"columns": ["y", "x"], "sqlSuggestion": SQL})
    found = gaps_of(
        [
            outcome(
                table("a", exact, exact, Notice("INDEX_PARTIAL", "...")),
                table("b", Notice("COLUMNS_NOT_INDEXED", "...", {"columns": ["z"]})),
                table("c", Notice("NO_FULLTEXT_INDEX", "...", {"table": "c", "sqlSuggestion": "x" * 2000})),
            )
        ]
    )
    assert found == [
        IndexGap("d1", "a", ("x", "y"), "COLUMNS_NOT_EXACT", SQL),
        IndexGap("d1", "b", ("z",), "COLUMNS_NOT_INDEXED"),
        IndexGap("d1", "c", (), "NO_FULLTEXT_INDEX"),
    ]


def test_a_database_without_any_index_names_its_tables():
    details = {"details": [{"database": "shop", "table": "a", "sqlSuggestion": SQL}, "what a plugin made up"]}
    error = Notice("NO_FULLTEXT_INDEX", "...", details)
    found = gaps_of([outcome(status=DatabaseStatus.SKIPPED, error=error)])
    assert found == [IndexGap("d1", "a", (), "NO_FULLTEXT_INDEX", SQL)]
    assert gaps_of([outcome(status=DatabaseStatus.ERROR, error=error)]) == []


def test_a_search_names_a_few():
    notice = Notice("NO_FULLTEXT_INDEX", "...")
    assert len(gaps_of([outcome(*[table(f"t{number}", notice) for number in range(50)])])) == 5


def test_days_add_up_and_the_newest_statement_counts():
    gap = IndexGap("d1", "a", ("x",), "COLUMNS_NOT_EXACT", "old")
    newer = IndexGap("d1", "a", ("x",), "COLUMNS_NOT_EXACT", "new")
    other = IndexGap("d2", "a", ("x",), "COLUMNS_NOT_EXACT")
    first = summed([(written([gap, other]), 2, 30, 100), (written([gap]), 5, 50, 90), (None, 9, 9, 9), ([7], 1, 1, 1)])
    assert first == {
        "gaps": [
            ["d1", "a", ["x"], "COLUMNS_NOT_EXACT", 7, 80, 100, "old"],
            ["d2", "a", ["x"], "COLUMNS_NOT_EXACT", 2, 30, 100, ""],
        ]
    }
    sums = gap_sums([summed([(written([newer]), 1, 10, 200)]), first])
    assert [(one.gap, one.searches, one.total_ms) for one in sums] == [(newer, 8, 90), (other, 2, 30)]
    assert sums[0].last == datetime.fromtimestamp(200, UTC)
    assert summed([]) == {}
