"""Wiring of the plugin `analytics-log`."""

from collections.abc import Iterable
from pathlib import Path

import attrs

from altus4_analytics_log.lines import EventLines
from altus4_core import Plugin, PluginContext, hookimpl, setting
from altus4_core.seams import AnalyticsSink


@attrs.frozen
class AnalyticsLogSettings:
    """Section `[plugins.analytics-log]`."""

    path: str = setting("events.jsonl", doc="File to append to; a relative path begins at the configuration's folder.")
    kinds: tuple[str, ...] = setting(("search",), doc="Kinds of events to write; none named: all.")


class AnalyticsLogPlugin(Plugin):
    """Writes events into a file, a line each."""

    name = "analytics-log"
    Settings = AnalyticsLogSettings
    settings: AnalyticsLogSettings

    @hookimpl
    def altus4_analytics_sinks(self, ctx: PluginContext) -> Iterable[AnalyticsSink]:
        """Offer the sink `lines`."""
        path = ctx.config_folder / Path(self.settings.path).expanduser()
        return [EventLines(path, frozenset(self.settings.kinds), ctx.counters)]
