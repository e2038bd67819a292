"""Deadlines on one timer behave as `asyncio.timeout` does."""

import asyncio
import time

import pytest

from altus4_core.deadlines import Deadlines


@pytest.fixture
def deadlines():
    return Deadlines()


async def test_what_is_in_time_goes_on(deadlines):
    with deadlines.within(1) as scope:
        await asyncio.sleep(0)
    assert not scope.expired
    await asyncio.sleep(0.02)
    assert asyncio.current_task().cancelling() == 0


async def test_what_is_late_is_interrupted_within_a_few_ticks(deadlines):
    started = time.monotonic()
    with pytest.raises(TimeoutError) as caught, deadlines.within(0.05) as scope:
        await asyncio.sleep(10)
    assert 0.05 <= time.monotonic() - started < 0.25
    assert scope.expired
    assert isinstance(caught.value.__cause__, asyncio.CancelledError)
    assert asyncio.current_task().cancelling() == 0
    await asyncio.sleep(0)  # not interrupted once more


async def test_the_nearer_of_two_deadlines_ends_its_own_part_alone(deadlines):
    with deadlines.within(5) as outer:
        with pytest.raises(TimeoutError), deadlines.within(0.02):
            await asyncio.sleep(10)
        await asyncio.sleep(0.02)
    assert not outer.expired


async def test_an_outer_deadline_passes_through_the_inner_one(deadlines):
    with pytest.raises(TimeoutError), deadlines.within(0.02) as outer, deadlines.within(5) as inner:
        await asyncio.sleep(10)
    assert outer.expired
    assert not inner.expired


async def test_a_cancellation_by_somebody_else_stays_one(deadlines):
    async def body():
        with deadlines.within(5):
            await asyncio.sleep(10)

    task = asyncio.create_task(body())
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


async def test_a_cancellation_beside_the_deadline_wins(deadlines):
    async def body():
        with deadlines.within(0.02):
            try:
                await asyncio.sleep(10)
            except asyncio.CancelledError:
                asyncio.current_task().cancel()  # as if somebody did in the same moment
                raise

    with pytest.raises(asyncio.CancelledError):
        await asyncio.create_task(body())


async def test_another_error_is_not_hidden_by_the_deadline(deadlines):
    async def stubborn():
        try:
            await asyncio.sleep(10)
        except asyncio.CancelledError:
            raise LookupError from None

    with pytest.raises(LookupError), deadlines.within(0.02) as scope:
        await stubborn()
    assert scope.expired


async def test_many_tasks_share_one_timer_and_none_runs_without_them(deadlines):
    loop = asyncio.get_running_loop()
    timers = []
    real = loop.call_later
    loop.call_later = lambda *arguments: timers.append(arguments) or real(*arguments)
    try:

        async def body():
            with deadlines.within(0.03):
                await asyncio.sleep(10)

        found = await asyncio.gather(*(body() for _ in range(50)), return_exceptions=True)
        assert all(isinstance(error, TimeoutError) for error in found)
        looks = len([each for each in timers if each[1].__name__ == "_look"])
        assert 1 <= looks <= 12
        await asyncio.sleep(0.03)
        assert len([each for each in timers if each[1].__name__ == "_look"]) == looks
    finally:
        del loop.call_later


async def test_outside_a_task_it_says_so(deadlines):
    told = asyncio.get_running_loop().create_future()

    def callback():
        try:
            with deadlines.within(1):
                told.set_result(None)
        except RuntimeError as error:
            told.set_result(error)

    asyncio.get_running_loop().call_soon(callback)
    assert "needs a task" in str(await told)
