"""Wiring of the plugin `analytics`."""

from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager

import attrs
import click
from attrs.validators import ge, le

from altus4_analytics.commands import commands
from altus4_analytics.history import History
from altus4_analytics.lately import Advice, Trends
from altus4_analytics.reader import FigureReader
from altus4_analytics.roller import Roller
from altus4_analytics.routes import AnalyticsRoutes
from altus4_analytics.sink import SearchLog
from altus4_core import Plugin, PluginContext, hookimpl, setting
from altus4_core.routing import Route
from altus4_core.seams import AnalyticsSink, Service
from altus4_core.store import MetadataStore
from altus4_core.trends import SearchAdvice, SearchTrends


@attrs.frozen
class AnalyticsSettings:
    """Section `[plugins.analytics]`."""

    keep_days: int = setting(
        0,
        doc="Days after which searches are deleted, their figures kept; 0 keeps them for ever.",
        validator=[ge(0), le(36_500)],
    )
    roll_up_interval: float = setting(
        300.0, doc="Seconds between two looks for days that are over and to be rolled up.", validator=ge(1)
    )


class AnalyticsPlugin(Plugin):
    """Remembers what was searched, and tells."""

    name = "analytics"
    Settings = AnalyticsSettings
    tables = {
        "searches": "SELECT, INSERT, DELETE",
        "search_databases": "SELECT, INSERT",
        "search_events": "SELECT, INSERT, UPDATE",
        "analytics": "SELECT, INSERT, UPDATE, DELETE",
        "users": "SELECT",
        "databases": "SELECT",
    }
    requires = (MetadataStore,)
    settings: AnalyticsSettings

    @hookimpl
    def altus4_services(self, ctx: PluginContext) -> Iterable[Service]:
        """Offer the roll-ups in the background, and the trends and advice of searches."""
        store = ctx.service(MetadataStore)

        @asynccontextmanager
        async def open_roller() -> AsyncIterator[Roller]:
            roller = Roller(store, ctx.clock, self.settings.keep_days, self.settings.roll_up_interval)
            roller.start()
            try:
                yield roller
            finally:
                await roller.aclose()

        @asynccontextmanager
        async def open_trends() -> AsyncIterator[SearchTrends]:
            yield Trends(FigureReader(store, ctx.clock))

        @asynccontextmanager
        async def open_advice() -> AsyncIterator[SearchAdvice]:
            yield Advice(FigureReader(store, ctx.clock))

        return [
            Service(Roller, open_roller, name="analytics roll-up"),
            Service(SearchTrends, open_trends, name="search trends"),
            Service(SearchAdvice, open_advice, name="search advice"),
        ]

    @hookimpl
    def altus4_analytics_sinks(self, ctx: PluginContext) -> Iterable[AnalyticsSink]:
        """Offer the sink `searches`."""
        return [SearchLog(ctx.service(MetadataStore), ctx.counters)]

    @hookimpl
    def altus4_routes(self, ctx: PluginContext) -> Iterable[Route]:
        """Offer `/api/v1/analytics`, and history, trends and events under `/api/v1/search`."""
        store = ctx.service(MetadataStore)
        return AnalyticsRoutes(FigureReader(store, ctx.clock), History(store, ctx.clock)).routes()

    @hookimpl
    def altus4_commands(self, ctx: PluginContext) -> Iterable[click.Command]:
        """Offer `altus4 analytics`."""
        return [commands(ctx.clock, self.settings.keep_days)]
