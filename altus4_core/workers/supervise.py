"""What `altus4 serve` runs where the settings say that several processes serve."""

import asyncio
import time

import click

from altus4_core.commands import CommandContext
from altus4_core.listening import bind, port_of
from altus4_core.workers.supervisor import Supervisor
from altus4_core.workers.task import Task


def supervise(context: CommandContext) -> int:
    """Bind, start workers, and keep them until a signal comes; gives the exit code.

    Raises:
        StartupRefused: the address cannot be had.
    """
    server = context.settings.core.server
    listeners = bind(server.host, server.port)
    # The workers read their settings as this process did, from the same environment: a port that was picked, too.
    context.override(ALTUS4_PORT=str(port_of(listeners)))
    selection = context.selection
    task = Task(
        number=0,
        since=time.monotonic(),
        listeners=tuple(listener.fileno() for listener in listeners),
        config="" if context.config is None else str(context.config),
        only=None if selection.only is None else tuple(selection.only),
        extra=tuple(plugin.origin for plugin in selection.extra),
        none=selection.none,
    )
    outcome = asyncio.run(Supervisor(task, context.settings.core, context.environ, listeners).run())
    for line in outcome.refused:
        click.echo(f"altus4: {line}", err=True)
    return outcome.code
