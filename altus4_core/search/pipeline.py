"""One search from a validated request to an answer: resolve, fan out, fuse, page, categorize, report."""

import time
from collections.abc import Mapping, Sequence
from typing import Any

from altus4_core.clock import Clock
from altus4_core.composing.composition import Composition, Entry
from altus4_core.dispatch import Dispatch
from altus4_core.errors import BadGateway, DeadlineExceeded, FieldProblem, ProviderFault, Unsearchable, ValidationFailed
from altus4_core.events import EventBus
from altus4_core.identifiers import ordered_id
from altus4_core.records import (
    Category,
    DatabaseOutcome,
    DatabaseStatus,
    Event,
    FusedHit,
    Identity,
    Notice,
    RankedList,
    SearchRequest,
    Suggestion,
    SuggestRequest,
)
from altus4_core.search.answer import SearchAnswer, total_of
from altus4_core.search.directory import DatabaseDirectory
from altus4_core.search.enrichment import Enrichment
from altus4_core.search.fanout import FanOut
from altus4_core.search.fusion import ReciprocalRankFusion
from altus4_core.search.results import check_fused
from altus4_core.search.targets import OpenTargets
from altus4_core.settings.core import CoreSettings

FEW_RESULTS = 3
"""With fewer results than these a search asks the suggesters, too."""

