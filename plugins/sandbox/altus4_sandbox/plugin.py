"""Wiring: the command `altus4 demo`."""

from collections.abc import Iterable

import click

from altus4_core.hookspecs import hookimpl
from altus4_core.plugin import Plugin, PluginContext


class Sandbox(Plugin):
    """A private MySQL server for the demo and for tests."""

    name = "sandbox"

    @hookimpl
    def altus4_commands(self, ctx: PluginContext) -> Iterable[click.Command]:
        """Offer `demo`."""
        from altus4_sandbox.demo.command import demo_command

        return [demo_command]
