"""A command."""

import click


def greet_command() -> click.Command:
    """Make `altus4 greet`."""

    @click.command("greet")
    @click.argument("name", default="world")
    def greet(name: str) -> None:
        """Greet somebody."""
        click.echo(f"Hello, {name}")

    return greet
