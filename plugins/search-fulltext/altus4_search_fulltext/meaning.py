"""What makes a row match a query: which of its words count in that row, and which only happen to be there.

`(+mysql +tuning) OR coffee` finds a row with `mysql` and `coffee` by its `coffee` alone.
"""

from collections.abc import Callable

import attrs

from altus4_search_fulltext.needles import Needle


@attrs.frozen
class AllOf:
    """Matches a row that has all these needles."""

    needles: tuple[Needle, ...]


@attrs.frozen
class Group:
    """Matches a row that every required part matches and no excluded one; without required ones, any optional one."""

    required: tuple["Meaning", ...] = ()
    optional: tuple["Meaning", ...] = ()
    excluded: tuple["Meaning", ...] = ()


Meaning = AllOf | Group


def counting(meaning: Meaning, is_there: Callable[[Needle], bool]) -> frozenset[Needle] | None:
    """Give the needles by which a row matches; None: it does not.

    Args:
        meaning: Of the query.
        is_there: Says whether the row has a needle.
    """
    if isinstance(meaning, AllOf):
        return frozenset(meaning.needles) if all(map(is_there, meaning.needles)) else None
    if any(counting(part, is_there) is not None for part in meaning.excluded):
        return None
    required = [counting(part, is_there) for part in meaning.required]
    found = [needles for needles in required if needles is not None]
    if len(found) < len(required):
        return None
    found += [needles for part in meaning.optional if (needles := counting(part, is_there)) is not None]
    return frozenset().union(*found) if found else None
