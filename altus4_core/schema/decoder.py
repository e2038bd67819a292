"""From parsed JSON to a record, with every problem found at once."""

from typing import Any, Generic, TypeVar

from altus4_core.errors import FieldProblem, ValidationFailed
from altus4_core.schema.checks import Misfit
from altus4_core.schema.converter import MOST_PROBLEMS, StrictConverter, Unknown

T = TypeVar("T")


class Decoder(Generic[T]):
    """Decodes one record class. Make it once: it generates code.

    Args:
        cls: An attrs class; its members are named in camelCase in JSON.
        unknown: What becomes of members that it does not have: `refuse` names the nearest known one.

    Raises:
        TypeError: a field has a type that does not travel as JSON.
    """

    def __init__(self, cls: type[T], *, unknown: Unknown = "ignore") -> None:
        self._check = StrictConverter(unknown).record(cls)

    def __call__(self, value: Any) -> T:
        """Decode; None (no body, or `null`) counts as an object without members.

        Raises:
            ValidationFailed: with all the problems, each with the member's path (`items[0].name`).
        """
        try:
            result: T = self._check({} if value is None else value)
        except Misfit as error:
            raise ValidationFailed.of([_rooted(problem) for problem in error.problems[:MOST_PROBLEMS]]) from None
        return result


def _rooted(problem: FieldProblem) -> FieldProblem:
    place = problem.field.removeprefix(".")
    message = problem.message if place else f"the body {problem.message}"
    return FieldProblem(place, message, problem.code)
