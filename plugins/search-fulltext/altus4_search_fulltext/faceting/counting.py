"""Counting values: in the first rows of what matches, and in all of it where that is asked for and can be paid.

One statement reads the columns of the first 1,000 rows, which for most searches are all there are. Counting further is
a GROUP BY for each column, which costs 6 to 13 times the search (measured): it is sent only if so much can be
paid, as an expensive statement takes the slow lane, and ends before the search does. Whatever happens to it, the rows
found are answered.
"""

import time
from collections.abc import Mapping, Sequence

import attrs
from altus4_mysql import MySQLError, MySQLTarget, QueryTimeout, Row

from altus4_core.errors import TargetFailed, Unsearchable
from altus4_core.facets import NO_ROWS, FacetCounts
from altus4_core.records import Notice, TableHits
from altus4_search_fulltext import notices
from altus4_search_fulltext.costs import SECONDS_PER_ROW
from altus4_search_fulltext.faceting.tally import Tally, respelt, tallied
from altus4_search_fulltext.folding import same_texts
from altus4_search_fulltext.planner import Facet
from altus4_search_fulltext.query import IndexQuery
from altus4_search_fulltext.statements import facet_sample_statement, facet_statement, ranked_params, where_params
from altus4_search_fulltext.tablesearch import TableSearch

MOST_ROWS = 1000
"""Of a sample."""

MOST_VALUES = 1000
"""Of one column that one table tells."""

_GROUPING = 10  # times the search
_LONGEST = 255  # characters of a value; longer ones are no categories

_Failures = (MySQLError, TargetFailed, Unsearchable)


@attrs.frozen
class _Sample:
    tallies: Mapping[str, Tally]
    whole: bool  # whether these are all rows that match
    seconds: float


