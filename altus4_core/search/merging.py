"""Which fusion merges the lists of a search, and its run."""

from collections.abc import Mapping, Sequence
from typing import Any

from altus4_core.composing.composition import Composition, Entry
from altus4_core.dispatch import Dispatch
from altus4_core.errors import BadGateway, FieldProblem, ProviderFault, ValidationFailed
from altus4_core.nearest import did_you_mean
from altus4_core.records import DatabaseOutcome, FusedHit, FusionChoice, RankedList
from altus4_core.seams import ExplainingFusion
from altus4_core.search.fusion import ReciprocalRankFusion
from altus4_core.search.results import check_arithmetic, check_fused
from altus4_core.search.scorefusion import built_in_fusions


def known_fusions(composition: Composition) -> Mapping[str, Entry]:
    """Give all fusions by the names that requests have for them; a plugin's replaces the core's of the same name."""
    own = {name: Entry("fusion", "core", name, fusion) for name, fusion in built_in_fusions().items()}
    return {**own, **{entry.name: entry for entry in composition.of("fusion")}}


class Merging:
    """Merges ranked lists.

    Args:
        composition: Has the plugins' fusions.
        dispatch: Calls them.
        default: Name of the one for requests that name none.
    """

    def __init__(self, composition: Composition, dispatch: Dispatch, default: str) -> None:
        self._fusions = known_fusions(composition)
        self._default = self._fusions.get(default) or self._fusions[ReciprocalRankFusion.name]
        self._dispatch = dispatch

    @property
    def default(self) -> str:
        """Give the name of the fusion for requests that name none."""
        return self._default.name

    def chosen(self, choice: FusionChoice) -> Entry:
        """Give the fusion of a request.

        Raises:
            ValidationFailed: there is none of this name.
        """
        if choice.method is None:
            return self._default
        entry = self._fusions.get(choice.method)
        if entry is None:
            hint = did_you_mean(choice.method, sorted(self._fusions))
            raise ValidationFailed.of([FieldProblem("fusion.method", f"is not known; {hint}", "unknown_fusion")])
        return entry

    def fuse(self, entry: Entry, choice: FusionChoice, outcomes: Sequence[DatabaseOutcome]) -> Sequence[FusedHit]:
        """Merge the lists of all tables.

        Raises:
            BadGateway: the fusion failed.
        """
        lists = _lists(choice, outcomes)
        if not lists:
            return ()
        try:
            fused = self._dispatch.run(entry, entry.provider.fuse, lists, {}, check=check_fused)
        except ProviderFault as fault:
            message = "The results could not be merged."
            raise BadGateway(message, code="FUSION_FAILED") from fault
        return fused if isinstance(fused, list) else list(fused)

    def explain(
        self, entry: Entry, choice: FusionChoice, hits: Sequence[FusedHit], outcomes: Sequence[DatabaseOutcome]
    ) -> Sequence[dict[str, Any]]:
        """Show how hits' scores came about, in their order, as far as their fusion tells."""
        told: list[dict[str, Any]] = [
            {
                "method": entry.name,
                "weight": choice.weights.get(hit.database_id, 1.0),
                "rank": hit.rank,
                "score": hit.score,
            }
            for hit in hits
        ]
        if isinstance(entry.provider, ExplainingFusion):
            lists = _lists(choice, outcomes)
            try:
                shown = self._dispatch.run(
                    entry, entry.provider.explain, hits, lists, {}, check=check_arithmetic(len(hits))
                )
            except ProviderFault:
                return told
            return [{**own, **more} for own, more in zip(told, shown, strict=True)]
        return told


def _lists(choice: FusionChoice, outcomes: Sequence[DatabaseOutcome]) -> list[RankedList]:
    weights = choice.weights
    return [
        RankedList(
            outcome.id, table.table, table.hits, weights.get(outcome.id, 1.0) if weights else 1.0, table.evidence
        )
        for outcome in outcomes
        for table in outcome.tables
        if table.hits
    ]
