"""`altus4 build`."""

from pathlib import Path

import click

from altus4_core.commands import fail
from altus4_core.errors import Altus4Error, Problem, StartupRefused


@click.command()
@click.argument("file", required=False, type=click.Path(dir_okay=False, path_type=Path), metavar="[BUILD.toml]")
@click.option(
    "--from-config", type=click.Path(dir_okay=False, path_type=Path), help="Take the plugins of a settings file."
)
@click.option("--output", type=click.Path(file_okay=False, path_type=Path), help="Folder for what is made.")
@click.option("--skip", multiple=True, metavar="STEP", help="Leave a step out; may be repeated.")
@click.option("--again", multiple=True, metavar="STEP", help="Do a step anew, even if nothing changed.")
@click.option("--verbose", is_flag=True, help="Show what pip says.")
def build(
    file: Path | None,
    from_config: Path | None,
    output: Path | None,
    skip: tuple[str, ...],
    again: tuple[str, ...],
    *,
    verbose: bool,
) -> None:
    """Put a deployment together: wheels, a lock, a settings skeleton, a manifest, a container file.

    Steps: resolve, wheelhouse, check, settings, manifest, container. Those whose work is done are not done again;
    what was cut off is gone on with.

    Exit code: 0 done, 1 a step failed, 2 wrong usage or build.toml, 75 another build works in the folder.
    """
    from altus4_core.building.build import build as run_build
    from altus4_core.building.plan import read_plan

    try:
        plan = read_plan(file, from_config, output)
        for line in run_build(plan, skip, again, show=verbose):
            click.echo(line)
    except OSError as error:
        reason = (error.strerror or type(error).__name__).lower()
        where = str(error.filename or "")
        hint = "choose another --output, or mend that"
        fail(StartupRefused([Problem("build", f"cannot write or read: {reason}", where, hint)]))
    except (Altus4Error, KeyboardInterrupt) as error:
        fail(error)
