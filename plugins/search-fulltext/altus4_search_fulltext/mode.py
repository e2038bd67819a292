"""A search mode over FULLTEXT indexes: all tables of one database, at once."""

import asyncio
import time
from collections.abc import Mapping, Sequence
from typing import Any, cast

import attrs
from altus4_mysql import MySQLTarget, TargetSchema

from altus4_core.errors import TargetFailed
from altus4_core.explanations import Diagnosis, SourceExplanation, TableAnalysis
from altus4_core.records import SearchRequest, TableHits
from altus4_core.resultids import key_parts
from altus4_core.seams import OpenTarget
from altus4_search_fulltext.analysis import analyze_table
from altus4_search_fulltext.costs import CostBook, CostLimits
from altus4_search_fulltext.diagnosis import Missed
from altus4_search_fulltext.faceting.counting import FacetCounting
from altus4_search_fulltext.faceting.joint import counted_in
from altus4_search_fulltext.failures import told_apart
from altus4_search_fulltext.jointsearch import is_divisible
from altus4_search_fulltext.planbook import PlanBooks
from altus4_search_fulltext.proof import prove_all
from altus4_search_fulltext.query import IndexQuery, Language, Reading
from altus4_search_fulltext.ranking.ranking import Ranking
from altus4_search_fulltext.recording import Recording
from altus4_search_fulltext.statements import Mode
from altus4_search_fulltext.tablesearch import TableSearch
from altus4_search_fulltext.tokens import TokenRules
from altus4_search_fulltext.wishes.filtering import conditions_of

_OF_ONE_TABLE = frozenset({"TIMEOUT", "BUSY", "QUERY_FAILED", "RESULT_TOO_LARGE"})  # failures: others may fare better
_LAST_MOMENT = 0.05  # seconds kept for the answer when values are counted until the deadline


