"""`altus4 new-plugin`."""

from pathlib import Path

import click

from altus4_core.commands import fail
from altus4_core.errors import Altus4Error


@click.command("new-plugin")
@click.argument("name")
@click.option("--seam", default="categorizer", show_default=True, help="What it offers; see docs/hooks.md.")
@click.option("--into", type=click.Path(file_okay=False, path_type=Path), default=".", help="Where its folder is made.")
def new_plugin(name: str, seam: str, into: Path) -> None:
    """Write a plugin: a distribution with one provider, its contract test, README and CI file."""
    from altus4_core.scaffold.writer import write_plugin

    try:
        written = write_plugin(name, seam, into)
    except (Altus4Error, OSError) as error:
        fail(error)
    for path in written:
        click.echo(str(path))
    folder = into / name
    click.echo(f"\nnext: pip install -e '{folder}[test]' && pytest {folder}, then add {name!r} to `enable`", err=True)
