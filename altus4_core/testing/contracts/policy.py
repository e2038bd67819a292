"""The contract of policies."""

from typing import Any, ClassVar

import pytest

from altus4_core.records import Action, Identity
from altus4_core.seams import Policy
from altus4_core.testing.contracts.base import ProviderContract


class PolicyContract(ProviderContract):
    """`valid` is a triple: identity, action, resource.

    Switches:
        answer: What the policy says to `valid` (True, False, None), or "any".
    """

    seam = "policy"
    answer: ClassVar[bool | str | None] = "any"

    async def call(self, provider: Policy, valid: tuple[Identity, Action, str | None]) -> Any:
        """Ask."""
        return await provider.permits(*valid)

    async def call_with(self, provider: Policy, valid: tuple[Identity, Action, str | None], text: str) -> Any:
        """Ask about a resource with a stranger's name."""
        identity, action, _ = valid
        return await provider.permits(identity, action, text)

    def check(self, result: Any) -> None:
        """Assert that it is an opinion: exactly True, False or None."""
        assert result is None or result is True or result is False

    @pytest.mark.asyncio
    async def test_answer(self, provider: Policy, valid: tuple[Identity, Action, str | None]) -> None:
        """It says what its author says it says, each time."""
        first = await provider.permits(*valid)
        assert await provider.permits(*valid) is first
        if self.answer != "any":
            assert first is self.answer

    @pytest.mark.asyncio
    @pytest.mark.parametrize(
        "action",
        [Action("nobody.knows-it"), Action("x" * 1000, "x" * 1000), Action("nobody.knows-it", "admin", "admin")],
        ids=["unknown", "long", "of admins"],
    )
    async def test_unknown_action(
        self, provider: Policy, valid: tuple[Identity, Action, str | None], action: Action
    ) -> None:
        """An action that it does not know is no reason to fail."""
        self.check(await provider.permits(valid[0], action, None))

    @pytest.mark.asyncio
    async def test_bare_identity(self, provider: Policy, valid: tuple[Identity, Action, str | None]) -> None:
        """An identity of another scheme, without any permission, is judged, too."""
        self.check(await provider.permits(Identity("somebody", "elsewhere", "unknown"), valid[1], valid[2]))
