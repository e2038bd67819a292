"""The values of columns in what all tables found, with their counts added up."""

from collections.abc import Mapping, Sequence
from typing import Any

from altus4_core.facets import FacetCounts, Fold
from altus4_core.records import DatabaseOutcome, Notice, SearchRequest
from altus4_core.schema.encode import dumps
from altus4_core.search.answer import INCOMPLETE

MOST_VALUES = 100
"""Of one facet in an answer."""


def faceted(request: SearchRequest, outcomes: Sequence[DatabaseOutcome]) -> list[Mapping[str, Any]]:
    """Give the contract's `facets`, one for each column asked for, as spelt there.

    Values of several tables are the same if they are equal in JSON, with numbers compared as numbers, and texts are if
    none of the columns tells them apart. A facet is exact if every row that matches was counted: not while a database
    is late, nor when some results are left out by score.
    """
    whole = not request.min_score and all(outcome.status not in INCOMPLETE for outcome in outcomes)
    tables = [table for outcome in outcomes for table in outcome.tables]
    return [
        _merged(name, [table.facets[name] for table in tables if name in table.facets], whole=whole)
        for name in request.facets
    ]


def unsupported(request: SearchRequest, outcomes: Sequence[DatabaseOutcome]) -> list[Notice]:
    """Warn if the mode does not count values at all."""
    searched = [table for outcome in outcomes for table in outcome.tables if table.index or table.hits]
    told = any(table.facets or table.misfits for table in searched)
    if told or not searched:
        return []
    message = f"Mode {request.mode!r} does not count the values of columns."
    return [Notice("FACETS_UNSUPPORTED", message)]


def _merged(name: str, counts: Sequence[FacetCounts], *, whole: bool) -> Mapping[str, Any]:
    folds = _folds(counts)
    totals: dict[Any, int] = {}
    spellings: dict[Any, dict[Any, int]] = {}
    written: dict[Any, Any] = {}
    for each in counts:
        for value, count in each.values:
            spelling = _key(value)
            key = tuple([fold(value) for fold in folds]) if folds and isinstance(value, str) else spelling
            written.setdefault(spelling, value)
            spelt = spellings.setdefault(key, {})
            spelt[spelling] = spelt.get(spelling, 0) + count
            totals[key] = totals.get(key, 0) + count
    values = {key: written[max(spelt, key=spelt.__getitem__)] for key, spelt in spellings.items()}
    listed = sorted(totals, key=lambda key: (-totals[key], _place(values[key])))
    # A value that one table's list was too long for may be missing from its count here.
    added_up = len(counts) < 2 or all(each.complete for each in counts)
    return {
        "field": name,
        "values": [{"value": values[key], "count": totals[key]} for key in listed[:MOST_VALUES]],
        "exact": whole and added_up and all(each.exact for each in counts),
        "sampled": sum(each.sampled for each in counts),
    }


def _folds(counts: Sequence[FacetCounts]) -> list[Fold]:
    """Give what texts must agree in to be one value; nothing: only equal ones are, or one table has told already."""
    concerned = [each for each in counts if any(isinstance(value, str) for value, _ in each.values)]
    folds = list(dict.fromkeys([each.fold for each in concerned]))
    told = [fold for fold in folds if fold is not None]
    return told if len(concerned) > 1 and len(told) == len(folds) else []


def _key(value: Any) -> Any:
    """Give what equal values share; true is not 1, though Python has it so."""
    if value is None or isinstance(value, str | int | float):
        return (isinstance(value, bool), value)
    return dumps(value)


def _place(value: Any) -> tuple[int, Any]:
    """Put equally frequent values in an order: numbers, texts, others, none."""
    if isinstance(value, int | float):
        return (0, value)
    if isinstance(value, str):
        return (1, value)
    return (3, 0) if value is None else (2, dumps(value))
