"""Searching one table with a ranking of our own: candidates from the server, in windows, each put in order by BM25.

The server's list of candidates is cut into windows of 200 rows; each is ranked by itself and they follow one another,
so that no row's place depends on the page that was asked for.
"""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any

import attrs
from altus4_mysql import MySQLTarget, Row

from altus4_core.records import Notice, SearchRequest, TableHits, TermEvidence
from altus4_search_fulltext.keys import texts_of
from altus4_search_fulltext.matching import Matcher
from altus4_search_fulltext.planner import TablePlan
from altus4_search_fulltext.query import IndexQuery
from altus4_search_fulltext.ranking.arithmetic import Arithmetic, arithmetic
from altus4_search_fulltext.ranking.bm25 import BM25
from altus4_search_fulltext.ranking.drawing import Drawing, as_asked, draw
from altus4_search_fulltext.ranking.excerpt import Excerpt
from altus4_search_fulltext.ranking.stems import Stem, unchanged
from altus4_search_fulltext.statements import Mode
from altus4_search_fulltext.tablesearch import Relation, TableSearch
from altus4_search_fulltext.tokens import TokenRules

WINDOW = 200


@attrs.frozen
class _Ranked:
    """A candidate in its place.

    Attributes:
        row: As the server sent it.
        score: For the list: never above that of the row before.
        weights: Of the terms that it has.
        texts: Of the index's columns, as far as they were read.
        certain: Whether that is all, and folded as the server does.
    """

    row: Row
    score: float
    weights: Mapping[str, float]
    texts: Sequence[str]
    certain: bool


@attrs.frozen
class _Windows:
    """The list as far as it was needed; `whole` when the server has no more candidates."""

    ranked: Sequence[_Ranked]
    lengths: Sequence[int]
    whole: bool


