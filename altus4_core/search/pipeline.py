"""One search from a validated request to an answer: resolve, fan out, fuse, page, categorize, report."""

import time
from collections.abc import Mapping, Sequence
from typing import Any

import attrs

from altus4_core.clock import Clock
from altus4_core.composing.composition import Composition, Entry
from altus4_core.deadlines import Scope
from altus4_core.dispatch import Dispatch
from altus4_core.errors import Altus4Error, FieldProblem, ValidationFailed
from altus4_core.events import EventBus
from altus4_core.orders import is_by_relevance
from altus4_core.records import (
    Category,
    DatabaseOutcome,
    DatabaseStatus,
    FusedHit,
    Identity,
    Notice,
    SearchRequest,
    Suggestion,
    SuggestRequest,
)
from altus4_core.search.answer import SearchAnswer, total_of, trimmed
from altus4_core.search.cursors import MOST_DEEP, Cursors, cursor_key
from altus4_core.search.directory import DatabaseDirectory
from altus4_core.search.enrichment import Enrichment
from altus4_core.search.explaining import Explaining, Explanations
from altus4_core.search.faceting import faceted, unsupported
from altus4_core.search.failing import FailedSearch, logged_code
from altus4_core.search.fanout import FanOut
from altus4_core.search.fingerprint import fingerprint
from altus4_core.search.fitting import refuse_misfits
from altus4_core.search.flights import Flights
from altus4_core.search.highlighting import Highlighting
from altus4_core.search.hints import connect_hint, hints, nothing_found
from altus4_core.search.judging import judge
from altus4_core.search.merging import Merging
from altus4_core.search.ordering import in_order, unlike
from altus4_core.search.paging import cut, next_position
from altus4_core.search.reporting import Failure, Reporter
from altus4_core.search.targets import OpenTargets
from altus4_core.search.thresholds import above
from altus4_core.settings.core import CoreSettings
from altus4_core.stored import Database

_NOTICEABLE = 0.02  # seconds
FEW_RESULTS = 3
"""With fewer results than these a search asks the suggesters, too."""


@attrs.frozen
class Question:
    """A request with everything that is known before a database is asked.

    `mark` stands for the request as it was asked; `request` begins where its cursor says.
    """

    identity: Identity
    mode: Entry
    fusion: Entry
    databases: Sequence[Database]
    request: SearchRequest
    mark: bytes


