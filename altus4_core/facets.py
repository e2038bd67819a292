"""How often values occur in what a search found."""

from collections.abc import Sequence
from typing import Any

import attrs


@attrs.frozen
class FacetCounts:
    """How often each value of a column occurs in the matching rows of a table, most frequent first.

    Attributes:
        values: JSON-ready, with their counts; rows without a value are not counted.
        exact: Whether all matching rows were counted, and all their values are here.
        sampled: How many rows were counted.
    """

    values: Sequence[tuple[Any, int]]
    exact: bool
    sampled: int
