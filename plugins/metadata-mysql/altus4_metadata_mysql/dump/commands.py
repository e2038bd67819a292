"""`altus4 backup` and `altus4 restore`."""

import asyncio
from collections.abc import Sequence
from pathlib import Path

import attrs
import click
import orjson
from altus4_mysql import ConnectOptions, MySQLError, QueryFailed, make_driver

from altus4_core.cli.migrating import database_option, in_schema, json_option, namespaces_of
from altus4_core.commands import CommandContext, confirm_destructive
from altus4_core.migrate.files import read_files
from altus4_core.migrate.plan import pending
from altus4_core.progress import Progress, SilentProgress, progress_for
from altus4_core.store import MigrationStore
from altus4_metadata_mysql.dump.archive import Backup, read_backup
from altus4_metadata_mysql.dump.backup import Taker
from altus4_metadata_mysql.dump.errors import BackupFailed
from altus4_metadata_mysql.dump.restore import Restorer
from altus4_metadata_mysql.dump.retention import backup_name, prune
from altus4_metadata_mysql.link import options_of
from altus4_metadata_mysql.trackingtable import TABLE
from altus4_metadata_mysql.wiping import contents, wipe


@attrs.frozen
class Tools:
    """What the settings say: the driver, and the folder of the client programs."""

    driver: str
    programs: str


def backup_command(tools: Tools) -> click.Command:
    """Build `altus4 backup`."""

    @click.command("backup", help="Write a consistent, compressed, verified dump of the metadata schema.")
    @click.option(
        "--to",
        type=click.Path(file_okay=False, path_type=Path),
        default=Path(),
        show_default="here",
        help="Folder of the backups; made if it is not there.",
    )
    @click.option("--keep-days", type=click.IntRange(1, 36_500), help="Then remove backups there that are older.")
    @database_option
    @json_option
    @click.pass_obj
    def backup(
        context: CommandContext, to: Path, keep_days: int | None, database: str | None, *, as_json: bool
    ) -> None:
        in_schema(context, database)
        options = _options(context)
        now = context.gateway.clock.now()
        schema = options.database or ""

        async def run() -> Backup:
            applied = await context.service(MigrationStore).applied()
            _make(to)
            taker = Taker(options, tools.driver, tools.programs, _progress(quiet=as_json))
            return await taker.take(to / backup_name(schema, now), now, [row.filename for row in applied])

        made = context.run(run, services=(MigrationStore,))
        removed, problems = prune(to, schema, now, keep_days) if keep_days else ([], [])
        made = attrs.evolve(made, warnings=(*made.warnings, *problems))
        if as_json:
            click.echo(orjson.dumps({**made.as_json(), "removed": [str(path) for path in removed]}))
            return
        for warning in made.warnings:
            click.echo(f"note: {warning}", err=True)
        rows = sum(made.tables.values())
        click.echo(f"{made.path}: {len(made.tables)} tables, {rows} rows, {made.bytes} bytes, verified")
        if made.binlog is not None:
            click.echo(f"binary log: {made.binlog[0]} position {made.binlog[1]}")
        for path in removed:
            click.echo(f"removed {path}")

    return backup


def restore_command(tools: Tools) -> click.Command:
    """Build `altus4 restore`."""

    @click.command("restore", help="Load a backup into the metadata schema, which must be empty.")
    @click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
    @click.option("--force", is_flag=True, help="Drop what is in the schema first.")
    @click.option("--check", is_flag=True, help="Only read the backup to its end and say what is in it.")
    @database_option
    @json_option
    @click.pass_obj
    def restore(
        context: CommandContext, file: Path, database: str | None, *, force: bool, check: bool, as_json: bool
    ) -> None:
        in_schema(context, database)
        options = None if check else _options(context)

        async def run() -> tuple[Backup, Sequence[str]]:
            progress = _progress(quiet=as_json)
            size = _size(file)
            found = await asyncio.to_thread(
                read_backup, file, lambda passed: progress.advance("verifying", passed / size)
            )
            if options is None:
                return found, []
            files = read_files(namespaces_of(context, None))
            restorer = Restorer(options, tools.driver, tools.programs, progress)
            server = await restorer.check(found, [each.filename for each in files])
            store = context.service(MigrationStore)
            # The lock keeps everybody from migrating meanwhile; taking it makes the schema where it is absent.
            async with store.session(wait=0):
                if found_there := await _contents(options, tools.driver):
                    _refuse_full(context, options, found_there, force=force)

                async def empty() -> None:
                    await _empty(options, tools.driver)

                await restorer.load(found, server, empty)
            return found, pending(files, await store.applied())

        found, waiting = context.run(run, services=(MigrationStore,) if not check else ())
        if as_json:
            click.echo(orjson.dumps({**found.as_json(), "pending": list(waiting)}))
            return
        rows = sum(found.tables.values())
        word = "whole" if check else "restored and verified"
        click.echo(f"{file}: {len(found.tables)} tables, {rows} rows, {word}")
        if found.binlog is not None:
            click.echo(f"binary log: {found.binlog[0]} position {found.binlog[1]}")
        if waiting:
            click.echo(f"note: {len(waiting)} migrations are pending: altus4 migrate up", err=True)

    return restore


def _options(context: CommandContext) -> ConnectOptions:
    from altus4_core.commands import fail
    from altus4_core.errors import Altus4Error

    try:
        return options_of(context.settings.core.metadata.url, query_timeout=60.0)
    except Altus4Error as error:
        fail(error)


def _make(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError as error:
        message = f"cannot make the folder {folder}: {error.strerror}"
        raise BackupFailed(message) from error


def _size(file: Path) -> int:
    return max(1, file.stat().st_size)


def _progress(*, quiet: bool) -> Progress:
    return SilentProgress() if quiet else progress_for()


def _refuse_full(context: CommandContext, options: ConnectOptions, there: Sequence[str], *, force: bool) -> None:
    if not force:
        names = ", ".join(there[:3]) + (", ..." if len(there) > 3 else "")
        message = (
            f"the schema {options.database!r} is not empty ({names}): restore into another one with --database,"
            " or with --force, which drops everything in it"
        )
        raise BackupFailed(message)
    confirm_destructive(context, "restore into a schema that is not empty", force=force)


async def _contents(options: ConnectOptions, driver: str) -> Sequence[str]:
    return await _on_connection(options, driver, empty=False)


async def _empty(options: ConnectOptions, driver: str) -> None:
    await _on_connection(options, driver, empty=True)


async def _on_connection(options: ConnectOptions, driver: str, *, empty: bool) -> Sequence[str]:
    try:
        connection = await make_driver(driver).connect(options)
        try:
            if empty:
                return await wipe(connection, options.database or "", TABLE, views=True, routines=True)
            return [name for name, _ in await contents(connection, options.database or "")]
        finally:
            connection.close()
            await connection.wait_closed()
    except QueryFailed as error:
        message = f"the server refused to empty the schema (error {error.errno}): grant the user DROP on it"
        raise BackupFailed(message) from error
    except MySQLError as error:
        message = f"the metadata database went away ({error}): restore again with --force"
        raise BackupFailed(message) from error
