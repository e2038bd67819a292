"""The order of results that a request wants."""

from collections.abc import Sequence

from altus4_core.records import SortKey


def is_by_relevance(keys: Sequence[SortKey]) -> bool:
    """Say whether this is the order that lists have anyway, and a fusion gives: the best first, and nothing besides.

    Further keys make it another one: they decide between results of equal scores.
    """
    return not keys or (len(keys) == 1 and keys[0] == SortKey("relevance", descending=True))
