"""The contract of services."""

import asyncio
from typing import Any, ClassVar

import pytest

from altus4_core.composing.composition import provider_name
from altus4_core.seams import Service
from altus4_core.testing.contracts.base import RecordContract, spec_of
from altus4_core.testing.loopguard import LoopGuard


class ServiceContract(RecordContract):
    """`provider` is the service; `valid` is called with the running instance and tells whether it works.

    Switches:
        opens_again: A second one can be opened when the first is closed.
        closer: The method of the instance that frees it, where there is one: it may be called twice.
        longest_hold: Seconds for which starting and stopping may hold the event loop.
        stop_within: Seconds that stopping may take.
    """

    seam = "service"
    opens_again: ClassVar[bool] = True
    closer: ClassVar[str] = "aclose"
    longest_hold: ClassVar[float] = 0.5
    stop_within: ClassVar[float] = 5.0

    def test_has_a_name(self, provider: Service) -> None:
        """Operators see it."""
        assert provider_name(spec_of("service"), provider).strip()
        assert isinstance(provider.type, type)
        assert all(isinstance(kind, type) for kind in provider.requires or ())

    @pytest.mark.asyncio
    async def test_runs(self, provider: Service, valid: Any) -> None:
        """It starts, works, answers the ping and stops, without holding the loop."""
        async with LoopGuard(self.longest_hold):
            async with provider.factory() as running:
                assert running is not None
                assert await valid(running)
                if provider.ping is not None:
                    await provider.ping(running)
            await asyncio.sleep(0)

    @pytest.mark.asyncio
    async def test_opens_again(self, provider: Service, valid: Any) -> None:
        """It can be started again after it was stopped: tests and commands do."""
        for _ in range(2 if self.opens_again else 1):
            async with provider.factory() as running:
                assert await valid(running)

    @pytest.mark.asyncio
    async def test_closes_twice(self, provider: Service) -> None:
        """Whoever closes it early does no harm to the ordered stop."""
        async with asyncio.timeout(self.stop_within), provider.factory() as running:
            close = getattr(running, self.closer, None)
            if close is not None:
                await close()
                await close()

    @pytest.mark.asyncio
    async def test_leaves_no_task(self, provider: Service, valid: Any) -> None:
        """What it started it ends."""
        before = asyncio.all_tasks()
        async with provider.factory() as running:
            assert await valid(running)
        for _ in range(20):
            left = {task for task in asyncio.all_tasks() - before if not task.done()}
            if not left:
                break
            await asyncio.sleep(0.01)
        assert not left

    @pytest.mark.asyncio
    @pytest.mark.parametrize("turns", [0, 1, 3, 10])
    async def test_start_can_be_cancelled(self, provider: Service, turns: int) -> None:
        """A start that takes too long is cancelled, and lets itself be."""

        async def start() -> None:
            async with provider.factory():
                await asyncio.sleep(60)

        task = asyncio.create_task(start())
        for _ in range(turns):
            await asyncio.sleep(0)
        task.cancel()
        done, _ = await asyncio.wait({task}, timeout=self.stop_within)
        assert done, "did not end when it was cancelled"
        assert task.cancelled(), "swallowed its cancellation"
