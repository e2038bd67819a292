"""How often values occur in what a search found."""

from collections.abc import Sequence
from typing import Any

import attrs


@attrs.frozen
class FacetCounts:
    """How often each value of a column occurs in the matching rows of a table, most frequent first.

    Attributes:
        values: JSON-ready, each once, with their counts; None stands for rows without a value.
        exact: Whether all matching rows were counted.
        sampled: How many rows were counted.
        complete: Whether all values of the counted rows are here.
    """

    values: Sequence[tuple[Any, int]]
    exact: bool
    sampled: int
    complete: bool = True


NO_ROWS = FacetCounts((), exact=True, sampled=0)
"""The counts of a table in which nothing matches."""
