"""Wiring: settings and hooks."""

from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from functools import cache
from importlib.resources import files

import attrs
from attrs.validators import ge, gt

from altus4_core.errors import Problem, StartupRefused
from altus4_core.hookspecs import hookimpl
from altus4_core.migrate import MigrationFile, pending, read_files
from altus4_core.plugin import Plugin, PluginContext
from altus4_core.seams import Check, Migrations, Service
from altus4_core.settings import setting
from altus4_core.store import MetadataStore, MigrationStore


@attrs.frozen
class MetadataMySQLSettings:
    """Section `[plugins.metadata-mysql]`; the URL is `metadata.url`."""

    driver: str = setting("aiomysql", doc="Driver of the mysql library: aiomysql or asyncmy.")
    pool_size: int = setting(8, doc="Connections to the metadata database at once.", validator=ge(1))
    query_timeout: float = setting(10.0, doc="Longest time of one statement, in seconds.", validator=gt(0))


class MetadataMySQL(Plugin):
    """The metadata store in MySQL or MariaDB, and its migrations."""

    name = "metadata-mysql"
    Settings = MetadataMySQLSettings

    @hookimpl
    def altus4_services(self, ctx: PluginContext) -> Iterable[Service]:
        """Offer the store, and the store for migrations."""

        @asynccontextmanager
        async def open_migrations() -> AsyncIterator[MigrationStore]:
            from altus4_metadata_mysql.link import options_of
            from altus4_metadata_mysql.tracking import STATEMENT_SECONDS, MySQLMigrationStore

            options = options_of(ctx.settings.metadata.url, query_timeout=STATEMENT_SECONDS)
            yield MySQLMigrationStore(options, self.settings.driver)

        @asynccontextmanager
        async def open_store() -> AsyncIterator[MetadataStore]:
            from altus4_metadata_mysql.link import Link, options_of
            from altus4_metadata_mysql.store import MySQLMetadataStore

            options = options_of(ctx.settings.metadata.url, query_timeout=self.settings.query_timeout)
            link = Link(options, self.settings.driver, self.settings.pool_size, ctx.logger)
            try:
                await link.check()
                if ctx.settings.metadata.require_migrated:
                    await self._refuse_pending(ctx.service(MigrationStore)())
                yield MySQLMetadataStore(link)
            finally:
                await link.close()

        return [
            Service(MigrationStore, open_migrations, name="migrations"),
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
        """Offer the check that the schema is at head."""
        from altus4_metadata_mysql.checks import MigrationsAtHead

        return [MigrationsAtHead(ctx.service(MigrationStore), _files)]

    @staticmethod
    async def _refuse_pending(store: MigrationStore) -> None:
        waiting = pending(_files(), await store.applied())
        if waiting:
            what = f"{len(waiting)} migrations are pending: {', '.join(waiting)}"
            raise StartupRefused([Problem("metadata-mysql", what, hint="run: altus4 migrate up")])


def shipped() -> Migrations:
    """Give the namespace of the metadata schema."""
    return Migrations("", str(files("altus4_migrations")))


@cache
def _files() -> tuple[MigrationFile, ...]:
    return tuple(read_files([shipped()]))
