"""Wiring of the plugin `analytics`."""

from collections.abc import Iterable

from altus4_analytics.sink import SearchLog
from altus4_core import Plugin, PluginContext, hookimpl
from altus4_core.seams import AnalyticsSink
from altus4_core.store import MetadataStore


class AnalyticsPlugin(Plugin):
    """Remembers what was searched."""

    name = "analytics"
    requires = (MetadataStore,)
    tables = {"searches": "INSERT", "users": "SELECT", "databases": "SELECT"}

    @hookimpl
    def altus4_analytics_sinks(self, ctx: PluginContext) -> Iterable[AnalyticsSink]:
        """Offer the sink `searches`."""
        return [SearchLog(ctx.service(MetadataStore), ctx.counters)]
