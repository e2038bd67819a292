"""A command that says hello."""

import click


def hello_command(name: str = "memory-hello") -> click.Command:
    """Make the command."""
    return click.Command(name, callback=lambda: click.echo("hello"), help="Say hello.")
