"""Why a given row is not in an answer: looked for far down the list, then by its mode."""

import time
from collections.abc import Sequence
from typing import Any

import attrs

from altus4_core.dispatch import Dispatch
from altus4_core.errors import FieldProblem, ProviderFault, TargetFailed, Unsearchable, ValidationFailed
from altus4_core.explanations import Diagnosis
from altus4_core.records import DatabaseOutcome, DatabaseStatus, FusedHit, Identity, SearchRequest
from altus4_core.resultids import split_id
from altus4_core.seams import DiagnosingMode
from altus4_core.search.explaining import pins_of
from altus4_core.search.judging import FAILED
from altus4_core.search.pipeline import Question, SearchPipeline
from altus4_core.search.results import check_diagnosis
from altus4_core.search.targets import OpenTargets

DEEP = 1000
"""Rows of the merged list that are looked through."""

_SHORTEST = 0.001  # seconds


@attrs.frozen
class Row:
    """The row that somebody misses, by the parts of its result's id."""

    id: str
    database_id: str
    table: str
    key: str


class Missing:
    """Finds out about rows that are missing."""

    def __init__(self, pipeline: SearchPipeline, targets: OpenTargets, dispatch: Dispatch) -> None:
        self._pipeline = pipeline
        self._targets = targets
        self._dispatch = dispatch

    async def explain(self, identity: Identity, request: SearchRequest, result_id: str, ends: float) -> dict[str, Any]:
        """Say why a row is not on the page of a request, or that it is.

        Args:
            identity: Who asks.
            request: The search.
            result_id: Of the row.
            ends: `time.perf_counter()` of the deadline.

        Raises:
            ValidationFailed: this is no id of a result.
            NotFound: its database does not exist, or is not the caller's.
        """
        parts = split_id(result_id)
        if parts is None:
            message = "must be the id of a result: databaseId:table:primary key"
            raise ValidationFailed.of([FieldProblem("missing", message, "format")])
        row = Row(result_id, *parts)
        question = await self._pipeline.question(identity, request)
        if row.database_id not in {database.id for database in question.databases}:
            # Whether it exists at all is nobody's business but its owner's.
            await self._pipeline.question(identity, attrs.evolve(request, databases=(row.database_id,), cursor=None))
            message = "Its database is not among those that this search asks."
            return _told(row, Diagnosis("DATABASE_NOT_SEARCHED", message))
        return _told(row, await self._diagnosed(question, row, ends))

    async def _diagnosed(self, question: Question, row: Row, ends: float) -> Diagnosis:
        request = question.request
        deep = attrs.evolve(
            request, offset=0, limit=DEEP, consumed={}, totals="none", facets=(), highlight=None, explain=False
        )
        fused, outcomes, failure = await self._look(attrs.evolve(question, request=deep), row, ends)
        if failure is not None:
            return failure
        place = _place_of(row, fused)
        if place is not None:
            return _placed(request, place, fused[place - 1])
        if request.filters is not None and not isinstance(question.mode.provider, DiagnosingMode):
            unfiltered = attrs.evolve(deep, filters=None, databases=(row.database_id,), tables=(row.table,))
            databases = [database for database in question.databases if database.id == row.database_id]
            fused, _, failure = await self._look(
                attrs.evolve(question, request=unfiltered, databases=databases), row, ends
            )
            if failure is None and _place_of(row, fused) is not None:
                return Diagnosis("FILTERED_OUT", "The row matches the query, but not the filters.")
        question = attrs.evolve(question, request=attrs.evolve(request, pins=pins_of(outcomes)))
        return await self._asked(question, row, ends)

    async def _look(
        self, question: Question, row: Row, ends: float
    ) -> tuple[list[FusedHit], Sequence[DatabaseOutcome], Diagnosis | None]:
        """Search deep; give the merged list, what it was made of, and why the row's database gave none if so."""
        left = ends - time.perf_counter()
        if left <= 0:
            return [], (), _out_of_time()
        request = attrs.evolve(question.request, timeout_ms=max(int(left * 1000), 1))
        question = attrs.evolve(question, request=request)
        outcomes = await self._pipeline.outcomes(question)
        for outcome in outcomes:
            if outcome.id == row.database_id and outcome.status in FAILED:
                message = f"Its database did not answer: {outcome.error.message if outcome.error else outcome.status}"
                return [], (), Diagnosis("DATABASE_FAILED", message, {"status": outcome.status.value})
            if outcome.id == row.database_id and outcome.status is DatabaseStatus.SKIPPED and outcome.error:
                refusal = {"code": outcome.error.code}
                return [], (), Diagnosis("DATABASE_NOT_SEARCHED", outcome.error.message, refusal)
            for table in outcome.tables if outcome.id == row.database_id else ():
                if table.table == row.table and table.failure is not None:
                    message = f"Its table did not answer: {table.failure.message}"
                    return [], (), Diagnosis("DATABASE_FAILED", message, {"status": outcome.status.value})
        return list(self._pipeline.fuse(question, outcomes)), outcomes, None

    async def _asked(self, question: Question, row: Row, ends: float) -> Diagnosis:
        mode = question.mode
        target = next(
            (self._targets.held(database) for database in question.databases if database.id == row.database_id), None
        )
        left = ends - time.perf_counter()
        if left <= 0 or target is None:
            return _out_of_time()
        if not isinstance(mode.provider, DiagnosingMode):
            message = f"It is not among the first {DEEP:,} results; mode {mode.name!r} cannot tell why."
            return Diagnosis("NOT_FOUND", message)
        request = attrs.evolve(question.request, timeout_ms=max(int(left * 1000), 1))
        try:
            found: Diagnosis = await self._dispatch.call(
                mode,
                mode.provider.diagnose,
                request,
                target,
                row.table,
                row.key,
                deadline=max(left, _SHORTEST),
                check=check_diagnosis,
                passes=(TargetFailed, Unsearchable, ValidationFailed),
            )
        except TargetFailed as failure:
            return Diagnosis("DATABASE_FAILED", f"Its database did not answer: {failure.message}")
        except ProviderFault as fault:
            return _out_of_time() if fault.kind == "timeout" else Diagnosis("NOT_FOUND", "The mode cannot tell why.")
        if found.reason != "MATCHES":
            return found
        message = f"The row matches the query, but it stands below the first {DEEP:,} results."
        return Diagnosis("BELOW_DEPTH", message, {"most": DEEP, **found.details})


