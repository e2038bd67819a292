"""The cell rate algorithm."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from altus4_core.limits.gcra import HOUR, SECOND, Rate, judge


def test_a_burst_then_the_sustained_rate():
    rate, arrival, now = Rate.per_hour(1000, 50), 0, 10**12
    for number in range(50):
        judgement = judge(rate, arrival, now, 1)
        assert judgement.allowed
        assert judgement.remaining == 49 - number
        arrival = judgement.arrival
    refused = judge(rate, arrival, now, 1)
    assert not refused.allowed
    assert refused.arrival == arrival
    assert refused.retry_after == 3.6 * SECOND
    assert not judge(rate, arrival, now + refused.retry_after - 1, 1).allowed
    assert judge(rate, arrival, now + refused.retry_after, 1).allowed
    assert judge(rate, arrival, now + 50 * rate.interval, 0).remaining == 50


def test_costs_of_many_none_and_less():
    rate, now = Rate.per_hour(3600, 10), SECOND
    taken = judge(rate, 0, now, 10)
    assert (taken.allowed, taken.remaining) == (True, 0)
    looked = judge(rate, taken.arrival, now, 0)
    assert (looked.allowed, looked.retry_after, looked.remaining) == (False, SECOND, 0)
    returned = judge(rate, taken.arrival, now, -3)
    assert (returned.allowed, returned.remaining) == (True, 3)
    assert judge(rate, returned.arrival, now, -100).remaining == 10
    assert judge(rate, 0, now, 11).allowed is False
    assert judge(rate, 0, now, 0).allowed is True


@given(
    st.integers(1, 100_000),
    st.integers(1, 100),
    st.lists(st.integers(0, 20 * SECOND), min_size=1, max_size=300),
)
def test_never_more_than_burst_plus_rate_in_any_stretch(per_hour, burst, pauses):
    rate, arrival, now, granted = Rate.per_hour(per_hour, burst), 0, HOUR, []
    for pause in pauses:
        now += pause
        judgement = judge(rate, arrival, now, 1)
        arrival = judgement.arrival
        if judgement.allowed:
            granted.append(now)
            assert judgement.retry_after == 0
        else:
            assert judgement.retry_after > 0
            assert judge(rate, arrival, now + judgement.retry_after, 1).allowed
            assert not judge(rate, arrival, now + judgement.retry_after - 1, 1).allowed
    for first in range(len(granted)):
        for last in range(first, len(granted)):
            assert last - first + 1 <= burst + (granted[last] - granted[first]) // rate.interval


@pytest.mark.parametrize("per_hour", [1, 7, 1_000_000_000])
def test_odd_rates(per_hour):
    rate = Rate.per_hour(per_hour, 1)
    assert judge(rate, 0, 0, 1).allowed
    assert not judge(rate, rate.interval, 0, 1).allowed
