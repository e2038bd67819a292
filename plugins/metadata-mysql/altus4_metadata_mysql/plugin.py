"""Wiring: settings and hooks."""

from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager
from importlib.resources import files

import attrs
import click
from attrs.validators import ge, gt

from altus4_core.errors import Problem, StartupRefused
from altus4_core.hookspecs import hookimpl
from altus4_core.migrate.plan import MigrationFile, pending, read_files
from altus4_core.plugin import Plugin, PluginContext
from altus4_core.seams import Check, Migrations, Service
from altus4_core.settings import setting
from altus4_core.store import MetadataStore, MigrationStore


@attrs.frozen
class MetadataMySQLSettings:
    """Section `[plugins.metadata-mysql]`; the URL is `metadata.url`."""

    driver: str = setting("aiomysql", doc="Driver of the mysql library: aiomysql or asyncmy.")
    pool_size: int = setting(8, doc="Connections to the metadata database at once.", validator=ge(1))
    read_timeout: float = setting(
        1.5, doc="Longest time of a statement that reads, connecting included, in seconds.", validator=gt(0)
    )
    client_programs: str = setting(
        "", doc="Folder of mysqldump and mysql, or mariadb-dump and mariadb; empty: wherever PATH finds them."
    )
    write_timeout: float = setting(
        8.0, doc="Longest time of a statement that writes, connecting included, in seconds.", validator=gt(0)
    )


class MetadataMySQL(Plugin):
    """The metadata store in MySQL or MariaDB, and its migrations."""

    name = "metadata-mysql"
    Settings = MetadataMySQLSettings
    tables = {"migrations": "SELECT"}

    @hookimpl
    def altus4_services(self, ctx: PluginContext) -> Iterable[Service]:
        """Offer the store, and the store for migrations, which needs neither schema nor tables."""

        @asynccontextmanager
        async def open_migrations() -> AsyncIterator[MigrationStore]:
            from altus4_metadata_mysql.link import options_of
            from altus4_metadata_mysql.tracking import MySQLMigrationStore

            options = options_of(ctx.settings.metadata.url, query_timeout=self.settings.write_timeout)
            yield MySQLMigrationStore(options, self.settings.driver)

        @asynccontextmanager
        async def open_store() -> AsyncIterator[MetadataStore]:
            from altus4_metadata_mysql.link import Link, options_of
            from altus4_metadata_mysql.store import MySQLMetadataStore

            options = options_of(ctx.settings.metadata.url, query_timeout=self.settings.write_timeout)
            link = Link(
                options,
                self.settings.driver,
                self.settings.pool_size,
                ctx.logger,
                read_timeout=self.settings.read_timeout,
            )
            try:
                await link.check()
                if ctx.settings.metadata.require_migrated:
                    await _refuse_pending(ctx.service(MigrationStore)())
                yield MySQLMetadataStore(link)
            finally:
                await link.close()

        return [
            Service(MigrationStore, open_migrations, name="migration-store"),
            Service(
                MetadataStore, open_store, ping=lambda store: store.ping(), name="metadata", requires=(MigrationStore,)
            ),
        ]

    @hookimpl
    def altus4_migrations(self, ctx: PluginContext) -> Iterable[Migrations]:
        """Offer the shipped schema."""
        return [shipped()]

    @hookimpl
    def altus4_checks(self, ctx: PluginContext) -> Iterable[Check]:
        """Offer what can be seen of the metadata database: only whether it is at head decides on readiness."""
        from altus4_metadata_mysql.checks import Clocks, Connections, Indexes, MigrationsAtHead, Rights, Variables
        from altus4_metadata_mysql.checks.asking import Server

        server = Server(ctx.settings.metadata.url, self.settings.driver, self.settings.pool_size)
        return [
            MigrationsAtHead(
                ctx.service(MigrationStore),
                shipped_files,
                ctx.clock,
                required=ctx.settings.metadata.require_migrated,
            ),
            Rights(server, ctx.tables),
            Variables(server),
            Indexes(server),
            Clocks(server, ctx.clock),
            Connections(server, ctx.settings.server.workers),
        ]

    @hookimpl
    def altus4_commands(self, ctx: PluginContext) -> Iterable[click.Command]:
        """Offer `altus4 backup`, `altus4 restore` and `altus4 grants`."""
        from altus4_metadata_mysql.dump.commands import Tools, backup_command, restore_command
        from altus4_metadata_mysql.grantscommand import grants_command

        tools = Tools(self.settings.driver, self.settings.client_programs)
        return [backup_command(tools), restore_command(tools), grants_command(ctx.tables)]


def shipped() -> Migrations:
    """Give the namespace of the metadata schema."""
    return Migrations("", str(files("altus4_migrations")))


def shipped_files() -> Sequence[MigrationFile]:
    """Read the shipped files, in the order in which they run."""
    return read_files([shipped()])


async def _refuse_pending(store: MigrationStore) -> None:
    waiting = pending(shipped_files(), await store.applied())
    if waiting:
        named = ", ".join(waiting[:3]) + (", ..." if len(waiting) > 3 else "")
        what = f"{len(waiting)} migration{'s are' if len(waiting) > 1 else ' is'} pending ({named})"
        raise StartupRefused([Problem("metadata-mysql", what, hint="run: altus4 migrate up")])