def _place_of(row: Row, fused: list[FusedHit]) -> int | None:
    """Give the row's place in the merged list, from 1."""
    return next((place for place, hit in enumerate(fused, 1) if hit.id == row.id), None)


def _placed(request: SearchRequest, place: int, hit: FusedHit) -> Diagnosis:
    details = {"rank": place, "relevanceScore": hit.score}
    if request.min_score is not None and hit.score < request.min_score:
        message = f"The row matches, but its score {hit.score:g} is below minScore {request.min_score:g}."
        return Diagnosis("BELOW_MIN_SCORE", message, {**details, "minScore": request.min_score})
    if place <= request.offset:
        return Diagnosis("BEFORE_PAGE", f"The row is result {place}: on a page before this one.", details)
    if place > request.depth:
        return Diagnosis("BELOW_PAGE", f"The row is result {place}: on a page after this one.", details)
    return Diagnosis("FOUND", f"The row is result {place}: on this page.", details)


def _out_of_time() -> Diagnosis:
    return Diagnosis("OUT_OF_TIME", "There was no time left to find out; ask with a larger timeoutMs.")


def _told(row: Row, diagnosis: Diagnosis) -> dict[str, Any]:
    return {
        "id": row.id,
        "database": row.database_id,
        "table": row.table,
        "reason": diagnosis.reason,
        "message": diagnosis.message,
        **diagnosis.details,
    }