FAILED = frozenset({DatabaseStatus.TIMEOUT, DatabaseStatus.ERROR, DatabaseStatus.CIRCUIT_OPEN})


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
        self._fusion = composition.named("fusion", core.search.fusion)
        self._default_fusion = Entry("fusion", "core", "rrf", ReciprocalRankFusion())
        self._dispatch = dispatch
        self._directory = directory
        self._fan_out = FanOut(targets, dispatch)
        self._events = events
        self._clock = clock
        self._enrichment = Enrichment(
            composition,
            dispatch,
            category_budget=core.search.category_budget_ms / 1000,
            suggester_budget=core.deadlines.suggester,
        )

    def mode_names(self) -> list[str]:
        """List the registered modes."""
        return list(self._modes)

    async def run(self, identity: Identity, request: SearchRequest, request_id: str) -> SearchAnswer:
        """Search.

        Raises:
            ValidationFailed: unknown mode, or the mode refuses a value.
            NotFound: an id that this identity may not see.
            Unsearchable: the query cannot be run, or no searched table has a FULLTEXT index.
            BadGateway, DeadlineExceeded: no database answered.
        """
        started = time.perf_counter()
        mode = self._mode(request.mode)
        databases = await self._directory.resolve(identity, request.databases)
        outcomes = await self._fan_out.run(mode, request, databases) if databases else []
        self._judge(request, outcomes)
        fused = self._fuse(outcomes)
        page = fused[request.offset : request.depth]
        total, relation = total_of(outcomes, len(fused))
        has_more = len(fused) > request.depth or total > request.depth
        notices = [notice for outcome in outcomes for notice in _notices_of(outcome)]
        categories: Sequence[Category] = ()
        if request.categories and page and self._enrichment.categorizes:
            categories, complaints = await self._enrichment.categorize(request, fused)
            notices += complaints
        suggestions: Sequence[Suggestion] = ()
        if request.suggestions and len(fused) < FEW_RESULTS and not request.offset and self._enrichment.suggests:
            asked = SuggestRequest(identity, request.query, request.databases, request.tables)
            suggestions, complaints = await self._enrichment.suggest(asked)
            notices += complaints
        counted = request.totals != "none"
        answer = SearchAnswer(
            request=request,
            hits=page,
            outcomes=outcomes,
            total=total if counted else None,
            relation=relation if counted else "unknown",
            has_more=has_more,
            execution_ms=(time.perf_counter() - started) * 1000,
            categories=categories,
            suggestions=suggestions,
            hints=[] if databases else [_connect_hint()],
            notices=notices,
        )
        self._report(identity, answer, request_id, total)
        return answer

    async def suggest(self, request: SuggestRequest) -> Sequence[Suggestion]:
        """Propose queries; a suggester that fails is left out.

        Raises:
            NotFound: an id that this identity may not see.
        """
        await self._directory.resolve(request.identity, request.databases)
        suggestions, _ = await self._enrichment.suggest(request)
        return suggestions

    def _mode(self, name: str) -> Entry:
        entry = self._modes.get(name)
        if entry is None:
            known = ", ".join(self._modes) or "none"
            raise ValidationFailed.of(
                [FieldProblem("searchMode", f"unknown mode {name!r}; available: {known}", "unknown_mode")]
            )
        return entry

    def _judge(self, request: SearchRequest, outcomes: Sequence[DatabaseOutcome]) -> None:
        """Refuse when nobody could answer, or when the caller wants all or nothing."""
        if not outcomes:
            return
        failed = [outcome for outcome in outcomes if outcome.status in FAILED]
        details = [
            {"id": outcome.id, "status": outcome.status.value, "code": outcome.error.code if outcome.error else ""}
            for outcome in failed
        ]
        if failed and (len(failed) == len(outcomes) or request.partial == "fail"):
            if all(outcome.status is DatabaseStatus.TIMEOUT for outcome in failed) and len(failed) == len(outcomes):
                message = "No database answered in time."
                raise DeadlineExceeded(message, details=details)
            message = "A database failed." if len(failed) < len(outcomes) else "No database could answer."
            raise BadGateway(message, code="SEARCH_FAILED", details=details)
        skipped = [outcome.error for outcome in outcomes if outcome.status is DatabaseStatus.SKIPPED and outcome.error]
        without = [error for error in skipped if error.code == "NO_FULLTEXT_INDEX"]
        # A table without an index in its entry was skipped, not searched.
        others = [table for outcome in outcomes for table in outcome.tables]
        absent = all(notice.code == "UNKNOWN_TABLE" for table in others for notice in table.notices)
        if without and not failed and absent and not any(table.index for table in others):
            details = [item for error in without for item in _as_list(error.details.get("details"))]
            raise Unsearchable(without[0].message, code="NO_FULLTEXT_INDEX", details=details)

    def _fuse(self, outcomes: Sequence[DatabaseOutcome]) -> Sequence[FusedHit]:
        lists = [
            RankedList(outcome.id, table.table, table.hits, evidence=table.evidence)
            for outcome in outcomes
            for table in outcome.tables
            if table.hits
        ]
        if not lists:
            return ()
        entry = self._fusion or self._default_fusion
        try:
            fused = self._dispatch.run(entry, entry.provider.fuse, lists, {}, check=check_fused)
        except ProviderFault as fault:
            message = "The results could not be merged."
            raise BadGateway(message, code="FUSION_FAILED") from fault
        return list(fused)

    def _report(self, identity: Identity, answer: SearchAnswer, request_id: str, total: int) -> None:
        request = answer.request
        payload: Mapping[str, Any] = {
            "query": request.query,
            "mode": request.mode,
            "database_ids": [outcome.id for outcome in answer.outcomes],
            "result_count": total,
            "took_ms": round(answer.execution_ms),
            "params": {
                "limit": request.limit,
                "offset": request.offset,
                **({"tables": list(request.tables)} if request.tables else {}),
                **({"columns": list(request.columns)} if request.columns else {}),
                **({} if answer.complete else {"complete": False}),
            },
            "categories": [{"name": category.name, "count": category.count} for category in answer.categories] or None,
        }
        self._events.emit(
            Event(
                id=ordered_id(),
                kind="search",
                at=self._clock.now(),
                user_id=identity.user_id,
                request_id=request_id,
                payload=payload,
                credential_id=identity.credential_id,
                environment=identity.environment,
            )
        )


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


def _as_list(details: Any) -> list[Any]:
    if details is None:
        return []
    return list(details) if isinstance(details, list | tuple) else [details]


def _connect_hint() -> dict[str, str]:
    return {
        "type": "schema",
        "description": "No database is connected: connect one to have something to search.",
        "impact": "high",
    }
