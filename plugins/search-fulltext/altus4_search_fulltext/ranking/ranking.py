"""Which searches are ranked here, and with which sample; the others get the server's order."""

from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import attrs
from altus4_mysql import MySQLError, MySQLTarget

from altus4_core.errors import TargetFailed, Unsearchable
from altus4_core.orders import is_by_relevance
from altus4_core.records import Notice, SearchRequest, TableHits
from altus4_search_fulltext import notices
from altus4_search_fulltext.query import IndexQuery
from altus4_search_fulltext.ranking.arithmetic import Arithmetic
from altus4_search_fulltext.ranking.drawing import Drawing
from altus4_search_fulltext.ranking.excerpt import Excerpt
from altus4_search_fulltext.ranking.rankedsearch import RankedSearch, supported
from altus4_search_fulltext.ranking.sampler import Sampler
from altus4_search_fulltext.ranking.samples import HOLD_SECONDS, Place
from altus4_search_fulltext.recording import unrecorded
from altus4_search_fulltext.tablesearch import TableSearch

_SEARCHES = 4096  # tables whose statements are remembered
_BEGUN = 1024  # lists in the server's order whose further pages are remembered to be so, too

IN_THE_SERVERS_ORDER = 0  # what is pinned of a list that was not ranked here

_Key = tuple[Place, str]


class Ranking:
    """The `bm25` ranking of one mode.

    Args:
        sampler: Has the statistics.
        clock: Monotonic seconds.
        by_default: Whether requests that name no ranking get this one.
    """

    def __init__(self, sampler: Sampler, clock: Callable[[], float], *, by_default: bool = True) -> None:
        self._sampler = sampler
        self._clock = clock
        self._by_default = by_default
        self._searches: OrderedDict[TableSearch, RankedSearch] = OrderedDict()
        self._begun: OrderedDict[_Key, float] = OrderedDict()

    def rows_with(self, database_id: str, table: str, index: str, term: str) -> int | None:
        """Estimate how many rows of a table have a word; see `Samples.rows_with`."""
        return self._sampler.samples.rows_with(database_id, table, index, term)

    def wanted(self, request: SearchRequest) -> bool:
        """Say whether a request is to be ranked here; an order by columns is the server's."""
        wanted = self._by_default if request.ranking is None else request.ranking == "bm25"
        return wanted and is_by_relevance(request.sort)

    async def run(
        self, search: TableSearch, target: MySQLTarget, query: IndexQuery, request: SearchRequest, ends: float
    ) -> TableHits:
        """Search one table, and rank what is found.

        Raises:
            CursorExpired: the request pins what is no excerpt of statistics for this query.
            Unsearchable: it would cost too much.
            TargetFailed: the database cannot answer.
        """
        plan = search.plan
        if not supported(plan):
            told = (notices.ranked_by_server("parser"),) if request.ranking == "bm25" else ()
            return _plain(await search.run(target, query, request, ends), None, told)
        place = _place(target, search)
        statistics = self._statistics(place, search, target, query, request)
        if statistics is None:
            told = (notices.ranked_by_server("notSampled"),)
            return _plain(await search.run(target, query, request, ends), IN_THE_SERVERS_ORDER, told)
        ranked = self._searches.get(search)
        if ranked is None:
            ranked = RankedSearch(search)
            if search.lasting:
                self._searches[search] = ranked
                if len(self._searches) > _SEARCHES:  # of schemas that have been read again since
                    self._searches.popitem(last=False)
        try:
            return await ranked.run(target, query, statistics, request, ends)
        except (MySQLError, TargetFailed) as error:
            return search.failed(error)
        except Unsearchable as refusal:
            # Stems are in more rows than the words themselves, which may well be affordable. A list that was begun by
            # another ranking cannot go on in the server's order.
            if refusal.error_code != "QUERY_TOO_EXPENSIVE" or _pinned(search, target, request):
                raise
            told = (notices.ranked_by_server("tooExpensive"),)
            return _plain(await search.run(target, query, request, ends), IN_THE_SERVERS_ORDER, told)

    async def explain(
        self,
        search: TableSearch,
        target: MySQLTarget,
        query: IndexQuery,
        request: SearchRequest,
        keys: Sequence[tuple[Any, ...]],
        ends: float,
    ) -> Mapping[tuple[Any, ...], Arithmetic]:
        """Give by key how rows come to their scores, if their list was ranked here.

        Args:
            search: Of the table.
            target: The database.
            query: With something to find.
            request: Its `pins` have the statistics.
            keys: Of the rows.
            ends: `time.monotonic()` of the deadline.

        Raises:
            TargetFailed, MySQLError: as the target does.
        """
        drawn = self._drawn(search, target, request)
        return {} if drawn is None else await drawn[0].explain(target, query, drawn[1], keys, ends)

    def drawing(
        self, search: TableSearch, target: MySQLTarget, query: IndexQuery, request: SearchRequest
    ) -> Drawing | None:
        """Say how candidates of a list were drawn, if it was ranked here."""
        drawn = self._drawn(search, target, request)
        return None if drawn is None else drawn[0].drawing(query, drawn[1])

    def _drawn(
        self, search: TableSearch, target: MySQLTarget, request: SearchRequest
    ) -> tuple[RankedSearch, Excerpt] | None:
        pinned = _pinned(search, target, request)
        return (RankedSearch(search), Excerpt.read(pinned)) if pinned and self.wanted(request) else None

    def _statistics(
        self, place: Place, search: TableSearch, target: MySQLTarget, query: IndexQuery, request: SearchRequest
    ) -> Excerpt | None:
        pinned = _pinned(search, target, request)
        if pinned == IN_THE_SERVERS_ORDER:
            return None
        if pinned is not None:
            return Excerpt.read(pinned)
        current = self._sampler.current(place, unrecorded(target), search.plan)
        key, now = (place, query.text), self._clock()
        if current is None:
            self._begun[key] = now
            self._begun.move_to_end(key)
            if len(self._begun) > _BEGUN:
                self._begun.popitem(last=False)
        elif not request.offset:
            self._begun.pop(key, None)  # begun again, and this time by the sample
        elif now - self._begun.get(key, -HOLD_SECONDS) < HOLD_SECONDS:
            return None  # its first page was in the server's order
        return None if current is None else Excerpt.of(current)


def _pinned(search: TableSearch, target: MySQLTarget, request: SearchRequest) -> Any:
    return request.pins.get(f"{target.id}:{search.plan.table.name}")


def _place(target: MySQLTarget, search: TableSearch) -> Place:
    database: Any = getattr(target, "database", None)
    plan = search.plan
    version = database.version if database is not None else 0
    return Place(target.id, version, plan.table.name, plan.index.name, plan.index.columns)


def _plain(hits: TableHits, pin: int | None, told: tuple[Notice, ...]) -> TableHits:
    return attrs.evolve(hits, pin=pin, notices=(*hits.notices, *told))
