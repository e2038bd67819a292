"""What the contracts of all seams have in common."""

import asyncio
import inspect
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

import orjson
import pytest

from altus4_core.composing.composition import faults_of
from altus4_core.composing.seamtable import seam_table
from altus4_core.errors import Altus4Error
from altus4_core.seams import SeamSpec
from altus4_core.testing.contracts.hostile import HOSTILE_TEXTS
from altus4_core.testing.loopguard import LoopGuard

hostile = pytest.mark.parametrize("text", HOSTILE_TEXTS.values(), ids=HOSTILE_TEXTS.keys())


def spec_of(seam: str) -> SeamSpec:
    """Give the seam's entry in the table."""
    return next(spec for spec in seam_table() if spec.name == seam)


class RecordContract:
    """Of seams whose provider is a record: `provider` is of the right type."""

    seam: ClassVar[str]

    def test_is_the_record_of_its_seam(self, provider: Any) -> None:
        """The manager accepts it."""
        assert faults_of(spec_of(self.seam), provider) == []


class ProviderContract:
    """Of seams whose provider has `async def` methods. A seam's class says how to call it and what may come back.

    Switches:
        at_once: How many calls are made at the same time.
        longest_hold: Seconds for which a call may hold the event loop.
        cancel_within: Seconds within which a cancelled call must have ended.
    """

    seam: ClassVar[str]
    allowed_errors: ClassVar[tuple[type[Altus4Error], ...]] = ()
    at_once: ClassVar[int] = 20
    longest_hold: ClassVar[float] = 0.25
    cancel_within: ClassVar[float] = 1.0

    async def call(self, provider: Any, valid: Any) -> Any:
        """Call the provider with a valid input."""
        raise NotImplementedError

    async def call_with(self, provider: Any, valid: Any, text: str) -> Any:
        """Call the provider with a text put where a stranger's text comes in."""
        raise NotImplementedError

    def check(self, result: Any) -> None:
        """Assert that the result is what the seam promises."""
        raise NotImplementedError

    def test_fits_its_seam(self, provider: Any) -> None:
        """It has a well-formed name, the attributes and the methods, asynchronous where they must be."""
        assert faults_of(spec_of(self.seam), provider) == []

    def test_methods_are_not_generators(self, provider: Any) -> None:
        """An `async def` with a `yield` in it gives no result to await."""
        for method in spec_of(self.seam).methods:
            assert not inspect.isasyncgenfunction(getattr(provider, method))

    @pytest.mark.asyncio
    async def test_result(self, provider: Any, valid: Any) -> None:
        """A valid input gives a result of the promised type."""
        self.check(await self.call(provider, valid))

    @pytest.mark.asyncio
    async def test_many_at_once(self, provider: Any, valid: Any) -> None:
        """Calls at the same time do not disturb each other."""
        results = await asyncio.gather(
            *(self.call(provider, valid) for _ in range(self.at_once)), return_exceptions=True
        )
        for result in results:
            if not isinstance(result, self.allowed_errors):
                assert not isinstance(result, BaseException), f"raised {result!r}"
                self.check(result)

    @pytest.mark.asyncio
    @pytest.mark.parametrize("turns", [0, 1, 2, 5, 20])
    async def test_cancellation_passes(self, provider: Any, valid: Any, turns: int) -> None:
        """A call that is cancelled after some turns of the loop ends at once, and the next one works."""
        task = asyncio.ensure_future(self.call(provider, valid))
        for _ in range(turns):
            await asyncio.sleep(0)
        task.cancel()
        done, _ = await asyncio.wait({task}, timeout=self.cancel_within)
        assert done, f"did not end within {self.cancel_within} s of its cancellation"
        if not task.cancelled():
            # It was done before the cancellation came: then it has a result, never a swallowed cancellation.
            assert task.cancelling() <= 1
            error = task.exception()
            assert error is None or isinstance(error, self.allowed_errors), f"turned its cancellation into {error!r}"
        self.check(await self.call(provider, valid))

    @pytest.mark.asyncio
    async def test_does_not_hold_the_loop(self, provider: Any, valid: Any) -> None:
        """While it works, others can."""
        async with LoopGuard(self.longest_hold):
            for _ in range(3):
                await self.call(provider, valid)

    @pytest.mark.asyncio
    @hostile
    async def test_hostile_text(self, provider: Any, valid: Any, text: str) -> None:
        """A stranger's text gives a result or an error that the seam allows, and holds nobody up."""
        async with LoopGuard(self.longest_hold):
            try:
                result = await self.call_with(provider, valid, text)
            except self.allowed_errors as error:
                check_message(error)
                return
        self.check(result)


def check_message(error: Altus4Error) -> None:
    """Assert that an error's message is one clear line for people, within bounds."""
    assert error.message
    assert "\n" not in error.message
    assert len(error.message) <= 1000
    assert error.error_code == error.error_code.upper()


def check_list(result: Any, kind: type) -> Sequence[Any]:
    """Assert that a result is a list or tuple of records of one type."""
    assert isinstance(result, list | tuple), f"{type(result).__name__} is no list"
    for item in result:
        assert isinstance(item, kind), f"{type(item).__name__} is no {kind.__name__}"
    return result


def check_json(value: Mapping[str, Any]) -> None:
    """Assert that a value can be sent as JSON as it is."""
    orjson.dumps(value)