class FacetCounting:
    """Counts for one search of one table.

    Args:
        search: Of the table, with the columns to count.
        target: The database.
        query: Made for the table's index, with something to find.
        ends: `time.monotonic()` of the deadline.
        most: Seconds of the server's work that counting all may cost.
    """

    def __init__(self, search: TableSearch, target: MySQLTarget, query: IndexQuery, ends: float, most: float) -> None:
        self._search = search
        self._plan = search.plan
        self._target = target
        self._query = query
        self._ends = ends
        self._most = most

    @property
    def facets(self) -> Sequence[Facet]:
        """Give the columns to count."""
        return self._plan.facets

    async def add(self, hits: TableHits, *, exact: bool) -> TableHits:
        """Give the hits with the counts; what could not be counted is a warning, not a failure.

        Args:
            hits: As found.
            exact: Whether to count all rows.
        """
        facets = self._plan.facets
        if not hits.hits and hits.exhausted:
            return attrs.evolve(hits, facets=dict.fromkeys([facet.name for facet in facets], NO_ROWS))
        try:
            sample = await self._sample(facets)
        except _Failures as failure:
            told = notices.facets_missing(self._search.name, _reason(failure))
            uncounted = FacetCounts((), exact=False, sampled=0, complete=False)
            missing = dict.fromkeys([facet.name for facet in facets], uncounted)
            return attrs.evolve(hits, facets=missing, notices=(*hits.notices, told))
        tallies = dict(sample.tallies)
        exact_ones = {name for name, tally in tallies.items() if sample.whole and tally.certain}
        added: list[Notice] = []
        # What is too long to be shown is not told apart by counting all of it.
        wanted = [facet for facet in facets if facet.name not in exact_ones and not tallies[facet.name].cut]
        if exact and wanted:
            counted, reason = await self._all(wanted, hits, sample.seconds)
            for facet in wanted:
                if facet.name in counted and facet.column.is_text:
                    fold = same_texts(facet.column.collation)
                    counted[facet.name] = respelt(counted[facet.name], tallies[facet.name], fold)
            tallies.update(counted)
            exact_ones.update(counted)
            if reason:
                rest = [facet.name for facet in wanted if facet.name not in counted]
                added.append(notices.facets_sampled(self._search.name, rest, MOST_ROWS, reason))
        cut = [name for name, tally in tallies.items() if tally.cut]
        if cut:
            added.append(notices.values_cut(cut, _LONGEST))
        found = {
            name: _counts(tally, hits.total, exact=name in exact_ones and not tally.cut)
            for name, tally in tallies.items()
        }
        for facet in facets:
            if facet.column.is_text:
                found[facet.name] = attrs.evolve(found[facet.name], fold=same_texts(facet.column.collation))
        return attrs.evolve(hits, facets=found, notices=(*hits.notices, *added))

    async def _sample(self, facets: Sequence[Facet]) -> _Sample:
        """Count in the first rows.

        Raises:
            MySQLError, TargetFailed, Unsearchable: as the target does.
        """
        columns = list({facet.column.name: facet.column for facet in facets}.values())
        sql = facet_sample_statement(self._plan, self._search.mode, columns, _LONGEST)
        params = (*ranked_params(self._plan, self._query.text), MOST_ROWS + 1)
        if self._left() <= 0:
            raise QueryTimeout(0.0)
        read = await self._search.lane.fetch(self._target, self._query, sql, params, self._ends)
        rows: Sequence[Row] = read.rows[:MOST_ROWS]
        by_column = {
            column.name: tallied(column, [(row[place], 1) for row in rows], _LONGEST, grouped=False)
            for place, column in enumerate(columns)
        }
        tallies = {facet.name: by_column[facet.column.name] for facet in facets}
        return _Sample(tallies, len(read.rows) <= MOST_ROWS, read.seconds)

    async def _all(
        self, facets: Sequence[Facet], hits: TableHits, seconds: float
    ) -> tuple[dict[str, Tally], str | None]:
        """Count in all rows, as far as that can be paid; and say why it went no further.

        Args:
            facets: Columns to count.
            hits: As found.
            seconds: That reading the sample took.
        """
        found: dict[str, Tally] = {}
        each = _GROUPING * self._search_seconds(hits, seconds)
        spent = 0.0
        params = (*where_params(self._plan, self._query.text), MOST_VALUES + 1)
        for facet in facets:
            spent += each
            if spent > self._most:
                return found, "tooExpensive"
            if each > self._left():
                return found, "outOfTime"
            sql = facet_statement(self._plan, self._search.mode, facet.column, _LONGEST)
            try:
                rows = await self._search.lane.send(self._target, sql, params, each, self._left())
            except _Failures as failure:
                return found, _reason(failure)
            counted = [(row[0], int(row[1])) for row in rows.rows]
            found[facet.name] = tallied(facet.column, counted, _LONGEST, grouped=True)
        return found, None

    def _search_seconds(self, hits: TableHits, seconds: float) -> float:
        """Predict what a search costs: by its rows where they are known, else by what the sample took."""
        try:
            predicted = self._search.lane.predict(self._query).seconds
        except Unsearchable:
            predicted = self._most
        return max(predicted, (hits.total or 0) * SECONDS_PER_ROW) or seconds

    def _left(self) -> float:
        return self._ends - time.monotonic()


def _counts(tally: Tally, total: int | None, *, exact: bool) -> FacetCounts:
    complete = len(tally.values) <= MOST_VALUES
    # Where there are more values than were told, the server has counted more rows than these have.
    sampled = max(tally.rows, total or 0) if exact and not complete else tally.rows
    return FacetCounts(tally.values[:MOST_VALUES], exact, sampled, complete)


def _reason(failure: Exception) -> str:
    if isinstance(failure, Unsearchable):
        return "tooExpensive"
    cause = failure.__cause__ if isinstance(failure, TargetFailed) else failure
    late = isinstance(cause, QueryTimeout) or (isinstance(failure, TargetFailed) and failure.error_code == "TIMEOUT")
    return "outOfTime" if late else "failed"
