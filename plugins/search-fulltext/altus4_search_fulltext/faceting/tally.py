"""Values and how often they occur, as an answer has them."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import attrs
from altus4_mysql import Column

from altus4_search_fulltext.folding import fold_strokes, folding_of
from altus4_search_fulltext.values import BINARY_TYPES, converter

Counted = tuple[Any, int]


@attrs.frozen
class Tally:
    """How often the values of one column occur.

    Attributes:
        values: JSON-ready, most frequent first; of a SET its members, with "" for the empty set.
        rows: That were counted.
        certain: Whether values are the same here exactly where they are the same for the server.
        cut: Whether a value was too long to be shown whole.
    """

    values: tuple[Counted, ...]
    rows: int
    certain: bool
    cut: bool


def tallied(column: Column, counted: Iterable[Counted], longest: int, *, grouped: bool) -> Tally:
    """Add up.

    Args:
        column: Whose values these are.
        counted: Values as the driver gives them, with the numbers of their rows.
        longest: Characters or bytes after which values are cut; one more was read.
        grouped: Whether the server has put together what is the same under the column's collation.
    """
    sums: dict[Any, int] = {}
    for value, count in counted:
        sums[value] = sums.get(value, 0) + count
    rows = sum(sums.values())
    certain = True
    if column.is_text and not grouped:
        sums, certain = _same(column, sums)
    cut = False
    convert = converter(column)
    members: dict[Any, int] = {}
    for value, count in sums.items():
        shown = value
        if isinstance(value, str | bytes) and len(value) > longest and _may_be_long(column):
            shown, cut = value[:longest], True
        if convert is not None:
            shown = convert(shown)
        for each in (shown or [""]) if isinstance(shown, list) else [shown]:
            members[each] = members.get(each, 0) + count
    listed = sorted(members.items(), key=lambda item: (-item[1], item[0] is None, str(item[0])))
    return Tally(tuple(listed), rows, certain, cut)


def respelt(tally: Tally, sample: Tally, fold: Callable[[str], str]) -> Tally:
    """Write values as most of the sample's rows have them: a server that puts equal ones together shows any of them.

    Args:
        tally: As the server put values together.
        sample: Of some of its rows.
        fold: Of the column. Where it takes two of the server's values for one, these stay as they are.
    """
    often = {fold(value): value for value, _ in sample.values if isinstance(value, str)}
    alike = Counter([fold(value) for value, _ in tally.values if isinstance(value, str)])

    def written(value: Any) -> Any:
        folded = fold(value) if isinstance(value, str) else None
        return often.get(folded, value) if folded is not None and alike[folded] == 1 else value

    return attrs.evolve(tally, values=tuple([(written(value), count) for value, count in tally.values]))


def _same(column: Column, sums: Mapping[Any, int]) -> tuple[dict[Any, int], bool]:
    """Put texts together that the collation does not tell apart, as they are written most often.

    It says, too, whether that is beyond doubt.
    It is for ASCII letters, and where no collation whatever would put more together. Spaces at the end count in some.
    """
    fold = folding_of(column.collation).fold
    shown: dict[str, str] = {}
    found: dict[Any, int] = {}
    loose: set[str] = set()
    certain = True
    for value, count in sorted(sums.items(), key=_most_often):  # stable
        if value is None:
            found[None] = count
            continue
        first = shown.setdefault(fold(value).rstrip(" "), value)
        loose.add(fold_strokes(value).strip())
        if first is not value:
            certain = certain and (first + value).isascii() and not first.endswith(" ") and not value.endswith(" ")
        found[first] = found.get(first, 0) + count
    return found, certain and len(loose) == len(shown)


def _most_often(counted: Counted) -> int:
    return -counted[1]


def _may_be_long(column: Column) -> bool:
    return column.data_type in BINARY_TYPES or (column.is_text and column.data_type not in {"enum", "set"})
