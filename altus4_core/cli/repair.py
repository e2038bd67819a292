"""`altus4 migrate repair`: what keeps `up` from running, and the corrections only a person can decide on."""

from collections.abc import Awaitable, Callable

import click
import orjson

from altus4_core.cli.migrating import (
    database_option,
    force_option,
    in_schema,
    json_option,
    namespaces_of,
    path_option,
    wait_option,
)
from altus4_core.commands import CommandContext, confirm_destructive
from altus4_core.migrate.files import read_files
from altus4_core.migrate.plan import plan_up
from altus4_core.migrate.repair import Book
from altus4_core.store import MigrationStore

Correction = Callable[[Book], Awaitable[str]]


@click.command("repair")
@path_option
@database_option
@wait_option
@click.option("--accept", metavar="NAME", help="The file was edited, and that changes nothing in the schema.")
@click.option("--renamed", nargs=2, metavar="OLD NEW", help="The file was renamed.")
@click.option("--forget", metavar="NAME", help="The file is gone for good; what it made stays in the schema.")
@click.option("--ran", metavar="NAME", help="The statement in doubt of this file has run.")
@click.option("--not-run", metavar="NAME", help="The statement in doubt of this file has not run.")
@force_option
@json_option
@click.pass_obj
def repair(
    context: CommandContext,
    path: str | None,
    database: str | None,
    wait: float,
    accept: str | None,
    renamed: tuple[str, str] | None,
    forget: str | None,
    ran: str | None,
    not_run: str | None,
    *,
    force: bool,
    as_json: bool,
) -> None:
    """Say what keeps `up` from running (nothing: exit code 0), or correct the table of migrations."""
    in_schema(context, database)
    wanted: list[Correction] = []
    if accept:
        wanted.append(lambda book: book.accept(accept))
    if renamed:
        wanted.append(lambda book: book.rename(*renamed))
    if forget:
        wanted.append(lambda book: book.forget(forget))
        confirm_destructive(context, "migrate repair --forget", force=force)
    if ran:
        wanted.append(lambda book: book.ran(ran, has_run=True))
    if not_run:
        wanted.append(lambda book: book.ran(not_run, has_run=False))
    if len(wanted) > 1:
        message = "one correction at a time"
        raise click.UsageError(message)

    async def work() -> list[str]:
        files = read_files(namespaces_of(context, path))
        store = context.service(MigrationStore)
        if not wanted:
            plan_up(files, await store.applied())  # refuses with what is wrong
            return []
        async with store.session(wait=wait) as session:
            return [await wanted[0](Book(files, await session.applied(), session))]

    said = context.run(work, services=(MigrationStore,))
    if as_json:
        click.echo(orjson.dumps({"done": said}))
    else:
        click.echo("\n".join(said) or "nothing to repair")
