"""Whether a request fits what was searched: a place that fits no table at all is the caller's mistake."""

from collections.abc import Sequence

from altus4_core.errors import FieldProblem, ValidationFailed
from altus4_core.filters import Misfit
from altus4_core.records import DatabaseOutcome, DatabaseStatus

_ANSWERED = frozenset({DatabaseStatus.OK, DatabaseStatus.SKIPPED})
_TELLING = ("column_type", "unknown_column")  # the most telling first


def refuse_misfits(outcomes: Sequence[DatabaseOutcome]) -> None:
    """Refuse a request of which some place fits no searched table, in whatever database.

    While a database has not answered nobody knows what it has, and nothing is refused.

    Raises:
        ValidationFailed: with a problem for each such place.
    """
    tables = [table for outcome in outcomes for table in outcome.tables if table.index or table.misfits]
    if not any(table.misfits for table in tables) or any(outcome.status not in _ANSWERED for outcome in outcomes):
        return
    by_place: dict[str, list[Misfit]] = {}
    for table in tables:
        for place in dict.fromkeys(misfit.place for misfit in table.misfits):
            by_place.setdefault(place, []).append(next(one for one in table.misfits if one.place == place))
    problems = [_problem(place, misfits) for place, misfits in by_place.items() if len(misfits) == len(tables)]
    if problems:
        raise ValidationFailed.of(problems)


def _problem(place: str, misfits: Sequence[Misfit]) -> FieldProblem:
    for code in _TELLING:
        found = [misfit for misfit in misfits if misfit.code == code]
        if found:
            best = max(found, key=lambda misfit: "did you mean" in misfit.message)
            return FieldProblem(place, best.message, code)
    return FieldProblem(place, misfits[0].message, misfits[0].code)
