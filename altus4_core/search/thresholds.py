"""Leaving out results below a score, with totals that stay true."""

from collections.abc import Sequence

from altus4_core.records import DatabaseOutcome, FusedHit


def above(
    fused: Sequence[FusedHit], least: float, outcomes: Sequence[DatabaseOutcome]
) -> tuple[list[FusedHit], tuple[int, str]]:
    """Give the results with at least that score, and how many there are of them in all.

    A list that ends, or that goes below the score already, has no others further down; while one may have, the number
    is a lower bound.

    Args:
        fused: All results that are known.
        least: In 0..1.
        outcomes: Where they come from.
    """
    kept = [hit for hit in fused if hit.score >= least]
    lowest: dict[tuple[str, str], float] = {}
    for hit in fused:
        place = (hit.database_id, hit.table)
        lowest[place] = min(hit.score, lowest.get(place, hit.score))
    ended = all(
        outcome.status.value in {"ok", "skipped"}
        and all(table.exhausted or lowest.get((outcome.id, table.table), 1.0) < least for table in outcome.tables)
        for outcome in outcomes
    )
    return kept, (len(kept), "eq" if ended else "gte")
