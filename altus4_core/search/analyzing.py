"""How databases would run a query, and what that says: `POST /api/v1/search/analyze`."""

import asyncio
import time
from collections.abc import Mapping, Sequence
from typing import Any

import attrs

from altus4_core.dispatch import Dispatch
from altus4_core.errors import ProviderFault, TargetFailed, Unsearchable, ValidationFailed
from altus4_core.explanations import TableAnalysis
from altus4_core.records import DatabaseOutcome, DatabaseStatus, Identity, Notice, SearchRequest
from altus4_core.seams import AnalyzingMode
from altus4_core.search.hints import Hint, hints
from altus4_core.search.pipeline import Question, SearchPipeline
from altus4_core.search.results import check_analyses
from altus4_core.search.targets import OpenTargets
from altus4_core.stored import Database

SLOW_SECONDS = 0.1
"""Predicted work of a server from which a query is called slow."""

COMMON = 0.2
"""Share of a table's rows from which a word is called common."""


@attrs.frozen
class _Part:
    database: Database
    analyses: Sequence[TableAnalysis]
    error: Notice | None


class Analyzing:
    """Analyzes queries."""

    def __init__(self, pipeline: SearchPipeline, targets: OpenTargets, dispatch: Dispatch) -> None:
        self._pipeline = pipeline
        self._targets = targets
        self._dispatch = dispatch

    async def analyze(self, identity: Identity, request: SearchRequest) -> dict[str, Any]:
        """Give the contract's `data`.

        Raises:
            ValidationFailed: unknown mode, or one that does not analyze.
            NotFound: an id that this identity may not see.
            Unsearchable: the query makes no sense.
        """
        question = await self._pipeline.question(identity, request)
        if not isinstance(question.mode.provider, AnalyzingMode):
            message = f"mode {question.mode.name!r} does not analyze queries"
            raise ValidationFailed(message, code="VALIDATION_ERROR")
        ends = time.perf_counter() + request.timeout_ms / 1000
        parts = await asyncio.gather(*[self._one(question, database, ends) for database in question.databases])
        optimization = _optimization(parts)
        return {
            "query": request.query,
            "recommendations": list(dict.fromkeys(str(hint["description"]) for hint in optimization)),
            "performance": {part.database.id: _part_json(part) for part in parts},
            "optimization": optimization,
        }

    async def _one(self, question: Question, database: Database, ends: float) -> _Part:
        mode = question.mode
        if database.kind not in mode.provider.kinds:
            message = f"Mode {mode.name!r} cannot search a database of kind {database.kind!r}."
            return _Part(database, (), Notice("UNSUPPORTED_KIND", message))
        try:
            async with asyncio.timeout(max(ends - time.perf_counter(), 0.001)):
                target = await self._targets.get(database)
            left = max(ends - time.perf_counter(), 0.001)
            analyses: Sequence[TableAnalysis] = await self._dispatch.call(
                mode,
                mode.provider.analyze,
                attrs.evolve(question.request, timeout_ms=max(int(left * 1000), 1)),
                target,
                deadline=left,
                check=check_analyses,
                passes=(TargetFailed, Unsearchable, ValidationFailed),
            )
        except TimeoutError:
            return _Part(database, (), _late())
        except TargetFailed as failure:
            return _Part(database, (), Notice(failure.error_code, failure.message))
        except Unsearchable as refusal:
            if refusal.error_code != "NO_FULLTEXT_INDEX":
                raise
            return _Part(database, (), Notice(refusal.error_code, refusal.message, {"details": refusal.details}))
        except ProviderFault as fault:
            notice = Notice("MODE_FAULT", "The search mode failed here.")
            return _Part(database, (), _late() if fault.kind == "timeout" else notice)
        return _Part(database, analyses, None)


def _late() -> Notice:
    return Notice("TIMEOUT", "The database did not answer in time.")


def _optimization(parts: Sequence[_Part]) -> list[Hint]:
    found: list[Hint] = []
    for part in parts:
        notices = [part.error] if part.error else []
        notices += [notice for analysis in part.analyses for notice in analysis.notices]
        outcome = DatabaseOutcome(part.database.id, part.database.name, DatabaseStatus.OK)
        found += hints([outcome], notices)
        for analysis in part.analyses:
            found += _of_words(part.database, analysis)
    return list({repr(sorted(hint.items())): hint for hint in found}.values())


def _of_words(database: Database, analysis: TableAnalysis) -> list[Hint]:
    place = f"table '{analysis.table}' of database '{database.name}'"
    found: list[Hint] = []
    common = [term for term, count in analysis.terms.items() if analysis.rows and count > COMMON * analysis.rows]
    if common:
        shown = ", ".join(f"'{term[:60]}'" for term in common)
        message = f"In {place} more than {COMMON:.0%} of the rows have {shown}: it tells little and costs much."
        found.append({"type": "query", "description": message, "impact": "medium"})
    if analysis.seconds >= SLOW_SECONDS:
        message = f"In {place} the search needs about {analysis.seconds:.2g} s of the server; ask for rarer words."
        found.append({"type": "query", "description": message, "impact": "high"})
    return found


def _part_json(part: _Part) -> Mapping[str, Any]:
    data: dict[str, Any] = {
        "name": part.database.name,
        "estimatedSeconds": round(sum(analysis.seconds for analysis in part.analyses), 4),
        "tables": [
            {
                "name": analysis.table,
                "index": analysis.index,
                "statement": analysis.statement,
                "plan": list(analysis.plan),
                "terms": [{"term": term, "rows": count} for term, count in analysis.terms.items()],
                "rows": analysis.rows,
                "estimatedSeconds": analysis.seconds,
                "dropped": list(analysis.dropped),
                "warnings": [
                    {"code": notice.code, "message": notice.message, **notice.details} for notice in analysis.notices
                ],
            }
            for analysis in part.analyses
        ],
    }
    if part.error is not None:
        data["error"] = {"code": part.error.code, "message": part.error.message, **part.error.details}
    return data
