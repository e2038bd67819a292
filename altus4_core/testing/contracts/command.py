"""The contract of commands."""

from typing import Any

import click
from click.testing import CliRunner

from altus4_core.composing.composition import NAME
from altus4_core.testing.contracts.base import RecordContract


class CommandContract(RecordContract):
    """`provider` is the command, `valid` a list of arguments that show help somewhere: `[]`, or `["create"]`."""

    seam = "command"

    def test_names(self, provider: click.Command) -> None:
        """The command and all its sub-commands have names that an operator can type, and say what they do."""
        for command in _all(provider):
            assert NAME.match(command.name or ""), command.name
            assert command.help or command.short_help or command.callback.__doc__, f"{command.name} has no help"

    def test_help(self, provider: click.Command, valid: list[str]) -> None:
        """Help needs no settings, no server and no plugin."""
        result: Any = CliRunner().invoke(provider, [*valid, "--help"])
        assert result.exit_code == 0, result.output
        assert "Usage:" in result.output

    def test_wrong_usage(self, provider: click.Command) -> None:
        """An unknown option is wrong usage: exit code 2 and no traceback."""
        result: Any = CliRunner().invoke(provider, ["--no-such-option"])
        assert result.exit_code == 2
        assert "Traceback" not in result.output


def _all(command: click.Command) -> list[click.Command]:
    inner = list(command.commands.values()) if isinstance(command, click.Group) else []
    return [command, *(found for child in inner for found in _all(child))]
