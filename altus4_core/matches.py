"""Where a text matches a query: what a search mode tells, so that the core can mark it."""

from collections.abc import Sequence

import attrs


@attrs.frozen
class Matches:
    """A column's text and what of it matches.

    Attributes:
        text: As it is, nothing escaped.
        spans: Beginnings and ends in `text`, in characters; in any order, they may overlap.
        before: Whether the column's value has more before this text.
        after: Whether it has more behind it.
    """

    text: str
    spans: Sequence[tuple[int, int]]
    before: bool = False
    after: bool = False
