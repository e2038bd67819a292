"""The one place where providers are awaited."""

import asyncio
import time

import pytest

from altus4_core.composing.composition import Entry
from altus4_core.dispatch import Dispatch
from altus4_core.errors import ProviderFault, Rejected, TargetFailed
from altus4_core.search.results import expect

ENTRY = Entry("limiter", "mine", "plain", object())


@pytest.fixture
def dispatch():
    return Dispatch()


async def test_gives_the_result(dispatch):
    async def method(a, b):
        return a + b

    assert await dispatch.call(ENTRY, method, 1, 2, deadline=1) == 3
    assert dispatch.ledger.counts == {}


async def test_names_plugin_seam_and_provider(dispatch):
    async def method():
        raise ValueError("secret")

    with pytest.raises(ProviderFault) as caught:
        await dispatch.call(ENTRY, method, deadline=1)
    assert str(caught.value) == "limiter 'plain' of plugin 'mine' raised ValueError"
    assert isinstance(caught.value.__cause__, ValueError)
    assert dispatch.ledger.of_plugin("mine") == {"raised": 1}
    assert dispatch.ledger.of_plugin("other") == {}


async def test_deadline(dispatch):
    async def method():
        await asyncio.sleep(10)

    started = time.monotonic()
    with pytest.raises(ProviderFault, match=r"within 0\.05 s") as caught:
        await dispatch.call(ENTRY, method, deadline=0.05)
    assert time.monotonic() - started < 0.25
    assert caught.value.kind == "timeout"


async def test_its_own_timeout_error_is_no_deadline(dispatch):
    async def method():
        raise TimeoutError

    with pytest.raises(ProviderFault) as caught:
        await dispatch.call(ENTRY, method, deadline=1)
    assert caught.value.kind == "raised"


async def test_errors_of_the_contract_pass(dispatch):
    async def method():
        raise Rejected("no")

    with pytest.raises(Rejected):
        await dispatch.call(ENTRY, method, deadline=1, passes=(Rejected,))
    with pytest.raises(ProviderFault):
        await dispatch.call(ENTRY, method, deadline=1, passes=(TargetFailed,))


async def test_result_of_a_wrong_type(dispatch):
    async def method():
        return "7"

    with pytest.raises(ProviderFault, match="returned a str, not a int") as caught:
        await dispatch.call(ENTRY, method, deadline=1, check=expect(int))
    assert caught.value.kind == "wrong-type"


async def test_cancellation_from_outside_passes_and_is_no_fault(dispatch):
    async def method():
        await asyncio.sleep(10)

    task = asyncio.create_task(dispatch.call(ENTRY, method, deadline=5))
    await asyncio.sleep(0.01)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert dispatch.ledger.counts == {}


async def test_a_deadline_further_out_is_not_blamed_on_the_provider(dispatch):
    async def method():
        await asyncio.sleep(10)

    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.05):
            await dispatch.call(ENTRY, method, deadline=5)
    assert dispatch.ledger.counts == {}


@pytest.mark.parametrize("error", [RuntimeError, SystemExit, asyncio.CancelledError])
async def test_plain_functions_have_the_same_faults(dispatch, error):
    def function():
        raise error

    with pytest.raises(ProviderFault):
        dispatch.run(ENTRY, function)
    assert dispatch.run(ENTRY, lambda: 3, check=expect(int)) == 3
    with pytest.raises(ProviderFault):
        dispatch.run(ENTRY, lambda: 3, check=expect(str))
