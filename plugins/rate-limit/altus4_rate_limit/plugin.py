"""Wiring of the plugin `rate-limit`: the limiter itself is the core's, for others fall back to it, too."""

from collections.abc import Iterable

import attrs

from altus4_core import Plugin, PluginContext, hookimpl
from altus4_core.limits import MemoryLimiter, QuotaSettings
from altus4_core.seams import Limiter


@attrs.frozen
class RateLimitSettings(QuotaSettings):
    """Section `[plugins.rate-limit]`."""


class RateLimitPlugin(Plugin):
    """Limits per key, account and address, in memory."""

    name = "rate-limit"
    Settings = RateLimitSettings
    settings: RateLimitSettings

    @hookimpl
    def altus4_limiters(self, ctx: PluginContext) -> Iterable[Limiter]:
        """Offer the limiter `default`."""
        return [MemoryLimiter(self.settings.limits(ctx.settings.server.workers), ctx.clock)]
