"""Strict checks of single JSON values. Nothing is coerced; messages never quote what was sent."""

import math
import re
from collections.abc import Callable, Sequence
from datetime import date, datetime
from typing import Any

from altus4_core.errors import FieldProblem
from altus4_core.nearest import nearest
from altus4_core.schema.field import Constraints

Check = Callable[[Any], Any]

_MOMENT = re.compile(r"\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d{1,9})?([Zz]|[+-]\d\d:\d\d)", re.ASCII)
_DAY = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)


class Misfit(Exception):
    """What is wrong inside one value: problems whose `field` is relative to it (`""`, `[0]`, `.name`)."""

    def __init__(self, problems: Sequence[FieldProblem]) -> None:
        super().__init__(problems)
        self.problems = problems


def misfit(message: str, code: str = "type") -> Misfit:
    """Make the misfit of the value as a whole."""
    return Misfit([FieldProblem("", message, code)])


def text(value: Any) -> str:
    """Accept text without NUL and lone surrogates: neither MySQL nor UTF-8 can hold them all."""
    if type(value) is not str:
        raise misfit("must be text")
    if "\0" in value:
        raise misfit("must not contain NUL characters", "characters")
    if not value.isascii():
        try:
            value.encode()
        except UnicodeEncodeError:
            raise misfit("must not contain lone surrogates", "characters") from None
    return value


def whole_number(value: Any) -> int:
    """Accept a whole number, not true, not 1.0."""
    if type(value) is not int:
        raise misfit("must be a whole number")
    return value


def number(value: Any) -> float:
    """Accept a finite number."""
    if type(value) is not float and type(value) is not int:
        raise misfit("must be a number")
    try:
        result = float(value)
    except OverflowError:
        result = math.inf
    if not math.isfinite(result):
        raise misfit("must be a finite number")
    return result


def boolean(value: Any) -> bool:
    """Accept true and false."""
    if value is not True and value is not False:
        raise misfit("must be true or false")
    return value


def anything(value: Any) -> Any:
    """Accept whatever JSON can say."""
    return value


def moment(value: Any) -> datetime:
    """Accept a time with its zone (RFC 3339), as `2026-01-31T12:00:00Z`."""
    if type(value) is str and _MOMENT.fullmatch(value):
        try:
            return datetime.fromisoformat(value.upper())
        except ValueError:
            pass
    raise misfit("must be a time such as 2026-01-31T12:00:00Z", "time")


def day(value: Any) -> date:
    """Accept a date, as `2026-01-31`."""
    if type(value) is str and _DAY.fullmatch(value):
        try:
            return date.fromisoformat(value)
        except ValueError:
            pass
    raise misfit("must be a date such as 2026-01-31", "date")


def choice(choices: Sequence[Any]) -> Check:
    """Accept one of these values, by type and value."""
    known = {(type(value), value): value for value in choices}
    names = [value for value in choices if isinstance(value, str)]
    listed = ", ".join(str(value) if isinstance(value, str) else repr(value) for value in choices)

    def check(value: Any) -> Any:
        try:
            return known[type(value), value]
        except (KeyError, TypeError):
            near = nearest(value, names) if isinstance(value, str) and len(value) <= 100 else None
            hint = f"; did you mean {near!r}?" if near else ""
            raise misfit(f"must be one of {listed}{hint}", "choice") from None

    return check


def constrained(check: Check, constraints: Constraints, *, listed: bool) -> Check:
    """Put the constraints of a field behind the check of its type; without any, the check itself comes back."""
    after: list[Callable[[Any], None]] = []
    if constraints.min is not None or constraints.max is not None:
        after.append(_range(constraints))
    if constraints.min_length is not None or constraints.max_length is not None:
        after.append(_length(constraints, "items" if listed else "characters"))
    single: list[Callable[[Any], Any]] = []
    if constraints.pattern is not None:
        single.append(_pattern(constraints.pattern, constraints.form))
    if constraints.choices is not None:
        single.append(choice(constraints.choices))
    after += [_each(one) for one in single] if listed else single
    if not after:
        return check

    def checked(value: Any) -> Any:
        result = check(value)
        if result is not None:
            for step in after:
                step(result)
        return result

    return checked


def _range(constraints: Constraints) -> Callable[[Any], None]:
    low, high = constraints.min, constraints.max

    def check(value: Any) -> None:
        if type(value) is not int and type(value) is not float:
            return  # another alternative of a union
        if low is not None and value < low:
            raise misfit(f"must be at least {low}", "min")
        if high is not None and value > high:
            raise misfit(f"must be at most {high}", "max")

    return check


def _length(constraints: Constraints, unit: str) -> Callable[[Any], None]:
    low, high = constraints.min_length, constraints.max_length

    def check(value: Any) -> None:
        try:
            size = len(value)
        except TypeError:
            return  # another alternative of a union
        if low is not None and size < low:
            raise misfit(f"must have at least {low} {unit if low != 1 else unit[:-1]}", "min_length")
        if high is not None and size > high:
            raise misfit(f"must have at most {high} {unit if high != 1 else unit[:-1]}", "max_length")

    return check


def _pattern(pattern: "re.Pattern[str]", form: str) -> Callable[[Any], None]:
    message = f"must be {form}" if form else f"must match {pattern.pattern}"

    def check(value: Any) -> None:
        if isinstance(value, str) and not pattern.fullmatch(value):
            raise misfit(message, "pattern")

    return check


def _each(check: Check) -> Callable[[Any], None]:
    def every(values: Sequence[Any]) -> None:
        problems: list[FieldProblem] = []
        for index, value in enumerate(values):
            try:
                check(value)
            except Misfit as error:
                problems += [FieldProblem(f"[{index}]{one.field}", one.message, one.code) for one in error.problems]
        if problems:
            raise Misfit(problems)

    return every
