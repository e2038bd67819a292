"""`altus4 migrate`: up, down, status."""

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import attrs
import click
import orjson

from altus4_core.commands import CommandContext, confirm_destructive
from altus4_core.composing.introspection import columns
from altus4_core.migrate.plan import MigrationFile, Step, out_of_order, plan_down, plan_up, read_files, status
from altus4_core.migrate.run import Report, run_steps
from altus4_core.migrate.sqlsplit import join_statements
from altus4_core.seams import Migrations
from altus4_core.store import MigrationStore

WAIT_SECONDS = 60.0


def _options(command: Any) -> Any:
    for option in (
        click.option(
            "--path", type=click.Path(exists=True, file_okay=False), help="Take the place of the shipped files."
        ),
        click.option("--pretend", is_flag=True, help="Print the SQL; write nothing at all."),
        click.option(
            "--wait",
            type=click.FloatRange(0, 86400),
            default=WAIT_SECONDS,
            show_default=True,
            help="Seconds to wait for the lock.",
        ),
        click.option("--json", "as_json", is_flag=True, help="Print JSON."),
    ):
        command = option(command)
    return command


class _UpByDefault(click.Group):
    """`migrate` alone, or with options alone, is `migrate up`."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Put the default command in front."""
        if not args or (args[0].startswith("-") and args[0] not in {"-h", "--help"}):
            args = ["up", *args]
        return super().parse_args(ctx, args)


@click.group(cls=_UpByDefault)
def migrate() -> None:
    """Bring the metadata schema up to date; without a command the same as `up`."""


@migrate.command("up")
@_options
@click.pass_obj
def up(context: CommandContext, path: str | None, wait: float, *, pretend: bool, as_json: bool) -> None:
    """Apply what is pending."""
    _run(context, path, wait, pretend=pretend, as_json=as_json, down=False)


@migrate.command("down")
@_options
@click.option("--force", is_flag=True, help="Do it in production, too.")
@click.pass_obj
def down(context: CommandContext, path: str | None, wait: float, *, pretend: bool, as_json: bool, force: bool) -> None:
    """Roll everything back: the metadata is lost."""
    if not pretend:
        confirm_destructive(context, "migrate down", force=force)
    _run(context, path, wait, pretend=pretend, as_json=as_json, down=True)


@migrate.command("status")
@click.option("--path", type=click.Path(exists=True, file_okay=False), help="Take the place of the shipped files.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_obj
def show_status(context: CommandContext, path: str | None, *, as_json: bool) -> None:
    """Show each file and whether it is applied. Writes nothing."""

    async def look() -> Sequence[Any]:
        return status(_files(context, path), await context.service(MigrationStore).applied())

    lines = context.run(look, services=(MigrationStore,))
    if as_json:
        click.echo(orjson.dumps([attrs.asdict(line) for line in lines]))
    else:
        rows = [
            [line.filename, line.state, str(line.batch or "-"), line.applied_at or "-", line.applied_by or "-"]
            for line in lines
        ]
        click.echo(columns([["MIGRATION", "STATE", "BATCH", "APPLIED", "BY"], *rows]))


def _files(context: CommandContext, path: str | None) -> list[MigrationFile]:
    namespaces = [entry.provider for entry in context.gateway.composition.of("migrations")]
    if path is not None:
        namespaces = [Migrations("", str(Path(path).resolve())), *(n for n in namespaces if n.name)]
    return read_files(namespaces)


def _run(context: CommandContext, path: str | None, wait: float, *, pretend: bool, as_json: bool, down: bool) -> None:
    plan = plan_down if down else plan_up

    async def work() -> Sequence[Step]:
        files = _files(context, path)
        store = context.service(MigrationStore)
        applied = await store.applied()
        if pretend or (down and not applied):  # taking the lock would make the schema
            return plan(files, applied)
        async with store.session(wait=wait) as session:
            applied = await session.applied()
            steps = plan(files, applied)
            for name in [] if down else out_of_order(files, applied):
                click.echo(f"note: {name} comes before files that are applied already", err=True)
            await run_steps(session, steps, applied, context.gateway.clock, _reporter(quiet=as_json))
            return steps

    steps = context.run(work, services=(MigrationStore,))
    if as_json:
        click.echo(orjson.dumps([_step_json(step, pretend=pretend) for step in steps]))
    elif pretend:
        for step in steps:
            click.echo(f"-- {step.file.filename} {step.way}")
            click.echo(join_statements(step.statements[step.begin :]), nl=False)
    elif not steps:
        click.echo("nothing to do", err=True)


def _reporter(*, quiet: bool) -> Report:
    def report(step: Step, done: int) -> None:
        if not quiet and done == len(step.statements):
            word = "applied" if step.way == "up" else "rolled back"
            click.echo(f"{word} {step.file.filename}")
            sys.stdout.flush()

    return report


def _step_json(step: Step, *, pretend: bool) -> dict[str, Any]:
    data: dict[str, Any] = {"filename": step.file.filename, "way": step.way, "statements": len(step.statements)}
    if pretend:
        data["sql"] = [statement.sql for statement in step.statements[step.begin :]]
    return data
