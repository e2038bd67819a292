"""Why the results of a page stand where they stand: what the mode knows of each, and the arithmetic of the fusion."""

import asyncio
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import attrs

from altus4_core.dispatch import Dispatch
from altus4_core.errors import ProviderFault, TargetFailed, Unsearchable, ValidationFailed
from altus4_core.explanations import SourceExplanation
from altus4_core.orders import is_by_relevance
from altus4_core.records import DatabaseOutcome, FusedHit, Notice, TableHits
from altus4_core.seams import ExplainingMode
from altus4_core.search.merging import Merging
from altus4_core.search.ordering import sorted_json
from altus4_core.search.results import check_explanations
from altus4_core.search.targets import OpenTargets
from altus4_core.stored import Database

if TYPE_CHECKING:
    from altus4_core.search.pipeline import Question

Explanations = dict[str, Mapping[str, Any]]
_SHORTEST = 0.001  # seconds


class Explaining:
    """Explains hits."""

    def __init__(self, targets: OpenTargets, dispatch: Dispatch, merging: Merging) -> None:
        self._targets = targets
        self._dispatch = dispatch
        self._merging = merging

    async def explain(
        self, question: "Question", hits: Sequence[FusedHit], outcomes: Sequence[DatabaseOutcome], seconds: float
    ) -> tuple[Explanations, list[Notice]]:
        """Explain each hit by its id; what cannot be explained in time is a warning, not a failure."""
        places = _places(outcomes)
        notices: list[Notice] = []
        proofs: dict[str, Mapping[str, Mapping[tuple[Any, ...], SourceExplanation]]] = {}
        if isinstance(question.mode.provider, ExplainingMode):
            concerned = {hit.database_id for hit in hits}
            databases = [database for database in question.databases if database.id in concerned]
            proving = [self._prove(question, database, hits, outcomes, seconds) for database in databases]
            for database, (found, notice) in zip(databases, await asyncio.gather(*proving), strict=True):
                proofs[database.id] = found
                notices += [notice] if notice else []
        else:
            message = f"Mode {question.mode.name!r} does not explain its scores; only the fusion is shown."
            notices.append(Notice("EXPLAIN_UNSUPPORTED", message))
        explanations: Explanations = {}
        if is_by_relevance(question.request.sort):
            fused = self._merging.explain(question.fusion, question.request.fusion, hits, outcomes)
        else:
            fused = [sorted_json(hit) for hit in hits]
        for hit, arithmetic in zip(hits, fused, strict=True):
            proof = proofs.get(hit.database_id, {}).get(hit.table, {}).get(hit.hit.key)
            table, rank = places.get((hit.database_id, hit.table, hit.hit.key), (None, hit.rank))
            index = table.index if table is not None else ""
            unproven = {"index": index, "terms": [], "dropped": []}  # what the list has may not be the server's score
            source = source_json(proof) if proof is not None else unproven
            if table is not None and table.statements:
                source = {**source, "statement": table.statements[0], "statements": list(table.statements)}
            explanations[hit.id] = {
                "source": {**source, "rank": rank, "listScore": hit.hit.score},
                "fusion": arithmetic,
            }
        return explanations, notices

    async def _prove(
        self,
        question: "Question",
        database: Database,
        hits: Sequence[FusedHit],
        outcomes: Sequence[DatabaseOutcome],
        seconds: float,
    ) -> tuple[Mapping[str, Mapping[tuple[Any, ...], SourceExplanation]], Notice | None]:
        rows: dict[str, list[tuple[Any, ...]]] = {}
        for hit in hits:
            if hit.database_id == database.id:
                rows.setdefault(hit.table, []).append(hit.hit.key)
        target = self._targets.held(database)
        mode, left, late = question.mode, max(seconds, _SHORTEST), True
        if target is not None and seconds > 0:
            request = attrs.evolve(question.request, timeout_ms=max(int(left * 1000), 1), pins=pins_of(outcomes))
            try:
                found: Mapping[str, Mapping[tuple[Any, ...], SourceExplanation]] = await self._dispatch.call(
                    mode,
                    mode.provider.explain,
                    request,
                    target,
                    rows,
                    deadline=left,
                    check=check_explanations,
                    passes=(TargetFailed, Unsearchable, ValidationFailed),
                )
            except (ProviderFault, TargetFailed, Unsearchable, ValidationFailed) as failure:
                late = isinstance(failure, ProviderFault) and failure.kind == "timeout"
            else:
                return found, None
        message = f"The scores of database '{database.name}' could not be explained{' in time' if late else ''}."
        return {}, Notice("EXPLAIN_INCOMPLETE", message, {"database": database.id})


def source_json(proof: SourceExplanation) -> dict[str, Any]:
    """Write what a mode knows of a row."""
    return {
        "index": proof.index,
        "rawScore": proof.raw_score,
        "terms": [
            {
                name: value
                for name, value in (
                    ("term", term.term), ("tf", term.tf), ("df", term.df), ("n", term.n), ("score", term.score)
                )
                if value is not None
            }
            for term in proof.terms
        ],
        "dropped": list(proof.dropped),
        **({"agrees": proof.agrees} if proof.agrees is not None else {}),
        **({"signs": proof.signs} if proof.signs else {}),
        **({"ranking": proof.ranking} if proof.ranking is not None else {}),
        **({"beside": [source_json(each) for each in proof.beside]} if proof.beside else {}),
    }  # fmt: skip


def _places(
    outcomes: Sequence[DatabaseOutcome],
) -> dict[tuple[str, str, tuple[Any, ...]], tuple[TableHits, int]]:
    return {
        (outcome.id, table.table, hit.key): (table, rank)
        for outcome in outcomes
        for table in outcome.tables
        for rank, hit in enumerate(table.hits, 1)
    }


def pins_of(outcomes: Sequence[DatabaseOutcome]) -> dict[str, Any]:
    """Give what the lists were ranked with, as `SearchRequest.pins` has it."""
    return {
        f"{outcome.id}:{table.table}": table.pin
        for outcome in outcomes
        for table in outcome.tables
        if table.pin is not None
    }
