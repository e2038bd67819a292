"""Cutting a page out of the merged list, and remembering where the next one begins."""

from collections import Counter
from collections.abc import Sequence
from typing import Any

import attrs

from altus4_core.records import DatabaseOutcome, FusedHit, SearchRequest
from altus4_core.search.cursors import MOST_DEEP, Position


@attrs.frozen
class Page:
    """A piece of the merged list.

    Attributes:
        hits: Its rows.
        before: Rows of the merged list that stand before it.
        more: Whether rows stand behind it in what was merged.
    """

    hits: Sequence[FusedHit]
    before: int
    more: bool


def cut(fused: Sequence[FusedHit], request: SearchRequest) -> Page:
    """Cut the page of a request.

    With a cursor the rows that were given out are counted list by list: then neither a database that answers late nor
    one that is gone shifts what comes next.
    """
    if not request.consumed:
        return Page(fused[request.offset : request.depth], request.offset, len(fused) > request.depth)
    left = dict(request.consumed)
    kept: list[FusedHit] = []
    for hit in fused:
        name = f"{hit.database_id}:{hit.table}"
        given = left.get(name, 0)
        if given:
            left[name] = given - 1
        elif len(kept) == request.limit:
            return Page(kept, request.offset, more=True)
        else:
            kept.append(hit)
    return Page(kept, request.offset, more=False)


def next_position(
    fused: Sequence[FusedHit], page: Page, request: SearchRequest, outcomes: Sequence[DatabaseOutcome]
) -> Position | None:
    """Give where the next page begins; None where cursors reach no further."""
    if not page.hits or page.before + len(page.hits) >= MOST_DEEP:
        return None
    given = page.hits if request.consumed or not request.offset else fused[: request.depth]
    consumed: dict[str, int] = dict(request.consumed)
    pins: dict[str, Any] = dict(request.pins)  # a database that is late now keeps what ranked it
    names: list[str] = []
    for outcome in outcomes:
        for table in outcome.tables:
            if table.hits:
                name = f"{outcome.id}:{table.table}"
                names.append(name)
                if table.pin is not None:
                    pins[name] = table.pin
    if len(names) == 1:  # the usual search: nothing to count apart
        consumed[names[0]] = consumed.get(names[0], 0) + len(given)
        return Position(consumed, pins)
    counts: Counter[tuple[str, str]] = Counter([(hit.database_id, hit.table) for hit in given])
    for (database_id, table_name), count in counts.items():
        name = f"{database_id}:{table_name}"
        consumed[name] = consumed.get(name, 0) + count
    return Position(consumed, pins)
