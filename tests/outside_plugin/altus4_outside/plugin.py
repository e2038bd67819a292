"""Wiring: settings and hooks."""

from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import attrs
import click
from attrs.validators import ge

from altus4_core import Plugin, PluginContext, hookimpl, setting
from altus4_core.routing import Route
from altus4_core.seams import (
    AnalyticsSink,
    AuthScheme,
    Categorizer,
    Check,
    Fusion,
    Limiter,
    Migrations,
    Policy,
    SearchMode,
    Service,
    Suggester,
    TargetProvider,
)
from altus4_outside.cache import CachedSearch
from altus4_outside.firstletter import FirstLetter
from altus4_outside.folder import FolderCheck
from altus4_outside.greeting import greet_command
from altus4_outside.jsonlines import JsonLinesSink
from altus4_outside.office import OfficeHours
from altus4_outside.plural import Plural
from altus4_outside.prefix import PrefixSearch
from altus4_outside.proxyheader import ProxyHeader
from altus4_outside.relative import RelativeFusion
from altus4_outside.textfile import TextFiles
from altus4_outside.visits import Visits, visit_routes
from altus4_outside.window import WindowLimiter


@attrs.frozen
class OutsideSettings:
    """Section `[plugins.outside]`."""

    folder: str = setting(".", doc="Where text files are searched and events are written; relative to the settings.")
    trusted: tuple[str, ...] = setting((), doc="Addresses of proxies whose X-Authenticated-User is believed.")
    requests_per_minute: int = setting(1000, doc="Requests of one subject in a minute.", validator=ge(1))
    opens: int = setting(0, doc="First hour of the day at which requests are served, UTC.", validator=ge(0))
    closes: int = setting(24, doc="Hour of the day from which they are not, UTC.", validator=ge(0))
    cache_seconds: float = setting(0.0, doc="Seconds for which results of mode prefix are kept.", validator=ge(0))


class OutsidePlugin(Plugin):
    """Every hook once."""

    name = "outside"
    Settings = OutsideSettings
    settings: OutsideSettings

    def _folder(self, ctx: PluginContext) -> Path:
        return ctx.config_folder / self.settings.folder

    @hookimpl
    def altus4_services(self) -> Iterable[Service]:
        """Offer a counter of visits."""

        @asynccontextmanager
        async def open_visits() -> AsyncIterator[Visits]:
            visits = Visits()
            try:
                yield visits
            finally:
                await visits.aclose()

        return [Service(Visits, open_visits, Visits.ping, "visits")]

    @hookimpl
    def altus4_auth_schemes(self) -> Iterable[AuthScheme]:
        """Believe a proxy that says who calls."""
        return [ProxyHeader(frozenset(self.settings.trusted))]

    @hookimpl
    def altus4_policies(self, ctx: PluginContext) -> Iterable[Policy]:
        """Close at night."""
        return [OfficeHours(ctx.clock, self.settings.opens, self.settings.closes)]

    @hookimpl
    def altus4_limiters(self, ctx: PluginContext) -> Iterable[Limiter]:
        """Count by the minute."""
        return [WindowLimiter(ctx.clock, self.settings.requests_per_minute)]

    @hookimpl
    def altus4_search_modes(self) -> Iterable[SearchMode]:
        """Find words by their beginning."""
        return [PrefixSearch()]

    @hookimpl
    def altus4_targets(self, ctx: PluginContext) -> Iterable[TargetProvider]:
        """Open folders of text files."""
        return [TextFiles(self._folder(ctx))]

    @hookimpl
    def altus4_fusions(self) -> Iterable[Fusion]:
        """Merge by scores relative to the best of each list."""
        return [RelativeFusion()]

    @hookimpl
    def altus4_categorizers(self) -> Iterable[Categorizer]:
        """Group by the first letter."""
        return [FirstLetter()]

    @hookimpl
    def altus4_suggesters(self) -> Iterable[Suggester]:
        """Propose the plural."""
        return [Plural()]

    @hookimpl
    def altus4_analytics_sinks(self, ctx: PluginContext) -> Iterable[AnalyticsSink]:
        """Write events as JSON lines."""
        return [JsonLinesSink(self._folder(ctx) / "events.jsonl")]

    @hookimpl
    def altus4_migrations(self) -> Iterable[Migrations]:
        """Offer tables of its own."""
        return [Migrations("outside", str(Path(__file__).parent / "migrations"))]

    @hookimpl
    def altus4_routes(self, ctx: PluginContext) -> Iterable[Route]:
        """Count and show visits."""
        return visit_routes(ctx.service(Visits))

    @hookimpl
    def altus4_commands(self) -> Iterable[click.Command]:
        """Offer `altus4 greet`."""
        return [greet_command()]

    @hookimpl
    def altus4_checks(self, ctx: PluginContext) -> Iterable[Check]:
        """Look whether the folder is there."""
        return [FolderCheck(self._folder(ctx))]

    @hookimpl
    def altus4_wrap(self, ctx: PluginContext, seam: str, provider: Any) -> Any:
        """Keep results of mode `prefix` for a while."""
        if (seam, provider.name) == ("search-mode", "prefix") and self.settings.cache_seconds:
            return CachedSearch(provider, ctx.clock, self.settings.cache_seconds)
        return None