class FulltextMode:
    """The modes `natural` and `boolean`.

    Args:
        name: Of the mode, and of MATCH's.
        language: In which queries are written.
        longest: Characters after which values are cut.
        concurrency: Tables of one database searched at the same time for one request.
        costs: Remembers what searches cost; modes share one.
        limits: When they cost too much.
        ranking: Ranks what is found; None: the lists are in the server's order.
        facet_seconds: Of the server's work that counting all values of one table may cost.
    """

    kinds: frozenset[str] = frozenset({"mysql"})
    options: type | None = None

    def __init__(
        self,
        name: Mode,
        language: Language,
        *,
        longest: int,
        concurrency: int,
        costs: CostBook | None = None,
        limits: CostLimits | None = None,
        ranking: Ranking | None = None,
        facet_seconds: float = 1.0,
    ) -> None:
        self.name: str = name
        self._mode: Mode = name
        self._language = language
        self._books = PlanBooks(
            name,
            longest,
            costs or CostBook(),
            limits or CostLimits(),
            ranking.rows_with if ranking is not None else None,
        )
        self._concurrency = concurrency
        self._ranking = ranking
        self._facet_seconds = facet_seconds

    async def search(self, request: SearchRequest, target: OpenTarget) -> list[TableHits]:
        """Search the wanted tables of a database.

        Raises:
            Unsearchable: the query makes no sense or costs too much, or no wanted table has a FULLTEXT index.
            TargetFailed: the database cannot answer.
        """
        ends = time.monotonic() + request.timeout_ms / 1000
        reading = self._language.read(request.query)
        mysql = cast("MySQLTarget", target)  # by `kinds`
        schema = await _schema(mysql)
        found = await self._search(request, reading, mysql, schema, ends)
        if any(notice.code == "SCHEMA_CHANGED" for hits in found for notice in hits.notices):
            # A target reads its schema anew when a statement failed so; then the plans are to be made anew, too.
            newer = await _schema(mysql)
            if newer is not schema:
                return await self._search(request, reading, mysql, newer, ends)
        return found

    async def explain(
        self, request: SearchRequest, target: OpenTarget, rows: Mapping[str, Sequence[tuple[Any, ...]]]
    ) -> Mapping[str, Mapping[tuple[Any, ...], SourceExplanation]]:
        """Explain the server's scores of rows, given by table and key; see `prove`.

        Raises:
            Unsearchable: the query makes no sense, or no wanted table has a FULLTEXT index.
            TargetFailed: the database cannot answer.
        """
        asked = await self._asked(request, target)
        found: dict[str, Mapping[tuple[Any, ...], SourceExplanation]] = {}
        for search, query in asked.searches:
            keys = rows.get(search.name)
            if keys:
                with told_apart():
                    proofs = await prove_all(asked.target, search, query, keys, asked.ends)
                    if self._ranking is not None and query.text and not search.plan.order:
                        ranked = await self._ranking.explain(search, asked.target, query, request, keys, asked.ends)
                        proofs = {key: attrs.evolve(one, ranking=ranked.get(key)) for key, one in proofs.items()}
                found[search.name] = proofs
        return found

    async def diagnose(self, request: SearchRequest, target: OpenTarget, table: str, key: str) -> Diagnosis:
        """Say why a row is not found; see `Missed`.

        Raises:
            Unsearchable: the query makes no sense, or no wanted table has a FULLTEXT index.
            TargetFailed: the database cannot answer.
        """
        asked = await self._asked(request, target)
        for search, query in asked.searches:
            if search.name == table:
                parts = key_parts(key, len(search.plan.key))
                conditions = conditions_of(request.filters, search.plan.table, case_sensitive=asked.case_sensitive)
                drawing = None
                if self._ranking is not None and query.text and not search.plan.order:
                    drawing = self._ranking.drawing(search, asked.target, query, request)
                drawn = drawing.query if drawing is not None and search.plan.rules.innodb else None
                with told_apart():
                    missed = Missed(search.plan, self._mode, parts, asked.reading, asked.ends, conditions, drawn)
                    return await missed.diagnose(asked.target)
        told = [notice for hits in asked.skipped if hits.table == table for notice in hits.notices]
        message = told[0].message if told else f"Table '{table}' is not among the tables of this search."
        details = {"warnings": [{"code": notice.code, "message": notice.message, **notice.details} for notice in told]}
        return Diagnosis("TABLE_NOT_SEARCHED", message, details if told else {})

    async def analyze(self, request: SearchRequest, target: OpenTarget) -> Sequence[TableAnalysis]:
        """Plan the query on each index that it would be looked up in; see `analyze_table`.

        Raises:
            Unsearchable: the query makes no sense, or no wanted table has a FULLTEXT index.
            TargetFailed: the database cannot answer.
        """
        asked = await self._asked(request, target)
        found: list[TableAnalysis] = []
        for search, query in asked.searches:
            for part in search.parts:
                with told_apart():
                    analysis = await analyze_table(asked.target, part, self._mode, query, asked.ends)
                found.append(attrs.evolve(analysis, notices=(*search.plan.notices, *analysis.notices)))
        skipped = [TableAnalysis(hits.table, "", "", (), {}, 0, 0.0, (), hits.notices) for hits in asked.skipped]
        return [*found, *skipped]

    async def _asked(self, request: SearchRequest, target: OpenTarget) -> "_Asked":
        """Understand a request that asks about a search.

        Raises:
            Unsearchable: the query makes no sense, or no wanted table has a FULLTEXT index.
            TargetFailed: the database cannot answer.
        """
        ends = time.monotonic() + request.timeout_ms / 1000
        reading = self._language.read(request.query)
        mysql = cast("MySQLTarget", target)  # by `kinds`
        schema = await _schema(mysql)
        choice = self._books.of(mysql.id, schema).choose(request)
        searches = _prepared(choice.searches, reading)
        return _Asked(mysql, reading, searches, choice.skipped, ends, schema.server.case_sensitive_tables)

    async def _search(
        self, request: SearchRequest, reading: Reading, target: MySQLTarget, schema: TargetSchema, ends: float
    ) -> list[TableHits]:
        choice = self._books.of(target.id, schema).choose(request)
        found: list[TableHits | None] = []
        pending: list[tuple[int, TableSearch, IndexQuery]] = []
        for place, (search, query) in enumerate(_prepared(choice.searches, reading)):
            if query.text:
                found.append(None)
                pending.append((place, search, query))
            else:
                found.append(search.empty(query))
        if len(pending) == 1:
            place, search, query = pending[0]
            found[place] = await self._run(search, target, query, request, ends)
        elif pending:
            for (place, _, _), hits in zip(pending, await self._all(pending, target, request, ends), strict=True):
                found[place] = hits
        return [hits for hits in (*found, *choice.skipped) if hits is not None]

    async def _run(
        self, search: TableSearch, target: MySQLTarget, query: IndexQuery, request: SearchRequest, ends: float
    ) -> TableHits:
        if not request.explain:
            return await self._hits(search, target, query, request, ends)
        recording = Recording(target)
        hits = await self._hits(search, recording.target, query, request, ends)
        return attrs.evolve(hits, statements=tuple(recording.statements))

    async def _hits(
        self, search: TableSearch, target: MySQLTarget, query: IndexQuery, request: SearchRequest, ends: float
    ) -> TableHits:
        ranking = self._ranking
        if ranking is None or search.plan.order or not ranking.wanted(request):
            hits = await search.run(target, query, request, ends)
        else:
            hits = await ranking.run(search, target, query, request, ends)
        if not search.plan.facets:
            return hits
        pieces = search.disjoint(query)
        most = self._facet_seconds / len(pieces)
        countings = [FacetCounting(piece, target, query, ends - _LAST_MOMENT, most) for piece in pieces]
        return await counted_in(countings, hits, exact=request.facet_mode == "exact")

    async def _all(
        self,
        pending: list[tuple[int, TableSearch, IndexQuery]],
        target: MySQLTarget,
        request: SearchRequest,
        ends: float,
    ) -> list[TableHits]:
        """Search several tables at once, but never so many that one request fills the database's queue.

        A table that cannot answer takes nothing away from those that did.

        Raises:
            TargetFailed: none of them could.
        """
        slots = asyncio.Semaphore(self._concurrency)
        down: list[TargetFailed] = []

        async def one(search: TableSearch, query: IndexQuery) -> TableHits | TargetFailed:
            async with slots:
                if down:  # no other table would fare better, and each would be one more failed login
                    return down[0]
                try:
                    return await self._run(search, target, query, request, ends)
                except TargetFailed as failure:
                    if failure.error_code not in _OF_ONE_TABLE:
                        down.append(failure)
                    return failure

        try:
            async with asyncio.TaskGroup() as group:
                tasks = [group.create_task(one(search, query)) for _, search, query in pending]
        except BaseExceptionGroup as failures:
            raise failures.exceptions[0] from None
        found = [task.result() for task in tasks]
        failed = [each for each in found if isinstance(each, TargetFailed)]
        if len(failed) == len(found):
            raise failed[0]
        return [
            search.unanswered(each) if isinstance(each, TargetFailed) else each
            for (_, search, _), each in zip(pending, found, strict=True)
        ]


@attrs.frozen
class _Asked:
    """A request about a search, understood: its tables with their queries, and the tables that are skipped."""

    target: MySQLTarget
    reading: Reading
    searches: Sequence[tuple[TableSearch, IndexQuery]]
    skipped: Sequence[TableHits]
    ends: float
    case_sensitive: bool


def _prepared(searches: Sequence[TableSearch], reading: Reading) -> list[tuple[TableSearch, IndexQuery]]:
    """Give each table the query as its index gets it, and several indexes where the query can be asked so."""
    queries: dict[TokenRules, IndexQuery] = {}
    found: list[tuple[TableSearch, IndexQuery]] = []
    for search in searches:
        rules = search.plan.rules
        query = queries.get(rules)
        if query is None:
            query = queries[rules] = reading.for_index(rules)
        joint = search.joint
        found.append((joint if joint is not None and is_divisible(query, joint.plan) else search, query))
    return found


async def _schema(target: MySQLTarget) -> TargetSchema:
    with told_apart():
        return await target.schema()
