"""Searching one table by several of its indexes: their lists merged, each row once, with its highest score."""

from collections.abc import Sequence

import attrs
from altus4_mysql import MySQLTarget

from altus4_core.filters import Misfit
from altus4_core.records import SearchRequest
from altus4_search_fulltext.conditions import joined
from altus4_search_fulltext.lane import Lane
from altus4_search_fulltext.meaning import AllOf, Meaning
from altus4_search_fulltext.planner import TablePlan
from altus4_search_fulltext.query import IndexQuery
from altus4_search_fulltext.rows import RowReader
from altus4_search_fulltext.sources import IndexSource, JointSource, Source
from altus4_search_fulltext.statements import Mode, unmatched
from altus4_search_fulltext.tablesearch import Form, Relation, TableSearch


class JointSearch(TableSearch):
    """Everything about a table with several indexes that does not change between searches.

    Args:
        plan: The table, with `indexes`.
        mode: Of MATCH.
        longest: Characters after which values are cut.
        lanes: Of the indexes.
        misfits: What of a request does not fit the table; None: this is made for all requests.
    """

    def __init__(
        self, plan: TablePlan, mode: Mode, longest: int, lanes: Sequence[Lane], misfits: Sequence[Misfit] | None = None
    ) -> None:
        super().__init__(plan, mode, longest, lanes[0], misfits)
        self._lanes = lanes
        self._parts = [
            TableSearch(part, mode, longest, lane, misfits) for part, lane in zip(plan.single, lanes, strict=True)
        ]

    @property
    def parts(self) -> Sequence[TableSearch]:
        """Give the searches of the single indexes."""
        return self._parts

    def refined(self, plan: TablePlan, misfits: Sequence[Misfit]) -> "JointSearch":
        """Give the search as one request wants it."""
        return JointSearch(plan, self.mode, self._longest, self._lanes, misfits)

    def source(self, form: Form, target: MySQLTarget, query: IndexQuery, ends: float) -> Source:
        """Give where the rows come from."""
        sources = []
        for part in self._parts:
            sql = part.form(form.selection.longest, form.mode).selection.sql
            sources.append(IndexSource(part.lane, part.plan, sql, target, query, ends))
        return JointSource(sources, self.plan, form.selection)

    def learn(self, query: IndexQuery, seconds: float, matched: int | None) -> None:
        """Do nothing: each index's own statements have taught what they cost."""

    async def count(
        self, target: MySQLTarget, query: IndexQuery, request: SearchRequest, listed: int, ends: float
    ) -> tuple[int, Relation]:
        """Count the rows that any index finds.

        Exactly, each index counts what no earlier one finds, which reads all rows. Else each counts by itself: at least
        as many as the largest number and at most the sum.
        """
        if request.totals == "exact":
            pieces = self.disjoint(query)
            total = sum([(await each.count(target, query, request, 0, ends))[0] for each in pieces])
            return max(total, listed), "eq"
        counts: list[tuple[int, Relation]] = []
        for part in self._parts:
            number, relation = await part.count(target, query, request, 0, ends)
            counts.append((number, relation))
            if relation == "eq" and query.alternatives:  # then rows are what costs are predicted from
                part.learn(query, 0.0, number)
        numbers = [number for number, _ in counts]
        certain = max(numbers) == sum(numbers) and all(relation == "eq" for _, relation in counts)
        return max(*numbers, listed), "eq" if certain else "gte"

    def disjoint(self, query: IndexQuery) -> Sequence[TableSearch]:
        """Give a search for each index that leaves out what an earlier one finds."""
        pieces: list[TableSearch] = []
        for place, part in enumerate(self._parts):
            plan = part.plan
            others = [unmatched(other.plan, self.mode, query.text) for other in self._parts[:place]]
            conditions = [*([plan.condition] if plan.condition else []), *others]
            if conditions:
                plan = attrs.evolve(plan, condition=joined(conditions, "AND"))
            pieces.append(TableSearch(plan, self.mode, self._longest, part.lane, self.misfits))
        return pieces

    def _form(self, length: int, mode: Mode) -> Form:
        chosen = self._parts[0].form(length, mode).selection
        return Form(chosen, RowReader(self.plan, chosen), mode)


def is_divisible(query: IndexQuery, plan: TablePlan) -> bool:
    """Say whether what several indexes find one by one is what one index of all their columns would find.

    Not if several words are required, which may stand in columns of different indexes, nor if one is excluded; and not
    where the worst come first, because of a row's scores the highest counts.
    """
    if any(each.column is None and not each.descending and not each.absent for each in plan.order):
        return False
    return query.alternatives or query.meaning is None or _is_divisible(query.meaning)


def _is_divisible(meaning: Meaning) -> bool:
    if isinstance(meaning, AllOf):
        return len(meaning.needles) <= 1
    if meaning.excluded or len(meaning.required) > 1:
        return False
    return all(map(_is_divisible, meaning.required or meaning.optional))
