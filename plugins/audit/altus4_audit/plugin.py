"""Wiring of the plugin `audit`."""

from collections.abc import Iterable
from datetime import timedelta

import attrs
import click
from attrs.validators import ge, le

from altus4_audit.commands import command
from altus4_audit.routes import AuditRoutes
from altus4_audit.sink import AuditSink
from altus4_core import Plugin, PluginContext, hookimpl, setting
from altus4_core.routing import Route
from altus4_core.seams import AnalyticsSink
from altus4_core.store import MetadataStore


@attrs.frozen
class AuditSettings:
    """Section `[plugins.audit]`."""

    keep_days: int = setting(
        365, doc="Days after which entries are cleared away; 0 keeps them for ever.", validator=[ge(0), le(36_500)]
    )


class AuditPlugin(Plugin):
    """Remembers who did what."""

    name = "audit"
    Settings = AuditSettings
    requires = (MetadataStore,)
    tables = {"audit_log": "SELECT, INSERT, UPDATE, DELETE", "users": "SELECT"}
    settings: AuditSettings

    @hookimpl
    def altus4_analytics_sinks(self, ctx: PluginContext) -> Iterable[AnalyticsSink]:
        """Offer the sink `audit`."""
        keep = timedelta(days=self.settings.keep_days) if self.settings.keep_days else None
        return [AuditSink(ctx.service(MetadataStore), ctx.clock, keep)]

    @hookimpl
    def altus4_routes(self, ctx: PluginContext) -> Iterable[Route]:
        """Offer `GET /api/v1/audit`."""
        return AuditRoutes(ctx.service(MetadataStore)).routes()

    @hookimpl
    def altus4_commands(self) -> Iterable[click.Command]:
        """Offer `altus4 audit`."""
        return [command(self.settings.keep_days)]
