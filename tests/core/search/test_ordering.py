"""Orders by columns, least scores, and requests that fit no table."""

from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from altus4_core.errors import ValidationFailed
from altus4_core.filters import Misfit
from altus4_core.records import DatabaseOutcome, DatabaseStatus, FusedHit, Hit, SortKey, TableHits
from altus4_core.search.fitting import refuse_misfits
from altus4_core.search.ordering import in_order, unlike
from altus4_core.search.thresholds import above


def _outcome(*tables: TableHits, status: DatabaseStatus = DatabaseStatus.OK, name: str = "d") -> DatabaseOutcome:
    return DatabaseOutcome(name, name, status, tables=tables)


def _table(name: str, values: list[Any], **changes: Any) -> TableHits:
    hits = [Hit((place,), 1.0, {}, order=(value,)) for place, value in enumerate(values)]
    return TableHits(name, "ft", hits, **changes)


@pytest.mark.parametrize("descending", [False, True])
def test_lists_are_merged_by_typed_values_and_missing_ones_are_last(descending: bool) -> None:
    noon = datetime(2024, 2, 29, 12)
    values = [-1, Decimal("0.1"), 0.5, 2**60, date(2024, 2, 29), noon, timedelta(hours=1), "a", "b"]
    ordered = values[::-1] if descending else values
    left, right = _table("left", [*ordered[::2], None]), _table("right", [*ordered[1::2], None])
    merged = in_order([_outcome(left), _outcome(right, name="e")], [SortKey("x", descending)])
    assert [fused.hit.order[0] for fused in merged] == [*ordered, None, None]
    assert {fused.score for fused in merged} == {0.5}


def test_a_longer_list_never_changes_the_beginning() -> None:
    left, right = [1, 5, 3, 7], [2, 2, 9]  # the first is not even in order
    whole = in_order([_outcome(_table("l", left), _table("r", right))], [SortKey("x")])
    for size in range(1, 5):
        part = in_order([_outcome(_table("l", left[:size]), _table("r", right[:size]))], [SortKey("x")])
        assert [hit.id for hit in part[:size]] == [hit.id for hit in whole[:size]]


def test_orders_that_do_not_compare_are_told() -> None:
    keys = [SortKey("relevance"), SortKey("cat")]
    ranked = _table("t1", [1, 2], scales=("enum('b','a')",))
    texts, other = _table("t2", ["a"], scales=("",)), _table("t3", [1], scales=(f"enum('{'x' * 200}')",))
    for tables in ((ranked, ranked), (ranked, _table("t4", [], scales=("",))), (ranked, _table("t5", [None]))):
        assert unlike([_outcome(*tables)], keys) == []
    assert unlike([_outcome(ranked, _table("t6", [None], scales=(None,)))], keys) == []
    (told,) = unlike([_outcome(ranked), _outcome(texts, other, name="e")], keys)
    assert (told.code, told.details) == ("SORT_UNLIKE", {"field": "sort[1]", "tables": [["d:t1"], ["e:t2"], ["e:t3"]]})
    assert "by place in enum('b','a') in d:t1; by value in e:t2; by place in enum('xxx" in told.message
    assert len(told.message) < 500
    assert "sort by the column of one table, as 't1.cat', or define" in told.message
    (told,) = unlike([_outcome(ranked), _outcome(_table("t1", ["a"], scales=("",)), name="e")], keys)
    assert "one by one, or define" in told.message  # `t1.cat` would mean both


def _fused(table: str, *scores: float) -> list[FusedHit]:
    return [FusedHit("d", table, Hit((place,), 1.0, {}), score, place) for place, score in enumerate(scores)]


@pytest.mark.parametrize(
    ("exhausted", "scores", "least", "expected"),
    [
        (True, (0.9, 0.5), 0.1, (2, "eq")),
        (False, (0.9, 0.5), 0.1, (2, "gte")),
        (False, (0.9, 0.5), 0.6, (1, "eq")),
        (False, (), 0.6, (0, "gte")),
    ],
)
def test_totals_above_a_score_are_true(exhausted: bool, scores: tuple[float, ...], least: float, expected: Any) -> None:
    table = TableHits("t", "ft", (), exhausted=exhausted)
    kept, told = above(_fused("t", *scores), least, [_outcome(table)])
    assert (len(kept), told) == (expected[0], expected)


def _misfit(code: str = "unknown_column", *, concerned: bool = True) -> tuple[Misfit, ...]:
    return (Misfit("filters.x", f"table 't' {code}", code, concerned),)


def test_what_fits_no_table_is_refused_with_the_best_reason() -> None:
    tables = (
        TableHits("a", "", (), misfits=_misfit()),
        TableHits("b", "", (), misfits=_misfit("column_type")),
        TableHits("c", "ft", (), misfits=_misfit("unknown_table", concerned=False)),
    )
    with pytest.raises(ValidationFailed, match=r"filters\.x: table 't' column_type"):
        refuse_misfits([_outcome(*tables)])
    refuse_misfits([_outcome(*tables, TableHits("d", "ft", ()))])
    refuse_misfits([_outcome(*tables), _outcome(status=DatabaseStatus.TIMEOUT, name="late")])
    refuse_misfits([_outcome(TableHits("a", "ft", ()))])
