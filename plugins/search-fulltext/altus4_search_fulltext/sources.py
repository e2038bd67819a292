"""Where a search gets its rows from, best first: the list of one index, or those of several, merged.

Of a row in several lists the place that comes first counts, which is that of its highest score. The merge looks at the
heads of the lists alone: the first n rows need no more than n of each list, and no row's place depends on how many are
asked for, so that pages concatenate.
"""

import heapq
from collections.abc import Callable, Sequence
from typing import Any, Protocol

import attrs
from altus4_mysql import MySQLTarget, Row

from altus4_search_fulltext.lane import Lane, check_together
from altus4_search_fulltext.planner import TablePlan
from altus4_search_fulltext.query import IndexQuery
from altus4_search_fulltext.statements import Selection, is_narrowed, where_params
from altus4_search_fulltext.wishes.sorting import order_key

Learn = Callable[[IndexQuery, float, int | None], None]


@attrs.frozen
class Batch:
    """Rows, and the seconds that the server took for them."""

    rows: Sequence[Row]
    seconds: float


class Source(Protocol):
    """The ranked rows of a table for one query."""

    async def rows(self, limit: int, offset: int = 0) -> Batch:
        """Give so many rows, or those that are left.

        Raises:
            Unsearchable: it would cost too much.
            TargetFailed, MySQLError: as the target does.
        """
        ...


class IndexSource:
    """The list of one index.

    Args:
        lane: Of the index.
        plan: Of the table, with this index.
        sql: The ranking statement.
        target: The database.
        query: Made for the index.
        ends: `time.monotonic()` of the deadline.
    """

    def __init__(
        self, lane: Lane, plan: TablePlan, sql: str, target: MySQLTarget, query: IndexQuery, ends: float
    ) -> None:
        self.lane = lane
        self.query = query
        self._narrowed = is_narrowed(plan)
        self._target = target
        self._sql = sql
        self._params = (query.text, *where_params(plan, query.text))
        self._ends = ends

    async def rows(self, limit: int, offset: int = 0) -> Batch:
        """Send the statement."""
        sql = f"{self._sql} OFFSET {offset}" if offset else self._sql
        found = await self.lane.fetch(self._target, self.query, sql, (*self._params, limit), self._ends)
        return Batch(found.rows, found.seconds)

    def learn(self, seconds: float, matched: int | None) -> None:
        """Remember what the statement did cost."""
        self.lane.learn(self.query, seconds, None if self._narrowed else matched)


class JointSource:
    """The lists of several indexes of one table as one.

    Args:
        sources: Of the indexes.
        plan: Of the table.
        selection: Says where in a row its key is, and what it is sorted by; the same for all indexes.
    """

    def __init__(self, sources: Sequence[IndexSource], plan: TablePlan, selection: Selection) -> None:
        self._lists = [_List(source, selection.key) for source in sources]
        self._key = order_key(plan.order, selection.order)

    async def rows(self, limit: int, offset: int = 0) -> Batch:
        """Read as much of each list as is needed, and merge."""
        if not any(each.begun for each in self._lists):
            check_together([each.source.lane for each in self._lists], self._lists[0].source.query)
        wanted = offset + limit
        seconds = 0.0
        for each in self._lists:
            seconds += await each.grow(wanted)
        merged: dict[Any, Row] = {}
        heads = [zip(each.rows, each.names, strict=True) for each in self._lists]
        for row, name in heapq.merge(*heads, key=lambda pair: self._key(pair[0])):  # equal ones: the first list's
            merged.setdefault(name, row)
            if len(merged) == wanted:
                break
        return Batch(list(merged.values())[offset:], seconds)


class _List:
    """One index's list as far as it was read, with the name of each row."""

    def __init__(self, source: IndexSource, key: Sequence[int]) -> None:
        self.source = source
        self.rows: list[Row] = []
        self.names: list[Any] = []
        self.begun = False
        self._whole = False
        self._key = key
        self._seen: dict[Row, int] = {}

    async def grow(self, wanted: int) -> float:
        """Have so many rows, or all; give the seconds it took."""
        missing = wanted - len(self.rows)
        if self._whole or missing <= 0:
            return 0.0
        batch = await self.source.rows(missing, len(self.rows))
        self._whole = len(batch.rows) < missing
        self.rows += batch.rows
        self.names += map(self._name, batch.rows)
        if not self.begun:
            self.begun = True
            self.source.learn(batch.seconds, len(self.rows) if self._whole else None)
        return batch.seconds

    def _name(self, row: Row) -> Any:
        """Name a row by its key; where there is none, equal rows are told apart by counting them."""
        if self._key:
            return tuple([row[place] for place in self._key])
        values = row[:-1]
        self._seen[values] = self._seen.get(values, 0) + 1
        return (values, self._seen[values])
