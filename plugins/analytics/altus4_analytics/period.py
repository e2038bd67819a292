"""Which days a report is about: whole UTC days, from a period or from two dates."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Final, Literal

import attrs

from altus4_core.errors import FieldProblem, ValidationFailed
from altus4_core.schema.decode import field
from altus4_core.searchlog import Span

Period = Literal["day", "week", "month", "3months", "6months", "year"]
DAYS: Final = {"day": 1, "week": 7, "month": 30, "3months": 91, "6months": 182, "year": 365}
MOST_DAYS: Final = 366


@attrs.frozen
class DaysQuery:
    """Some days."""

    start_date: str | None = field(None, doc="First day (UTC), YYYY-MM-DD, or an ISO 8601 time of it.", max_length=40)
    end_date: str | None = field(None, doc="Last day (UTC), included.", max_length=40)
    period: Period = field("week", doc="Whole UTC days back from and including today, or endDate.")


@attrs.frozen
class RangeQuery(DaysQuery):
    """The days of a report."""

    environment: Literal["live", "test"] | None = field(
        None, doc="Searches of live or of test keys; default: those of the key that asks, live with a session."
    )


@attrs.frozen
class ListQuery(RangeQuery):
    """The days of a report, and the part of its list."""

    limit: int = field(100, doc="Most rows.", min=1, max=1000)
    offset: int = field(0, doc="Rows to skip.", min=0, max=100_000)


@attrs.frozen
class Days:
    """From the first to the last UTC day, both included."""

    first: date
    last: date

    def __len__(self) -> int:
        return (self.last - self.first).days + 1

    def each(self) -> list[date]:
        """List the days."""
        return [self.first + timedelta(days=number) for number in range(len(self))]

    @property
    def before(self) -> "Days":
        """Give as many days before these."""
        return Days(self.first - timedelta(days=len(self)), self.first - timedelta(days=1))


def days_of(query: DaysQuery, now: datetime) -> Days:
    """Read the days.

    Raises:
        ValidationFailed: a date does not exist, they are the wrong way round, or there are too many.
    """
    problems: list[FieldProblem] = []
    first = _date("startDate", query.start_date, problems)
    last = _date("endDate", query.end_date, problems)
    if problems:
        raise ValidationFailed.of(problems)
    last = last or max(now.astimezone(UTC).date(), first or date.min)
    if first is None:
        if last.toordinal() < DAYS[query.period]:
            raise ValidationFailed.of([FieldProblem("endDate", "must be a date of this era", "range")])
        first = last - timedelta(days=DAYS[query.period] - 1)
    days = Days(first, last)
    if last < first:
        raise ValidationFailed.of([FieldProblem("endDate", "must not be before startDate", "reversed")])
    if len(days) > MOST_DAYS:
        problem = FieldProblem("startDate", f"startDate to endDate may be at most {MOST_DAYS} days", "too_long")
        raise ValidationFailed.of([problem])
    if first.toordinal() <= MOST_DAYS or last.year > 9998:  # the days before are looked at, too
        raise ValidationFailed.of([FieldProblem("startDate", "must be a date of this era", "range")])
    return days


def span_of(first: date, last: date) -> Span:
    """Give the time from the first to the end of the last day."""
    return datetime.combine(first, time(), UTC), datetime.combine(last + timedelta(days=1), time(), UTC)


def _date(name: str, text: str | None, problems: list[FieldProblem]) -> date | None:
    if text is None:
        return None
    try:
        if len(text) == 10 and text.isascii():  # Python reads the digits of every script
            return datetime.strptime(text, "%Y-%m-%d").replace(tzinfo=UTC).date()
        moment = datetime.fromisoformat(text)
        return (moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)).astimezone(UTC).date()
    except (ValueError, OverflowError):
        problems.append(FieldProblem(name, "must be a date that exists, written YYYY-MM-DD", "date"))
        return None
