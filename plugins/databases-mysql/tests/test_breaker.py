import pytest
from altus4_databases_mysql.breaker import Breaker, BreakerOptions, Open, State


class Time:
    now = 100.0

    def __call__(self):
        return self.now


@pytest.fixture
def time():
    return Time()


@pytest.fixture
def breaker(time):
    return Breaker(BreakerOptions(), time)


def fail(breaker, times=1):
    for _ in range(times):
        breaker.failed(breaker.admit())


def test_five_failures_in_a_row_open_it(breaker):
    fail(breaker, 4)
    assert breaker.state is State.CLOSED
    fail(breaker)
    assert breaker.state is State.OPEN
    with pytest.raises(Open) as caught:
        breaker.admit()
    assert caught.value.retry_after == pytest.approx(5)


def test_a_success_in_between_starts_the_count_anew(breaker):
    fail(breaker, 4)
    breaker.admit()
    breaker.succeeded()
    fail(breaker, 4)
    assert breaker.state is State.CLOSED


def test_pauses_double_to_a_minute_and_success_forgets_them(breaker, time):
    fail(breaker, 5)
    pauses = [breaker.retry_after]
    for _ in range(5):
        time.now += breaker.retry_after
        fail(breaker)
        pauses.append(breaker.retry_after)
    assert pauses == pytest.approx([5, 10, 20, 40, 60, 60])
    time.now += 60
    assert breaker.admit().probe
    breaker.succeeded()
    assert breaker.state is State.CLOSED
    fail(breaker, 5)
    assert breaker.retry_after == pytest.approx(5)


def test_one_probe_at_a_time(breaker, time):
    fail(breaker, 5)
    time.now += 5
    probe = breaker.admit()
    assert probe.probe
    for _ in range(3):
        with pytest.raises(Open):
            breaker.admit()
    breaker.succeeded()
    assert not breaker.admit().probe


def test_an_abandoned_probe_leaves_room_for_the_next(breaker, time):
    fail(breaker, 5)
    time.now += 5
    breaker.abandoned(breaker.admit())
    assert breaker.admit().probe


def test_stragglers_do_not_lengthen_the_pause(breaker, time):
    tickets = [breaker.admit() for _ in range(10)]
    for ticket in tickets:
        breaker.failed(ticket)
    assert breaker.retry_after == pytest.approx(5)
    time.now += 5
    straggler, probe = tickets[0], breaker.admit()
    breaker.failed(straggler)
    assert breaker.state is State.PROBING
    breaker.failed(probe)
    assert breaker.retry_after == pytest.approx(10)


def test_a_hint_lets_one_probe_through_early_once_a_pause(breaker):
    fail(breaker, 5)
    assert breaker.wants_hint
    breaker.hint()
    probe = breaker.admit()
    breaker.failed(probe)
    assert breaker.retry_after == pytest.approx(10)
    assert breaker.wants_hint
    breaker.hint()
    breaker.abandoned(breaker.admit())
    assert not breaker.wants_hint


def test_no_hint_is_wanted_while_closed(breaker):
    assert not breaker.wants_hint
    breaker.hint()
    assert breaker.state is State.CLOSED
