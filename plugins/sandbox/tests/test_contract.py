"""The command keeps the contract of its seam."""

import pytest

from altus4_core.testing.contracts import CommandContract


class TestDemo(CommandContract):
    @pytest.fixture
    def provider(self):
        from altus4_sandbox.demo.command import demo_command

        return demo_command

    @pytest.fixture
    def valid(self):
        return []
