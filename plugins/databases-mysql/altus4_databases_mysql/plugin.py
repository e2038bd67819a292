"""Wiring: settings and hooks."""

import asyncio
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager

import click

from altus4_core.hookspecs import hookimpl
from altus4_core.plugin import Plugin, PluginContext
from altus4_core.routing import Route
from altus4_core.seams import Check, Service, TargetProvider
from altus4_core.store import MetadataStore
from altus4_core.vault import CredentialVault
from altus4_databases_mysql.settings import DatabasesMySQLSettings


class DatabasesMySQL(Plugin):
    """Customers' MySQL and MariaDB databases."""

    name = "databases-mysql"
    Settings = DatabasesMySQLSettings
    tables = {
        "databases": "SELECT, INSERT, UPDATE, DELETE",
        "users": "SELECT",
        "audit_log": "SELECT, INSERT, UPDATE",
        "searches": "SELECT, UPDATE",  # what was searched in a database that goes
        "search_databases": "SELECT, INSERT",
    }

    @hookimpl
    def altus4_services(self, ctx: PluginContext) -> Iterable[Service]:
        """Offer the vault for credentials, the connector and the open targets."""
        from altus4_databases_mysql.connector import Connector
        from altus4_databases_mysql.sharedtargets import SharedTargets

        @asynccontextmanager
        async def open_vault() -> AsyncIterator[CredentialVault]:
            from altus4_databases_mysql.credentials import Vault
            from altus4_databases_mysql.keyring import Keyring

            yield Vault(Keyring.parse(ctx.settings.security.encryption_keys.reveal()))

        @asynccontextmanager
        async def open_connector() -> AsyncIterator[Connector]:
            from altus4_databases_mysql.addresses import AddressRules, parse_networks
            from altus4_databases_mysql.gatekeeper import Gatekeeper, SystemLookup
            from altus4_databases_mysql.own import own_endpoints

            rules = AddressRules(parse_networks(self.settings.allowed_networks), frozenset(self.settings.allowed_ports))
            lookup = SystemLookup()
            connector = Connector(
                ctx.service(CredentialVault)(),
                Gatekeeper(rules, own_endpoints(ctx.settings), lookup, ctx.logger),
                self.settings,
                ctx.clock,
                ctx.logger,
                ctx.service(MetadataStore),
            )
            try:
                yield connector
            finally:
                await connector.aclose()
                lookup.close()

        @asynccontextmanager
        async def open_targets() -> AsyncIterator[SharedTargets]:
            from altus4_databases_mysql.poolgauges import show_pools
            from altus4_databases_mysql.warden import Warden

            targets = SharedTargets(ctx.service(Connector)())
            show_pools(ctx.counters, targets)
            watch = asyncio.create_task(Warden(targets, ctx.service(MetadataStore), ctx.logger).run())
            try:
                yield targets
            finally:
                watch.cancel()
                await asyncio.gather(watch, return_exceptions=True)
                await targets.aclose()

        return [
            Service(CredentialVault, open_vault, name="credential-vault"),
            Service(Connector, open_connector, name="mysql-connector", requires=(CredentialVault,)),
            Service(SharedTargets, open_targets, name="mysql-targets", requires=(Connector,)),
        ]

    @hookimpl
    def altus4_targets(self, ctx: PluginContext) -> Iterable[TargetProvider]:
        """Offer the kind `mysql`."""
        from altus4_databases_mysql.provider import MySQLTargets
        from altus4_databases_mysql.sharedtargets import SharedTargets

        return [MySQLTargets(ctx.service(SharedTargets))]

    @hookimpl
    def altus4_routes(self, ctx: PluginContext) -> Iterable[Route]:
        """Offer `/api/v1/databases`."""
        from altus4_databases_mysql.connector import Connector
        from altus4_databases_mysql.registrar import Registrar
        from altus4_databases_mysql.routes import DatabaseRoutes
        from altus4_databases_mysql.sharedtargets import SharedTargets

        store, connector = ctx.service(MetadataStore), ctx.service(Connector)

        def registrar() -> Registrar:
            return Registrar(store(), connector(), ctx.clock)

        return DatabaseRoutes(registrar, ctx.service(SharedTargets), ctx.changes).routes()

    @hookimpl
    def altus4_checks(self, ctx: PluginContext) -> Iterable[Check]:
        """Offer the check of stored credentials."""
        from altus4_databases_mysql.checks import StoredCredentials

        return [StoredCredentials(ctx.service(MetadataStore), ctx.service(CredentialVault))]

    @hookimpl
    def altus4_commands(self, ctx: PluginContext) -> Iterable[click.Command]:
        """Offer `altus4 databases` and `altus4 secrets`."""
        from altus4_databases_mysql.commands import databases_group
        from altus4_databases_mysql.secretcommands import secrets_group

        return [databases_group(ctx.clock), secrets_group(ctx.clock)]
