"""How often values occur in what a search found."""

from collections.abc import Callable, Sequence
from typing import Any

import attrs

Fold = Callable[[str], str]
"""Gives the same text for texts that a column does not tell apart, by their case or accents; pure, never fails."""


@attrs.frozen
class FacetCounts:
    """How often each value of a column occurs in the matching rows of a table, most frequent first.

    Attributes:
        values: JSON-ready, each once, with their counts; None stands for rows without a value.
        exact: Whether all matching rows were counted.
        sampled: How many rows were counted.
        complete: Whether all values of the counted rows are here.
        fold: Which texts are one value of the column, so that counts of several tables add up; each is here as it is
            written most often. None: equal ones alone.
    """

    values: Sequence[tuple[Any, int]]
    exact: bool
    sampled: int
    complete: bool = True
    fold: Fold | None = attrs.field(default=None, eq=False, repr=False)


NO_ROWS = FacetCounts((), exact=True, sampled=0)
"""The counts of a table in which nothing matches."""
