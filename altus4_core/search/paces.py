"""How long each database took lately: the slowest is asked first, for an answer waits for the slowest.

One thread asks many databases one after the other, some tenths of a millisecond each. Asked last, the slowest would
add all of that to every answer.
"""

from collections import OrderedDict
from collections.abc import Iterable, Sequence
from typing import Final

from altus4_core.records import DatabaseOutcome

MOST: Final = 10_000
"""Databases remembered; beyond, the one that was not searched for longest is forgotten."""

WEIGHT: Final = 0.25
"""Share of the newest time in the average."""


class Paces:
    """Moving averages by database, in milliseconds."""

    def __init__(self) -> None:
        self._took: OrderedDict[str, float] = OrderedDict()

    def note(self, outcomes: Iterable[DatabaseOutcome]) -> None:
        """Learn from an answer: a failure counts for as long as it took, too."""
        took = self._took
        for outcome in outcomes:
            known = took.get(outcome.id)
            took[outcome.id] = outcome.took_ms if known is None else known + WEIGHT * (outcome.took_ms - known)
            took.move_to_end(outcome.id)
        while len(took) > MOST:
            took.popitem(last=False)

    def slowest_first(self, ids: Sequence[str]) -> list[int]:
        """Give the places of these databases in the order to ask: unknown ones first, they may have to be connected."""
        took = self._took
        return sorted(range(len(ids)), key=lambda place: -took.get(ids[place], float("inf")))