class SearchPipeline:
    """Runs searches."""

    def __init__(
        self,
        composition: Composition,
        dispatch: Dispatch,
        directory: DatabaseDirectory,
        targets: OpenTargets,
        events: EventBus,
        core: CoreSettings,
        clock: Clock,
    ) -> None:
        self._modes = {entry.name: entry for entry in composition.of("search-mode")}
        self._merging = Merging(composition, dispatch, core.search.fusion)
        self._directory = directory
        self._fan_out = FanOut(targets, dispatch)
        secret = core.security.session_secret.reveal().encode()
        self._reporter = Reporter(events, clock, core.events.query_text, secret)
        self._cursors = Cursors(cursor_key(core.security), clock, core.search.cursor_ttl)
        self._flights = Flights[SearchAnswer](clock, core.search.cache_ttl, core.search.cache_entries)
        self._highlighting = Highlighting(dispatch)
        self._explaining = Explaining(targets, dispatch, self._merging)
        self._enrichment = Enrichment(
            composition,
            dispatch,
            category_budget=core.search.category_budget_ms / 1000,
            suggester_budget=core.deadlines.suggester,
        )

    @property
    def modes(self) -> Mapping[str, Entry]:
        """Give the registered modes by name."""
        return self._modes

    @property
    def default_fusion(self) -> str:
        """Give the name of the fusion for requests that name none."""
        return self._merging.default

    def mode_names(self) -> list[str]:
        """List the registered modes."""
        return list(self._modes)

    async def run(
        self, identity: Identity, request: SearchRequest, request_id: str, scope: Scope | None = None
    ) -> SearchAnswer:
        """Search, and leave one event, whether it succeeds or fails.

        Args:
            identity: Who searches.
            request: What for.
            request_id: Names the search in the log.
            scope: The deadline of whoever asks: a search that it interrupts has failed, and was not abandoned.

        Raises:
            ValidationFailed: unknown mode or fusion, a cursor of another search, or the mode refuses a value.
            NotFound: an id that this identity may not see.
            Unsearchable: the query cannot be run, or no searched table has a FULLTEXT index.
            BadGateway, DeadlineExceeded: no database answered.
        """
        started = time.perf_counter()
        question: Question | None = None
        try:
            question = known = await self.question(identity, request)
            if request.cache == "bypass":
                answer = await self._answer(known, started)
            else:
                # Whose it is, what they may see, which databases in which version, and what is asked for.
                rows = tuple([(database.id, database.version) for database in known.databases])
                key = (identity.user_id, identity.credential_id, identity.databases, identity.environment, rows,
                       known.mark, request.explain, request.cursor)  # fmt: skip
                answer = await self._flights.run(key, lambda: self._answer(known, started), _worth_keeping)
        except BaseException as end:
            failed = end if isinstance(end, FailedSearch) else FailedSearch(end)
            code = logged_code(failed.error, scope, begun=question is not None)
            if code is not None:
                took = (time.perf_counter() - started) * 1000
                meant, databases = (request, ()) if question is None else (question.request, question.databases)
                failure = Failure(meant, [database.id for database in databases], failed.outcomes, code)
                self._reporter.report_failure(identity, failure, request_id, took)
            if failed is end:
                raise failed.error from failed.error.__cause__
            raise
        took = (time.perf_counter() - started) * 1000
        self._reporter.report(identity, answer, request_id, took)
        return answer

    async def question(self, identity: Identity, request: SearchRequest) -> Question:
        """Resolve what a request names."""
        mode = self.mode(request.mode)
        fusion = self._merging.chosen(request.fusion)
        databases = await self._directory.resolve(identity, request.databases)
        if request.fusion.weights:
            await self._check_weights(identity, request, databases)
        mark = fingerprint(request)
        if request.fusion.method is None:  # modes give more to fusions that compare rows of different tables
            request = attrs.evolve(request, fusion=attrs.evolve(request.fusion, method=fusion.name))
        if request.cursor is not None:
            position = self._cursors.read(request.cursor, identity, mark)
            request = attrs.evolve(request, offset=position.rows, consumed=position.consumed, pins=position.pins)
        return Question(identity, mode, fusion, databases, request, mark)

    async def outcomes(self, question: Question) -> Sequence[DatabaseOutcome]:
        """Ask the databases."""
        if not question.databases:
            return []
        return await self._fan_out.run(question.mode, question.request, question.databases)

    def fuse(self, question: Question, outcomes: Sequence[DatabaseOutcome]) -> Sequence[FusedHit]:
        """Merge what the databases gave, in the order that the request wants."""
        if not is_by_relevance(question.request.sort):
            return in_order(outcomes, question.request.sort)
        return self._merging.fuse(question.fusion, question.request.fusion, outcomes)

    def _judged(self, question: Question, outcomes: Sequence[DatabaseOutcome]) -> Sequence[FusedHit]:
        """Merge what the databases gave, unless the search has failed."""
        try:
            judge(question.request, outcomes)
            refuse_misfits(outcomes)
            return self.fuse(question, outcomes)
        except Altus4Error as error:
            raise FailedSearch(error, outcomes) from error

    async def _answer(self, question: Question, started: float) -> SearchAnswer:
        request = question.request
        ends = started + request.timeout_ms / 1000
        spent = time.perf_counter() - started
        if spent > _NOTICEABLE:  # waiting for the store, or for the same search of somebody who left
            request = attrs.evolve(request, timeout_ms=max(int(request.timeout_ms - spent * 1000), 1))
            question = attrs.evolve(question, request=request)
        outcomes = await self.outcomes(question)
        fused = self._judged(question, outcomes)
        total, relation = total_of(outcomes, len(fused))
        if request.min_score and is_by_relevance(request.sort):
            fused, (total, relation) = above(fused, request.min_score, outcomes)
        page = cut(fused, request)
        more = page.more or total > page.before + len(page.hits)
        notices = [notice for outcome in outcomes for notice in _notices_of(outcome)]
        notices += unlike(outcomes, request.sort)
        facets: Sequence[Mapping[str, Any]] = ()
        if request.facets:
            facets = faceted(request, outcomes)
            notices += unsupported(request, outcomes)
        categories: Sequence[Category] = ()
        if request.categories and page.hits and self._enrichment.categorizes:
            categories, complaints = await self._enrichment.categorize(request, fused, ends - time.perf_counter())
            notices += complaints
        suggestions: Sequence[Suggestion] = ()
        if self._enrichment.suggests and _wants_suggestions(request, len(fused)):
            meant = tuple(database.id for database in question.databases)
            asked = SuggestRequest(question.identity, request.query, meant, request.tables, mode=request.mode)
            suggestions, complaints = await self._enrichment.suggest(asked, ends - time.perf_counter())
            notices += complaints
        explanations: Explanations = {}
        if request.explain and page.hits:
            left = ends - time.perf_counter()
            explanations, complaints = await self._explaining.explain(question, page.hits, outcomes, left)
            notices += complaints
        shown = page.hits
        if request.highlight is not None:
            shown, complaints = await self._highlighting.mark(question.mode, request.highlight, page.hits)
            notices += complaints
        cursor = None
        if more:
            position = next_position(fused, page, request, outcomes)
            if position is not None:
                cursor = self._cursors.write(question.identity, question.mark, position)
            elif page.hits:
                notices.append(_depth_reached())
        if not fused and outcomes:
            notices.append(nothing_found(request, outcomes, notices))
        counted = request.totals != "none"
        return SearchAnswer(
            request=request,
            hits=shown,
            outcomes=outcomes,
            total=total if counted else None,
            relation=relation if counted else "unknown",
            has_more=more,
            execution_ms=(time.perf_counter() - started) * 1000,
            categories=categories,
            suggestions=suggestions,
            hints=hints(outcomes, notices) if question.databases else [connect_hint()],
            notices=notices,
            next_cursor=cursor,
            found=total,
            explanations=explanations,
            facets=facets,
        )

    async def suggest(self, request: SuggestRequest) -> Sequence[Suggestion]:
        """Propose queries; a suggester that fails is left out.

        Raises:
            NotFound: an id that this identity may not see.
        """
        databases = await self._directory.resolve(request.identity, request.databases)
        meant = attrs.evolve(request, databases=tuple(database.id for database in databases))
        suggestions, _ = await self._enrichment.suggest(meant)
        return suggestions

    def mode(self, name: str) -> Entry:
        """Give a mode.

        Raises:
            ValidationFailed: there is none of this name.
        """
        entry = self._modes.get(name)
        if entry is None:
            known = ", ".join(self._modes) or "none"
            raise ValidationFailed.of(
                [FieldProblem("searchMode", f"unknown mode {name!r}; available: {known}", "unknown_mode")]
            )
        return entry

    async def _check_weights(self, identity: Identity, request: SearchRequest, databases: Sequence[Database]) -> None:
        """Refuse weights of databases that this search does not ask; unknown and foreign ids are the same 404."""
        weighed = await self._directory.resolve(identity, list(request.fusion.weights))
        asked = {database.id for database in databases}
        problems = [
            FieldProblem(f"fusion.weights.{database.id}", "is not among the databases of this search", "not_searched")
            for database in weighed
            if database.id not in asked
        ]
        if problems:
            raise ValidationFailed.of(problems)


def _wants_suggestions(request: SearchRequest, found: int) -> bool:
    if request.suggestions == "auto":
        return found < FEW_RESULTS and not request.offset
    return request.suggestions == "always"


def _worth_keeping(answer: SearchAnswer) -> SearchAnswer | None:
    return trimmed(answer) if answer.complete else None


def _depth_reached() -> Notice:
    message = f"Cursors reach {MOST_DEEP:,} results; narrow the search to see others."
    return Notice("DEPTH_REACHED", message, {"most": MOST_DEEP})


def _notices_of(outcome: DatabaseOutcome) -> list[Notice]:
    found = list(outcome.notices)
    if outcome.status is DatabaseStatus.SKIPPED and outcome.error is not None:
        found.append(outcome.error)
    for table in outcome.tables:
        found += [
            Notice(notice.code, notice.message, {"database": outcome.id, "table": table.table, **notice.details})
            for notice in table.notices
        ]
    return found
