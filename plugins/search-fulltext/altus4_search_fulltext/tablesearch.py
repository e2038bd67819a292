"""Searching one table: one ranking statement, and a counting one when the list goes on."""

import time
from collections.abc import Sequence
from functools import cached_property
from typing import Any, Literal

import attrs
from altus4_mysql import MySQLError, MySQLTarget, Rows

from altus4_core.errors import TargetFailed
from altus4_core.facets import NO_ROWS
from altus4_core.filters import Misfit
from altus4_core.records import Hit, Notice, SearchRequest, TableHits
from altus4_search_fulltext import notices
from altus4_search_fulltext.beyond import amended, question
from altus4_search_fulltext.failures import database_failure, is_refused_statement, lateness, table_failure
from altus4_search_fulltext.lane import Lane
from altus4_search_fulltext.matching import Matcher
from altus4_search_fulltext.planner import TablePlan
from altus4_search_fulltext.query import IndexQuery
from altus4_search_fulltext.rows import RowReader, RowsRead
from altus4_search_fulltext.sources import IndexSource, Source
from altus4_search_fulltext.statements import (
    Mode,
    Selection,
    capped_count_statement,
    count_statement,
    is_cut,
    is_narrowed,
    selection,
    where_params,
)
from altus4_search_fulltext.wishes.sorting import scales_of

_BUDGET = 12 << 20  # bytes of text in one answer, below the driver's default cap of 16 MiB
_BYTES = 4  # of a character, at most
_MOST_ROWS = 1000
_COUNTED = 1001  # rows with another condition beside MATCH, unless they are to be counted exactly

Relation = Literal["eq", "gte", "unknown"]


@attrs.frozen(eq=False)
class Form:
    """A ranking statement, the reader of its rows, and the mode of its MATCH."""

    selection: Selection
    reader: RowReader
    mode: Mode


