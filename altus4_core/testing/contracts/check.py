"""The contract of checks."""

from typing import Any, ClassVar

import pytest

from altus4_core.records import Finding, Severity
from altus4_core.seams import Check
from altus4_core.testing.contracts.base import ProviderContract, check_json, check_list


class CheckContract(ProviderContract):
    """`valid` is the worst severity that the check finds where the tests run.

    Switches:
        at_once: How many runs are made at the same time.
    """

    seam = "check"
    at_once: ClassVar[int] = 3

    async def call(self, provider: Check, valid: Severity) -> Any:
        """Run."""
        return await provider.run()

    async def call_with(self, provider: Check, valid: Severity, text: str) -> Any:
        """Run: no text of a stranger comes near a check."""
        return await provider.run()

    def check(self, result: Any) -> None:
        """Assert that these are findings that say something."""
        for finding in check_list([result] if isinstance(result, Finding) else result, Finding):
            assert finding.name
            assert isinstance(finding.severity, Severity)
            assert finding.message
            assert "\n" not in finding.message
            check_json({"details": dict(finding.details)})
            if finding.severity in {Severity.WARNING, Severity.ERROR}:
                assert finding.hint, "a finding that matters says what to do"

    @pytest.mark.asyncio
    async def test_severity(self, provider: Check, valid: Severity) -> None:
        """It finds what its author says it finds here."""
        result = await provider.run()
        order = list(Severity)
        found = [result] if isinstance(result, Finding) else list(result)
        assert max((finding.severity for finding in found), key=order.index, default=Severity.OK) is valid
