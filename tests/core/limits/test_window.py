"""The sliding window."""

from collections import deque

from hypothesis import given
from hypothesis import strategies as st

from altus4_core.limits.window import Window, judge_window


def test_ten_and_then_the_wait_is_exact():
    window, events = Window(10, 900), deque()
    for at in range(10):
        assert judge_window(window, events, at, 1).remaining == 9 - at
    refused = judge_window(window, events, 100, 1)
    assert (refused.allowed, refused.retry_after, refused.remaining) == (False, 800, 0)
    assert not judge_window(window, events, 899, 1).allowed
    assert judge_window(window, events, 900, 1).allowed
    assert not judge_window(window, events, 900, 1).allowed


def test_looking_counts_nothing_and_giving_back_makes_room():
    window, events = Window(2, 100), deque()
    assert judge_window(window, events, 0, 0).remaining == 2
    judge_window(window, events, 0, 2)
    assert not judge_window(window, events, 1, 0).allowed
    assert judge_window(window, events, 1, -1).remaining == 1
    assert judge_window(window, events, 1, 0).allowed
    assert judge_window(window, events, 1, -9).remaining == 2


def test_more_than_the_window_holds_is_refused():
    window, events = Window(2, 100), deque([0])
    refused = judge_window(window, events, 50, 3)
    assert not refused.allowed
    assert list(events) == [0]


@given(st.integers(1, 8), st.integers(1, 50), st.lists(st.integers(0, 20), max_size=200))
def test_no_stretch_holds_more_than_the_limit(most, length, pauses):
    window, events, now, granted = Window(most, length), deque(), 0, []
    for pause in pauses:
        now += pause
        judgement = judge_window(window, events, now, 1)
        if judgement.allowed:
            granted.append(now)
        else:
            later = deque(events)
            assert judge_window(window, later, now + judgement.retry_after, 1).allowed
    for at in granted:
        assert sum(at - length < other <= at for other in granted) <= most
