"""`altus4 migrate`: up, plan, status, and what rolls back."""

from collections.abc import Sequence
from typing import Any

import attrs
import click
import orjson

from altus4_core.cli.migrating import (
    Job,
    database_option,
    file_option,
    force_option,
    in_schema,
    json_option,
    namespaces_of,
    path_option,
    run_options,
    seed_option,
    step_json,
)
from altus4_core.cli.repair import repair
from altus4_core.commands import CommandContext
from altus4_core.composing.introspection import columns
from altus4_core.errors import ValidationFailed
from altus4_core.migrate.files import MigrationFile, read_files
from altus4_core.migrate.plan import Step, out_of_order, plan_down, plan_up, status
from altus4_core.migrate.repair import find_file
from altus4_core.store import AppliedMigration, MigrationStore

Files = Sequence[MigrationFile]
Applied = Sequence[AppliedMigration]


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


migrate.add_command(repair)


def _job(context: CommandContext, given: dict[str, Any], plan: Any, **more: Any) -> Job:
    in_schema(context, given.pop("database"))
    return Job(context, given["path"], given["wait"], given["pretend"], given["as_json"], plan, **more)


@migrate.command("up")
@run_options
@file_option
@seed_option
@force_option
@click.pass_obj
def up(context: CommandContext, /, file: str | None, *, seed: bool, force: bool, **given: Any) -> None:
    """Apply what is pending."""

    def plan(files: Files, applied: Applied) -> list[Step]:
        steps = plan_up(files, applied)
        return steps if file is None else _only(steps, find_file(files, file))

    _job(context, given, plan, seed=seed).run("migrate up", force=force)


def _only(steps: Sequence[Step], file: MigrationFile) -> list[Step]:
    before = [step.file.filename for step in steps]
    if file.filename in before and (skipped := before[: before.index(file.filename)]):
        click.echo(f"note: {', '.join(dict.fromkeys(skipped))} is pending, too, and comes before", err=True)
    return [step for step in steps if step.file is file]


@migrate.command("down")
@run_options
@file_option
@force_option
@click.pass_obj
def down(context: CommandContext, /, file: str | None, *, force: bool, **given: Any) -> None:
    """Roll everything back: the metadata is lost. With --file this file alone."""

    def plan(files: Files, applied: Applied) -> list[Step]:
        return plan_down(files, applied, only=None if file is None else {find_file(files, file).filename})

    _job(context, given, plan, only_back=True).run("migrate down", force=force, destroys=True)


@migrate.command("reset")
@run_options
@force_option
@click.pass_obj
def reset(context: CommandContext, /, *, force: bool, **given: Any) -> None:
    """Roll everything back, as `down` does."""
    _job(context, given, plan_down, only_back=True).run("migrate reset", force=force, destroys=True)


@migrate.command("rollback")
@run_options
@click.option("--step", type=click.IntRange(1), help="The newest N files, whatever their batch.")
@click.option("--batch", type=click.IntRange(1), help="The files of this batch (default: the newest one).")
@force_option
@click.pass_obj
def rollback(context: CommandContext, /, step: int | None, batch: int | None, *, force: bool, **given: Any) -> None:
    """Roll back the newest batch: what one `up` applied."""
    if step is not None and batch is not None:
        message = "--step and --batch exclude each other"
        raise click.UsageError(message)

    def plan(files: Files, applied: Applied) -> list[Step]:
        if step is not None or not applied:
            return plan_down(files, applied, most=step)
        return plan_down(files, applied, only=_of_batch(applied, batch))

    _job(context, given, plan, only_back=True).run("migrate rollback", force=force, destroys=True)


def _of_batch(applied: Applied, batch: int | None) -> set[str]:
    batches = sorted({row.batch for row in applied})
    if batch is not None and batch not in batches:
        message = f"there is no batch {batch}; batches: {', '.join(map(str, batches))}"
        raise ValidationFailed(message)
    return {row.filename for row in applied if row.batch == (batches[-1] if batch is None else batch)}


@migrate.command("refresh")
@run_options
@click.option("--step", type=click.IntRange(1), help="Only the newest N files.")
@seed_option
@force_option
@click.pass_obj
def refresh(context: CommandContext, /, step: int | None, *, seed: bool, force: bool, **given: Any) -> None:
    """Roll everything back and apply it again: the metadata is lost."""

    def plan(files: Files, applied: Applied) -> list[Step]:
        return plan_down(files, applied, most=step)

    _job(context, given, plan, then_up=True, seed=seed).run("migrate refresh", force=force, destroys=True)


@migrate.command("fresh")
@run_options
@click.option("--drop-views", is_flag=True, help="Drop the schema's views, too.")
@seed_option
@force_option
@click.pass_obj
def fresh(context: CommandContext, /, *, drop_views: bool, seed: bool, force: bool, **given: Any) -> None:
    """Drop every table of the schema, whoever made it, and apply everything: the metadata is lost."""
    job = _job(context, given, lambda _files, _applied: [], then_up=True, wipe=drop_views, seed=seed)
    job.run("migrate fresh", force=force, destroys=True)


@migrate.command("plan")
@path_option
@database_option
@json_option
@click.pass_obj
def show_plan(context: CommandContext, path: str | None, database: str | None, *, as_json: bool) -> None:
    """Show what `up` would do, and where a file that was cut off goes on. Writes nothing."""
    in_schema(context, database)

    async def look() -> tuple[list[Step], set[str]]:
        files, applied = read_files(namespaces_of(context, path)), await context.service(MigrationStore).applied()
        return plan_up(files, applied), set(out_of_order(files, applied))

    steps, late = context.run(look, services=(MigrationStore,))
    if as_json:
        lines = [
            {**step_json(step, pretend=False), "begin": step.begin, "outOfOrder": _late(step, late)} for step in steps
        ]
        click.echo(orjson.dumps(lines))
        return
    for step in steps:
        place = f" from statement {step.begin + 1}" if step.begin else ""
        note = ", though files that come after it are applied" if _late(step, late) else ""
        count = f"{len(step.statements)} statement{'s' * (len(step.statements) != 1)}"
        click.echo(f"{step.way} {step.file.filename}: {count}{place}{note}")
    if not steps:
        click.echo("nothing to do", err=True)


def _late(step: Step, late: set[str]) -> bool:
    return step.way == "up" and step.file.filename in late


@migrate.command("status")
@path_option
@database_option
@json_option
@click.pass_obj
def show_status(context: CommandContext, path: str | None, database: str | None, *, as_json: bool) -> None:
    """Show each file and whether it is applied. Writes nothing."""
    in_schema(context, database)

    async def look() -> Sequence[Any]:
        files = read_files(namespaces_of(context, path))
        return status(files, await context.service(MigrationStore).applied())

    lines = context.run(look, services=(MigrationStore,))
    if as_json:
        click.echo(orjson.dumps([attrs.asdict(line) for line in lines]))
        return
    rows = [
        [
            line.filename,
            line.state,
            str(line.batch or "-"),
            line.applied_at or "-",
            "-" if line.duration_ms is None else f"{line.duration_ms} ms",
            line.applied_by or "-",
        ]
        for line in lines
    ]
    click.echo(columns([["MIGRATION", "STATE", "BATCH", "APPLIED", "TOOK", "BY"], *rows]))
