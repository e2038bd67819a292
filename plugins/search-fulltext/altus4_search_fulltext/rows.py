"""From a server's rows to hits."""

import hashlib
from collections.abc import Sequence
from typing import Any

import attrs
from altus4_mysql import Row

from altus4_core.records import Hit, Notice
from altus4_search_fulltext import notices
from altus4_search_fulltext.beyond import MOST_ROWS, Cut
from altus4_search_fulltext.folding import same_texts
from altus4_search_fulltext.matching import Matcher
from altus4_search_fulltext.planner import TablePlan
from altus4_search_fulltext.rowmatches import RowMatches
from altus4_search_fulltext.statements import HASHED, Selection, is_cut, json_length
from altus4_search_fulltext.values import converter, is_shown, key_part
from altus4_search_fulltext.wishes.sorting import comparable


@attrs.frozen
class RowsRead:
    """What rows gave: hits in their order, those to look at again, and warnings about what had to be cut."""

    hits: list[Hit]
    cuts: list[Cut]
    notices: list[Notice]


class RowReader:
    """Reads the rows of one selection. Made once, used for every search of the table."""

    def __init__(self, plan: TablePlan, selection: Selection) -> None:
        self._names = tuple(column.name for column in plan.shown)
        self._converters = tuple(
            (column.name, convert) for column in plan.shown if (convert := converter(column)) is not None
        )
        self._shown = frozenset(self._names)
        self._read = tuple(column.name for column in plan.read)
        self._cut = tuple(
            (place, selection.longest) for place, column in enumerate(plan.read) if is_cut(column, selection.longest)
        ) + tuple(
            (place, json_length(selection.longest))
            for place, column in enumerate(plan.read)
            if column.data_type == "json"
        )
        self._order = tuple(
            (place, comparable(each))
            for place, each in zip(
                selection.order, [each for each in plan.order if each.column is not None or each.absent], strict=True
            )
        )
        # What is not shown is binary, and written in hexadecimal.
        self._key = tuple(
            (place, converter(column) if is_shown(column) else None)
            for place, column in zip(selection.key, plan.key, strict=True)
        )
        # The usual key, one number or text, is what the row has there.
        only = self._key[0] if len(self._key) == 1 else None
        self._plain_key = only[0] if only and only[1] is None and is_shown(plan.key[0]) else None
        places = {name: place for place, name in enumerate(self._read)}
        # Ids made from contents must not depend on the columns asked for.
        self._hashed = tuple(places[column.name] for column in plan.table.columns if is_shown(column) and not plan.key)
        self._index = frozenset(plan.index.columns)
        self._searched = tuple((name, places[name]) for name in plan.index.columns if name in places)
        self._folds = {column.name: same_texts(column.collation) for column in plan.shown if column.is_text}
        self._marked = plan.marked
        self._longest = selection.longest

    def read(self, rows: Sequence[Row], matcher: Matcher, *, marking: bool = False) -> RowsRead:
        """Build the hits in the rows' order.

        Args:
            rows: As the server sent them.
            matcher: Of the query.
            marking: Whether somebody may ask the hits for their matches.
        """
        names, converters, searched, plain_key = self._names, self._converters, self._searched, self._plain_key
        read, shown, folds = self._read, self._shown, self._folds
        cut_columns: dict[str, None] = {}
        cuts: list[Cut] = []
        seen: dict[str, int] = {}
        cut, match = self._cut, matcher.match
        hits: list[Hit] = []
        for row in rows:
            values: Sequence[Any] = row
            cut_here: list[str] | None = None
            for place, longest in cut:
                value = row[place]
                if value is not None and len(value) > longest:
                    values = [*values[:place], value[:longest], *values[place + 1 :]]
                    cut_here = [*(cut_here or ()), read[place]]
            matched, snippet = match(values, searched)
            if cut_here is not None:
                cut_columns.update(dict.fromkeys(name for name in cut_here if name in shown))
                hidden = tuple([name for name in cut_here if name in self._index and name not in matched])
                if hidden and self._key and len(cuts) < MOST_ROWS:
                    cuts.append(Cut(len(hits), tuple([row[place] for place, _ in self._key]), hidden))
            data = dict(zip(names, values, strict=False))  # behind the shown columns: keys, the score
            for name, convert in converters:
                data[name] = convert(data[name])
            identity = (row[plain_key],) if plain_key is not None else self._identity(row, seen)
            hits.append(Hit(identity, row[-1], data, matched, snippet, folds=folds))
        if self._order:
            hits = [attrs.evolve(hit, order=self._ordered(row)) for hit, row in zip(hits, rows, strict=True)]
        if marking:
            hits = [
                attrs.evolve(hit, matches=RowMatches(self._texts(row), self._marked, matcher, self._longest))
                for hit, row in zip(hits, rows, strict=True)
            ]
        told = [notices.values_cut(list(cut_columns), self._longest)] if cut_columns else []
        return RowsRead(hits, cuts, told)

    def _identity(self, row: Row, seen: dict[str, int]) -> tuple[Any, ...]:
        if not self._key:
            return (_surrogate([row[place] for place in self._hashed], seen),)
        return tuple([key_part(convert(row[place]) if convert else row[place]) for place, convert in self._key])

    def _texts(self, row: Row) -> list[tuple[str, str]]:
        return [(name, text) for name, place in self._searched if isinstance(text := row[place], str) and text]

    def _ordered(self, row: Row) -> tuple[Any, ...]:
        return tuple([None if row[place] is None else convert(row[place]) for place, convert in self._order])


def _surrogate(values: Sequence[Any], seen: dict[str, int]) -> str:
    """Make an id from a row's contents; equal rows are numbered.

    Only the beginning of a value counts, so that the id does not depend on where long texts are cut.
    """
    digest = hashlib.sha256()
    for value in values:
        written = repr(value[:HASHED] if isinstance(value, str) else value)
        digest.update(f"{len(written)}:{written}".encode())
    name = digest.hexdigest()[:24]
    seen[name] = seen.get(name, 0) + 1
    return name if seen[name] == 1 else f"{name}-{seen[name]}"