class TableSearch:
    """Everything about one table that does not change between searches.

    Args:
        plan: The table.
        mode: Of MATCH.
        longest: Characters after which values are cut; fewer for very deep pages.
        lane: Sends the statements.
        misfits: What of a request does not fit the table; None: this is made for all requests.
        joint: Searches the table by several indexes, for queries that can be searched so.
    """

    def __init__(
        self,
        plan: TablePlan,
        mode: Mode,
        longest: int,
        lane: Lane,
        misfits: Sequence[Misfit] | None = None,
        joint: "TableSearch | None" = None,
    ) -> None:
        self.plan = plan
        self.joint = joint
        self.lane = lane
        self.misfits: Sequence[Misfit] = misfits or ()
        self.lasting = misfits is None
        self.mode: Mode = mode
        self._longest = longest
        lengths = sorted({longest, min(longest, 500), 200}, reverse=True)
        # With each length how many columns may be longer.
        self._lengths = tuple((length, sum(is_cut(column, length) for column in plan.read)) for length in lengths)
        self._forms: dict[tuple[int, Mode], Form] = {}
        self._narrowed = is_narrowed(plan)
        self._scales = scales_of(plan.order)

    @property
    def name(self) -> str:
        """The table's name."""
        return self.plan.table.name

    @property
    def parts(self) -> Sequence["TableSearch"]:
        """Give a search for each index that is looked up."""
        return (self,)

    def refined(self, plan: TablePlan, misfits: Sequence[Misfit]) -> "TableSearch":
        """Give the search as one request wants it."""
        joint = self.joint.refined(plan.joint, misfits) if self.joint is not None and plan.joint is not None else None
        return TableSearch(plan, self.mode, self._longest, self.lane, misfits, joint)

    def source(self, form: Form, target: MySQLTarget, query: IndexQuery, ends: float) -> Source:
        """Give where the rows come from.

        Args:
            form: Of the statement.
            target: The database.
            query: Made for this table's index.
            ends: `time.monotonic()` of the deadline.
        """
        return IndexSource(self.lane, self.plan, form.selection.sql, target, query, ends)

    def disjoint(self, query: IndexQuery) -> Sequence["TableSearch"]:
        """Give searches that find every row of this one, each row in one of them."""
        return (self,)

    def empty(self, query: IndexQuery) -> TableHits:
        """Give the result of a query that has nothing this index could find."""
        told = (*self.plan.notices, *query.notices)
        facets = dict.fromkeys([facet.name for facet in self.plan.facets], NO_ROWS)
        return TableHits(
            self.name, self.plan.index.name, (), 0, "eq", notices=told, misfits=self.misfits, facets=facets
        )

    def unanswered(self, failure: TargetFailed) -> TableHits:
        """Give the result of a search that failed although other tables of the database answered."""
        notice = Notice(failure.error_code, failure.message)
        return TableHits(self.name, self.plan.index.name, (), exhausted=False, misfits=self.misfits, failure=notice)

    async def run(self, target: MySQLTarget, query: IndexQuery, request: SearchRequest, ends: float) -> TableHits:
        """Search.

        Args:
            target: The database.
            query: Made for this table's index.
            request: For the depth, and whether to count.
            ends: `time.monotonic()` of the deadline.

        Raises:
            Unsearchable: it would cost too much.
            TargetFailed: the database cannot answer.
        """
        try:
            return await self._run(target, query, request, ends)
        except (MySQLError, TargetFailed) as error:
            return self.failed(error)

    def failed(self, error: MySQLError | TargetFailed) -> TableHits:
        """Give the result of a search that failed for reasons of this table alone.

        Raises:
            TargetFailed: the database cannot answer.
        """
        notice = table_failure(self.name, error)
        if notice is not None:
            return TableHits(self.name, self.plan.index.name, (), 0, "eq", notices=(notice,))
        if isinstance(error, TargetFailed):
            raise error
        raise database_failure(error) from error

    async def _run(self, target: MySQLTarget, query: IndexQuery, request: SearchRequest, ends: float) -> TableHits:
        depth = request.depth_of(target.id, self.name)
        form = self.form(self.length(depth))
        # One row more than asked for tells whether the list goes on.
        rows = await self.source(form, target, query, ends).rows(depth + 1)
        matcher = Matcher(query.needles, self.plan.rules, query.meaning)
        reading = form.reader.read(rows.rows, matcher, marking=request.highlight is not None)
        hits = reading.hits
        if reading.cuts:
            hits = await self.look_beyond(target, reading, query, matcher, form, ends)
        exhausted = len(hits) <= depth
        total: int | None = len(hits) if exhausted else None
        relation: Relation = "eq" if exhausted else "unknown"
        uncounted: Sequence[Notice] = ()
        if total is None and request.totals != "none":
            total, relation, uncounted = await self.total(target, query, request, len(hits), ends)
        self.learn(query, rows.seconds, total if relation == "eq" else None)
        return TableHits(
            self.name,
            self.plan.index.name,
            hits,
            total,
            relation,
            exhausted,
            (*self.plan.notices, *query.notices, *reading.notices, *uncounted),
            misfits=self.misfits,
            scales=self._scales,
        )

    def learn(self, query: IndexQuery, seconds: float, matched: int | None) -> None:
        """Remember what the statement did cost; how many rows are left beside a condition says nothing about that."""
        self.lane.learn(query, seconds, None if self._narrowed else matched)

    async def total(
        self, target: MySQLTarget, query: IndexQuery, request: SearchRequest, listed: int, ends: float
    ) -> tuple[int | None, Relation, Sequence[Notice]]:
        """Count as `count` does; where there is no time for that, the rows that were found count, with a warning."""
        try:
            return *await self.count(target, query, request, listed, ends), ()
        except (MySQLError, TargetFailed) as error:
            reason = lateness(error)
            if reason is None:
                raise
            told = (notices.total_missing(self.name, reason),)
            return (listed, "gte", told) if listed else (None, "unknown", told)

    async def count(
        self, target: MySQLTarget, query: IndexQuery, request: SearchRequest, listed: int, ends: float
    ) -> tuple[int, Relation]:
        """Count the matching rows: exactly where the index can, or where the caller insists.

        Args:
            target: The database.
            query: Made for this table's index.
            request: For how exactly to count.
            listed: Rows that are there already.
            ends: `time.monotonic()` of the deadline.
        """
        params = where_params(self.plan, query.text)
        if not self._narrowed or request.totals == "exact":
            counted = int((await self.lane.fetch(target, query, self._count, params, ends)).scalar())
            return max(counted, listed), "eq"  # rows may have come or gone in between
        most = max(_COUNTED, listed + 1)
        sql = capped_count_statement(self.plan, self.mode)
        counted = int((await self.lane.fetch(target, query, sql, (*params, most), ends)).scalar())
        return max(counted, listed), "eq" if counted < most else "gte"

    async def look_beyond(
        self, target: MySQLTarget, reading: RowsRead, query: IndexQuery, matcher: Matcher, form: Form, ends: float
    ) -> list[Hit]:
        """Find the matches that lie beyond the cut; without them the answer is still right, only less telling."""
        asked = question(self.plan, reading.cuts, query.needles, form.selection.longest)
        try:
            rows = (await _fetch(target, asked.sql, asked.params, ends)).rows
        except (MySQLError, TargetFailed) as error:
            if not is_refused_statement(error):
                raise
            rows = []
        return amended(reading.hits, reading.cuts, asked, rows, matcher)

    def form(self, length: int, mode: Mode | None = None) -> Form:
        """Give the ranking statement with texts cut so, in the search's mode or another.

        Its parameters are the query twice, and a number.
        """
        place = (length, mode or self.mode)
        form = self._forms.get(place)
        if form is None:
            form = self._forms[place] = self._form(*place)
        return form

    @cached_property
    def _count(self) -> str:
        return count_statement(self.plan, self.mode)

    def _form(self, length: int, mode: Mode) -> Form:
        chosen = selection(self.plan, mode, length)
        return Form(chosen, RowReader(self.plan, chosen), mode)

    def length(self, depth: int) -> int:
        """Give the longest cut at which the answer of so many rows stays within bounds."""
        for length, columns in self._lengths:
            if (depth + 1) * columns * length * _BYTES <= _BUDGET:
                return length
        return self._lengths[-1][0]

    def most_rows(self, length: int) -> int:
        """Give how many rows with texts cut so one answer may have; not above 1,000."""
        columns = dict(self._lengths)[length]
        return min(_BUDGET // max(columns * length * _BYTES, 1), _MOST_ROWS)


async def _fetch(target: MySQLTarget, sql: str, params: Sequence[Any], ends: float) -> Rows:
    return await target.fetch(sql, params, deadline=max(ends - time.monotonic(), 0.001))
