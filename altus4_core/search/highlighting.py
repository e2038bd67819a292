"""Marking the matches in the results of a page."""

import asyncio
import time
from collections.abc import Mapping, Sequence

import attrs

from altus4_core.composing.composition import Entry
from altus4_core.dispatch import Dispatch
from altus4_core.errors import ProviderFault
from altus4_core.matches import Matches
from altus4_core.records import FusedHit, Highlight, Hit, Notice
from altus4_core.search.marking import marked
from altus4_core.search.results import check_matches

_AT_ONCE = 0.005  # seconds of work before others get their turn


class Highlighting:
    """Marks matches where the search mode says they are.

    Args:
        dispatch: Asks the mode's hits.
    """

    def __init__(self, dispatch: Dispatch) -> None:
        self._dispatch = dispatch

    async def mark(
        self, mode: Entry, highlight: Highlight, hits: Sequence[FusedHit]
    ) -> tuple[list[FusedHit], list[Notice]]:
        """Give the hits with `highlights`; what cannot be marked is a warning, not a failure.

        Args:
            mode: Which found them.
            highlight: How to mark.
            hits: Of the page.
        """
        found: list[FusedHit] = []
        failed = False
        told = any(fused.hit.matches is not None or fused.hit.highlights is not None for fused in hits)
        turn = time.perf_counter()
        for fused in hits:
            hit = fused.hit
            highlights = hit.highlights
            if highlights is None:
                try:
                    highlights = self._marked(mode, highlight, hit)
                except ProviderFault:
                    failed, highlights = True, {}
            found.append(attrs.evolve(fused, hit=attrs.evolve(hit, highlights=highlights, matches=None)))
            if time.perf_counter() - turn > _AT_ONCE:
                await asyncio.sleep(0)
                turn = time.perf_counter()
        notices: list[Notice] = []
        if hits and not told:
            message = f"Mode {mode.name!r} does not say where its results match; nothing is marked."
            notices.append(Notice("HIGHLIGHT_UNSUPPORTED", message))
        if failed:
            notices.append(Notice("HIGHLIGHT_INCOMPLETE", "In some results the matches could not be marked."))
        return found, notices

    def _marked(self, mode: Entry, highlight: Highlight, hit: Hit) -> Mapping[str, str]:
        if hit.matches is None:
            return {}
        matches: Mapping[str, Matches] = self._dispatch.run(mode, hit.matches, check=check_matches)
        return {column: marked(each, highlight) for column, each in matches.items() if each.spans}