class RankedSearch:
    """What does not change between searches of a table.

    Args:
        search: Searches the table in the server's order.
    """

    def __init__(self, search: TableSearch) -> None:
        self._search = search
        plan = self._plan = search.plan
        # MyISAM draws natural queries by its own natural mode: its boolean mode hardly ranks.
        self._as_asked = search.mode == "boolean"
        mode: Mode = "boolean" if plan.rules.innodb else search.mode
        self._form = search.form(search.length(WINDOW), mode)
        self._most_windows = max(search.most_rows(self._form.selection.longest) // WINDOW, 1)  # in one statement
        places = {column.name: place for place, column in enumerate(plan.read)}
        self._places = tuple(places[name] for name in plan.index.columns if name in places)

    async def run(
        self,
        target: MySQLTarget,
        query: IndexQuery,
        statistics: Excerpt,
        request: SearchRequest,
        ends: float,
    ) -> TableHits:
        """Search.

        Args:
            target: The database.
            query: With something to find.
            statistics: To rank with.
            request: For the depth, and whether to count.
            ends: `time.monotonic()` of the deadline.

        Raises:
            Unsearchable: it would cost too much.
            TargetFailed, MySQLError: as the target does.
        """
        plan = self._plan
        depth = request.depth_of(target.id, plan.table.name)
        drawing = self.drawing(query, statistics)
        windows = await self._windows(target, drawing, query, statistics, depth, ends)
        ranked = windows.ranked
        # A fusion that compares rows of different tables puts whole windows in a new order.
        shown = ranked if request.fusion.method == "globalIdf" else ranked[: depth + 1]
        matcher = Matcher(drawing.needles, plan.rules, drawing.query.meaning)
        rows = [(*each.row[:-1], each.score) for each in shown]
        reading = self._form.reader.read(rows, matcher, marking=request.highlight is not None)
        hits = reading.hits
        if reading.cuts:
            found = attrs.evolve(drawing.query, needles=drawing.needles)
            hits = await self._search.look_beyond(target, reading, found, matcher, self._form, ends)
        total, relation, uncounted = await self._total(target, drawing, query, windows, request, ends)
        return TableHits(
            plan.table.name,
            plan.index.name,
            hits,
            total,
            relation,
            windows.whole and len(ranked) <= max(depth, len(shown)),
            (*plan.notices, *query.notices, *reading.notices, *uncounted),
            statistics.pin(),
            _evidence(drawing, statistics, shown, windows.lengths),
            self._search.misfits,
        )

    async def explain(
        self,
        target: MySQLTarget,
        query: IndexQuery,
        statistics: Excerpt,
        keys: Sequence[tuple[Any, ...]],
        ends: float,
    ) -> Mapping[tuple[Any, ...], Arithmetic]:
        """Give by key how rows of a list come to their scores; rows that are gone are missing.

        Args:
            target: The database.
            query: With something to find.
            statistics: With which the list was ranked.
            keys: Of the rows, as `Hit.key` has them.
            ends: `time.monotonic()` of the deadline.

        Raises:
            TargetFailed, MySQLError: as the target does.
        """
        plan, longest = self._plan, self._form.selection.longest
        drawing = self.drawing(query, statistics)
        found: dict[tuple[Any, ...], Arithmetic] = {}
        for key, texts in await texts_of(target, plan, keys, longest, ends):
            found[key] = arithmetic(plan, drawing, statistics, texts)
        return found

    def drawing(self, query: IndexQuery, statistics: Excerpt) -> Drawing:
        """Say how candidates for a query are drawn."""
        if self._as_asked:
            return as_asked(query)
        drawing = draw(query, self._plan.rules, statistics, _stemmer(self._plan, statistics))
        return drawing if self._plan.rules.innodb else attrs.evolve(drawing, query=query)

    async def _windows(
        self,
        target: MySQLTarget,
        drawing: Drawing,
        query: IndexQuery,
        statistics: Excerpt,
        depth: int,
        ends: float,
    ) -> _Windows:
        """Rank windows until one row more than asked for is there, which tells whether the list goes on."""
        rank = _Ranker(drawing, query, statistics, self._plan.rules, self._places, self._form.selection.longest)
        source = self._search.source(self._form, target, drawing.query, ends)
        ranked: list[_Ranked] = []
        lengths: list[int] = []
        read, whole = 0, False
        while not whole and len(ranked) <= depth:
            windows = min(-(-(depth + 1 - len(ranked)) // WINDOW), self._most_windows)
            batch = await source.rows(WINDOW * windows + 1, read)
            rows = batch.rows[: WINDOW * windows]
            whole = len(batch.rows) == len(rows)
            if not read:
                self._search.learn(drawing.query, batch.seconds, len(rows) if whole else None)
            for start in range(0, len(rows), WINDOW):
                if start:
                    await asyncio.sleep(0)  # a window takes some milliseconds
                window = rank.window(rows[start : start + WINDOW], len(lengths))
                ranked += window
                lengths.append(len(window))
            read += WINDOW * windows
        return _Windows(ranked, lengths, whole)

    async def _total(
        self,
        target: MySQLTarget,
        drawing: Drawing,
        query: IndexQuery,
        windows: _Windows,
        request: SearchRequest,
        ends: float,
    ) -> tuple[int | None, Relation, Sequence[Notice]]:
        """Count the rows that natural mode finds; where stems find more, the list is longer than that."""
        listed = len(windows.ranked)
        if windows.whole:
            if not drawing.widened:
                return listed, "eq", ()
            if all(each.certain for each in windows.ranked):
                natural = Matcher(query.needles, self._plan.rules)
                total = sum(_has(natural, each.texts) for each in windows.ranked)
                return total, "eq" if total == listed else "gte", ()
        if request.totals == "none":
            return None, "unknown", ()
        if not drawing.widened:
            return await self._search.total(target, query, request, listed, ends)
        counted, relation, uncounted = await self._search.total(target, query, request, 0, ends)
        if relation == "eq" and not (windows.whole and counted == listed):
            relation = "gte"
        return counted, relation, uncounted


class _Ranker:
    """Puts windows of candidates in order, for one query."""

    def __init__(
        self,
        drawing: Drawing,
        query: IndexQuery,
        statistics: Excerpt,
        rules: TokenRules,
        places: Sequence[int],
        longest: int,
    ) -> None:
        self._fold = rules.folding.fold
        self._bm25 = BM25(drawing.terms, statistics, rules.words)
        self._places = places
        self._longest = longest
        self._widened = drawing.widened
        # The words of a phrase may stand apart; then it is not what matched.
        has_phrase = any(len(needle.words) > 1 for needle in query.needles)
        self._any = Matcher(drawing.needles, rules) if has_phrase else None

    def window(self, rows: Sequence[Row], number: int) -> list[_Ranked]:
        """Rank one window; the rows of later ones have scores below 0, so that scores fall through the whole list."""
        ranked = [one for row in rows if (one := self._scored(row)) is not None]
        ranked.sort(key=lambda one: -one.score)  # stable: equal ones keep the server's order
        if number:
            return [attrs.evolve(one, score=round(one.score / (1 + one.score) - number, 6)) for one in ranked]
        return ranked

    def _scored(self, row: Row) -> _Ranked | None:
        longest = self._longest
        texts: list[str] = []
        certain = True  # that what the server compared is what is here
        for place in self._places:
            text = row[place]
            if text and isinstance(text, str):
                if len(text) > longest:
                    text, certain = text[:longest], False
                texts.append(text)
        score, weights = self._bm25.score(self._fold(" ".join(texts)), sum(map(len, texts)))
        certain = certain and all(map(str.isascii, texts))
        if self._widened and certain and (not weights or (self._any is not None and not _has(self._any, texts))):
            return None  # drawn for a word that only begins like a stem
        return _Ranked(row, round(score, 6), weights, texts, certain)


def _has(matcher: Matcher, texts: Sequence[str]) -> bool:
    return any(matcher.position(text) >= 0 for text in texts)


def _evidence(drawing: Drawing, statistics: Excerpt, shown: Sequence[_Ranked], lengths: Sequence[int]) -> TermEvidence:
    scale = statistics.rows / statistics.sampled if statistics.sampled else 0.0
    windows: list[int] = []
    left = len(shown)
    for length in lengths:
        windows.append(min(length, left))
        left -= windows[-1]
    return TermEvidence(
        float(statistics.rows),
        {term.name: statistics.frequency(term) * scale for term in drawing.terms},
        [each.weights for each in shown],
        windows,
    )


def _stemmer(plan: TablePlan, statistics: Excerpt) -> Stem:
    """Give the stemmer; MyISAM draws words alone, so that other forms are not found there."""
    return statistics.stem if plan.rules.innodb else unchanged


def supported(plan: TablePlan) -> bool:
    """Say whether an index cuts texts into words as this package does: the built-in parser's do."""
    return plan.index.parser is None
