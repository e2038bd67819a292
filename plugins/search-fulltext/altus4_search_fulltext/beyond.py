"""Matches beyond the place where long texts are cut: a second, small statement asks the server where they are.

Only for rows and columns whose shown part has no match. `LOCATE` compares as the column's collation does; the
piece of text around the place is then judged like any other.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import attrs
from altus4_mysql import Row, in_list, quote_identifier

from altus4_core.records import Hit
from altus4_search_fulltext.matching import Matcher
from altus4_search_fulltext.needles import Needle
from altus4_search_fulltext.planner import TablePlan
from altus4_search_fulltext.rowmatches import Piece, RowMatches
from altus4_search_fulltext.snippets import snippet_of
from altus4_search_fulltext.statements import table_name

MOST_ROWS = 200  # of one search
_MOST_PLACES = 16  # asked for in one statement
_BEFORE = 100  # characters read before a place
_PIECE = 500  # characters read


@attrs.frozen
class Cut:
    """A row whose match may lie beyond what was read.

    Attributes:
        place: Of the hit in its list.
        key: Raw values of the primary key.
        columns: Searched columns that were cut and show no match.
    """

    place: int
    key: Row
    columns: tuple[str, ...]


@attrs.frozen
class Question:
    """The statement, its values, and which column each of its pieces belongs to."""

    sql: str
    params: tuple[Any, ...]
    columns: tuple[str, ...]


def question(plan: TablePlan, cuts: Sequence[Cut], needles: Sequence[Needle], longest: int) -> Question:
    """Build the statement: the key, then pieces of text around possible matches.

    Args:
        plan: The table; it has a primary key.
        cuts: At most `MOST_ROWS`.
        needles: Of the query.
        longest: Characters that were read already.
    """
    names = list(dict.fromkeys(name for cut in cuts for name in cut.columns))
    words = list(dict.fromkeys(needle.words[0] for needle in needles))
    pairs = [(name, word) for name in names for word in words][:_MOST_PLACES]
    pieces: list[str] = []
    params: list[Any] = []
    since = max(1, longest - _BEFORE)
    for name, word in pairs:
        column = quote_identifier(name)
        # The beginning of a word first: `art` is in `start`, too.
        found = f"COALESCE(NULLIF(LOCATE(%s, {column}, {since}), 0), LOCATE(%s, {column}, {since}))"
        pieces.append(f"SUBSTRING({column}, GREATEST({found} - {_BEFORE}, 1), {_PIECE})")
        params += [f" {word}", word]
    keys = [quote_identifier(column.name) for column in plan.key]
    if len(keys) == 1:
        where = f"{keys[0]} IN ({in_list([cut.key[0] for cut in cuts])})"
    else:
        one = f"({in_list(keys)})"
        where = f"({', '.join(keys)}) IN ({', '.join([one] * len(cuts))})"
    params += [value for cut in cuts for value in cut.key]
    sql = f"SELECT {', '.join([*keys, *pieces])} FROM {table_name(plan)} WHERE {where}"
    return Question(sql, tuple(params), tuple(name for name, _ in pairs))


def amended(hits: list[Hit], cuts: Sequence[Cut], asked: Question, rows: Sequence[Row], matcher: Matcher) -> list[Hit]:
    """Give the hits with what was found beyond the cut."""
    width = len(cuts[0].key)
    pieces: Mapping[Row, Row] = {row[:width]: row[width:] for row in rows}
    result = list(hits)
    for cut in cuts:
        hit = result[cut.place]
        found: dict[str, str] = {}
        beyond: dict[str, Piece] = {}
        for name, piece in zip(asked.columns, pieces.get(cut.key, ()), strict=False):
            if name in cut.columns and name not in found and isinstance(piece, str):
                snippet = matcher.snippet(piece)
                if snippet is not None:
                    found[name] = f"…{snippet.removeprefix('…')}"
                    beyond[name] = Piece(piece, ends=len(piece) < _PIECE)
        if found:
            snippet = hit.snippet or next(iter(found.values()))
            matched = (*hit.matched_columns, *found)
            matches = attrs.evolve(hit.matches, beyond=beyond) if isinstance(hit.matches, RowMatches) else None
            result[cut.place] = attrs.evolve(hit, matched_columns=matched, snippet=snippet, matches=matches)
        elif not hit.matched_columns:
            # The server found it and nothing else is left: it is somewhere in these.
            text = next((str(hit.data[name]) for name in cut.columns if hit.data.get(name)), "")
            result[cut.place] = attrs.evolve(hit, matched_columns=cut.columns, snippet=snippet_of(text, 0))
    return result
