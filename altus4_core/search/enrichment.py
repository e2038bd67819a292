"""Categories and suggestions: welcome when they come in time, never the reason for a failed search."""

import asyncio
import math
from collections.abc import Callable, Coroutine, Sequence
from typing import Any

import attrs

from altus4_core.composing.composition import Composition, Entry
from altus4_core.dispatch import Dispatch
from altus4_core.errors import ProviderFault
from altus4_core.records import Category, FusedHit, Notice, SearchRequest, Suggestion, SuggestRequest
from altus4_core.search.results import Check, check_categories, check_suggestions

FAULTS_BEFORE_PAUSE = 5
PAUSE_SECONDS = 60.0
GRACE = 0.05  # seconds that a provider gets although the search has no time left: much of it is done by then


@attrs.define
class Pause:
    """Takes a provider out for a while after repeated faults in a row."""

    faults: int = 0
    until: float = 0.0

    def active(self, now: float) -> bool:
        """Say whether the provider is out."""
        return now < self.until

    def note(self, *, ok: bool, now: float) -> None:
        """Count a call."""
        self.faults = 0 if ok else self.faults + 1
        if self.faults >= FAULTS_BEFORE_PAUSE:
            self.faults = 0
            self.until = now + PAUSE_SECONDS


class Enrichment:
    """Runs categorizers and suggesters."""

    def __init__(
        self, composition: Composition, dispatch: Dispatch, *, category_budget: float, suggester_budget: float
    ) -> None:
        self._categorizers = composition.of("categorizer")
        self._suggesters = composition.of("suggester")
        self._dispatch = dispatch
        self._category_budget = category_budget
        self._suggester_budget = suggester_budget
        self._pauses: dict[tuple[str, str], Pause] = {}

    @property
    def categorizes(self) -> bool:
        """Say whether there is any categorizer."""
        return bool(self._categorizers)

    @property
    def suggests(self) -> bool:
        """Say whether there is any suggester."""
        return bool(self._suggesters)

    async def categorize(
        self, request: SearchRequest, hits: Sequence[FusedHit], left: float = math.inf
    ) -> tuple[Sequence[Category], list[Notice]]:
        """Give categories of all categorizers in their order, and a warning for each that failed.

        Args:
            request: The search.
            hits: All that was found.
            left: Seconds until its deadline.
        """
        budget = self._category_budget
        calls = [
            self._guarded(entry, entry.provider.categorize, budget, left, check_categories, request, hits)
            for entry in self._categorizers
        ]
        results = await asyncio.gather(*calls)
        categories = [category for found, _ in results for category in found]
        return categories, [notice for _, notice in results if notice]

    async def suggest(
        self, request: SuggestRequest, left: float = math.inf
    ) -> tuple[Sequence[Suggestion], list[Notice]]:
        """Give suggestions of all suggesters, best first, each text once, and a warning for each that failed.

        Args:
            request: What is asked for.
            left: Seconds until the deadline of the search that asks.
        """
        budget = self._suggester_budget
        calls = [
            self._guarded(entry, entry.provider.suggest, budget, left, check_suggestions, request)
            for entry in self._suggesters
        ]
        results = await asyncio.gather(*calls)
        best: dict[str, Suggestion] = {}
        for suggestion in sorted((s for found, _ in results for s in found), key=lambda s: -s.score):
            best.setdefault(suggestion.text.casefold(), suggestion)
        return list(best.values())[: request.limit], [notice for _, notice in results if notice]

    async def _guarded(
        self,
        entry: Entry,
        method: Callable[..., Coroutine[Any, Any, Any]],
        budget: float,
        left: float,
        check: Check,
        *arguments: object,
    ) -> tuple[list[Any], Notice | None]:
        loop = asyncio.get_running_loop()
        pause = self._pauses.setdefault((entry.seam, entry.name), Pause())
        message = f"{entry.seam} {entry.name!r} is left out of this answer."
        if pause.active(loop.time()):
            return [], Notice("ENRICHMENT_PAUSED", message, {"provider": entry.name})
        seconds = min(budget, max(left, GRACE))
        try:
            found = await self._dispatch.call(
                entry,
                method,
                *arguments,
                deadline=seconds,
                check=check,
            )
        except ProviderFault as fault:
            if fault.kind != "timeout" or seconds == budget:  # else the search was late, not the provider
                pause.note(ok=False, now=loop.time())
            return [], Notice("ENRICHMENT_FAILED", message, {"provider": entry.name, "reason": fault.kind})
        pause.note(ok=True, now=loop.time())
        return list(found), None
