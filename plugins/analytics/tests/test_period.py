"""Which days a report is about."""

from datetime import UTC, date, datetime

import pytest
from altus4_analytics.period import RangeQuery, days_of

from altus4_core.errors import ValidationFailed

NOW = datetime(2030, 5, 10, 0, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("query", "first", "last"),
    [
        ({}, date(2030, 5, 4), date(2030, 5, 10)),
        ({"period": "day"}, date(2030, 5, 10), date(2030, 5, 10)),
        ({"period": "month"}, date(2030, 4, 11), date(2030, 5, 10)),
        ({"period": "year"}, date(2029, 5, 11), date(2030, 5, 10)),
        ({"end_date": "2030-03-01"}, date(2030, 2, 23), date(2030, 3, 1)),
        ({"start_date": "2030-05-01"}, date(2030, 5, 1), date(2030, 5, 10)),
        ({"start_date": "2028-02-29", "end_date": "2028-02-29"}, date(2028, 2, 29), date(2028, 2, 29)),
        ({"start_date": "2030-05-01T23:30:00-02:00"}, date(2030, 5, 2), date(2030, 5, 10)),
        ({"start_date": "2030-06-01"}, date(2030, 6, 1), date(2030, 6, 1)),
    ],
)
def test_days(query, first, last):
    days = days_of(RangeQuery(**query), NOW)
    assert (days.first, days.last) == (first, last)
    assert (days.before.last.toordinal() + 1, len(days.before)) == (first.toordinal(), len(days))


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({"start_date": "2030-02-30"}, "startDate"),
        ({"start_date": "2029-02-29"}, "startDate"),
        ({"end_date": "yesterday"}, "endDate"),
        ({"end_date": ""}, "endDate"),
        ({"start_date": "2030-05-02", "end_date": "2030-05-01"}, "endDate"),
        ({"start_date": "2020-05-01", "end_date": "2030-05-01"}, "startDate"),
        ({"start_date": "0001-01-01", "end_date": "0001-01-02"}, "startDate"),
        ({"start_date": "2030-05-10", "end_date": "2030-05-01"}, "endDate"),
        ({"start_date": "\u0662\u0660\u0662\u0669-05-01"}, "startDate"),
        ({"end_date": "0001-01-02"}, "endDate"),
        ({"start_date": "9999-12-31", "end_date": "9999-12-31"}, "startDate"),
    ],
)
def test_days_that_are_none(query, field):
    with pytest.raises(ValidationFailed) as caught:
        days_of(RangeQuery(**query), NOW)
    assert {problem["field"] for problem in caught.value.details} == {field}
