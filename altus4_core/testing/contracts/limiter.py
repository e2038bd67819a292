"""The contract of limiters."""

import math
from typing import Any, ClassVar

import attrs
import pytest

from altus4_core.errors import LimitsUnknown
from altus4_core.records import Subject, Verdict
from altus4_core.seams import Limiter
from altus4_core.testing.contracts.base import ProviderContract


class LimiterContract(ProviderContract):
    """`valid` is a `Subject` that has not been counted yet.

    Switches:
        action: What is asked for.
        limits: There is a limit at all. False for a null limiter.
        exhausted_after: So many calls with cost 1 are refused at the latest, when they come at once.
        gives_back: A negative cost is given back.
    """

    seam = "limiter"
    allowed_errors = (LimitsUnknown,)
    action: ClassVar[str] = "search.run"
    limits: ClassVar[bool] = True
    exhausted_after: ClassVar[int] = 1000
    gives_back: ClassVar[bool] = True

    async def call(self, provider: Limiter, valid: Subject) -> Any:
        """Count one."""
        return await provider.admit(valid, self.action, 1)

    async def call_with(self, provider: Limiter, valid: Subject, text: str) -> Any:
        """Count for a subject with a stranger's id."""
        return await provider.admit(attrs.evolve(valid, id=text), self.action, 1)

    def check(self, result: Any) -> None:
        """Assert that the verdict's figures fit together."""
        assert isinstance(result, Verdict)
        assert result.allowed is True or result.allowed is False
        for figure in (result.reset_after, result.retry_after):
            assert math.isfinite(figure)
            assert figure >= 0
        assert result.remaining <= result.limit
        if not result.allowed:
            assert result.retry_after > 0

    @pytest.mark.asyncio
    @pytest.mark.parametrize("kind", ["key", "account", "address"])
    async def test_all_kinds_of_subjects(self, provider: Limiter, valid: Subject, kind: Any) -> None:
        """Keys, accounts and addresses are judged, whatever is counted for them."""
        self.check(await provider.admit(attrs.evolve(valid, kind=kind), self.action, 1))

    @pytest.mark.asyncio
    async def test_unknown_action_and_tier(self, provider: Limiter, valid: Subject) -> None:
        """What it does not know is no reason to fail."""
        self.check(await provider.admit(valid, "nobody.knows-it", 1))
        self.check(await provider.admit(attrs.evolve(valid, tier="nobody-knows-it"), self.action, 1))

    @pytest.mark.asyncio
    async def test_cost_zero_only_looks(self, provider: Limiter, valid: Subject) -> None:
        """Looking does not count."""
        first = await provider.admit(valid, self.action, 0)
        for _ in range(10):
            seen = await provider.admit(valid, self.action, 0)
        assert seen.remaining >= first.remaining

    @pytest.mark.asyncio
    async def test_refuses_and_tells_subjects_apart(self, provider: Limiter, valid: Subject) -> None:
        """Too much is refused, for that subject alone."""
        if not self.limits:
            pytest.skip("a null limiter")
        verdict = await self._exhaust(provider, valid)
        assert not verdict.allowed
        self.check(verdict)
        other = await provider.admit(attrs.evolve(valid, id=f"{valid.id}-another"), self.action, 1)
        assert other.allowed

    @pytest.mark.asyncio
    async def test_gives_back(self, provider: Limiter, valid: Subject) -> None:
        """What is given back can be had again."""
        if not (self.limits and self.gives_back):
            pytest.skip("it gives nothing back")
        assert not (await self._exhaust(provider, valid)).allowed
        await provider.admit(valid, self.action, -1)
        assert (await provider.admit(valid, self.action, 1)).allowed

    async def _exhaust(self, provider: Limiter, valid: Subject) -> Verdict:
        verdict = await provider.admit(valid, self.action, 1)
        for _ in range(self.exhausted_after):
            if not verdict.allowed:
                break
            verdict = await provider.admit(valid, self.action, 1)
        return verdict
