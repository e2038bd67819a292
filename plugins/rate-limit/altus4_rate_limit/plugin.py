"""Wiring of the plugin `rate-limit`."""

from collections.abc import Iterable

import attrs
from attrs.validators import ge

from altus4_core import Plugin, PluginContext, hookimpl, setting
from altus4_core.records import RateLimit
from altus4_core.seams import Limiter
from altus4_rate_limit.limiter import Limits, MemoryLimiter


@attrs.frozen
class RateLimitSettings:
    """Section `[plugins.rate-limit]`."""

    free_per_hour: int = setting(1_000, doc="Requests per hour of tier free.", validator=ge(1))
    free_burst: int = setting(50, doc="Requests of tier free that may come at once.", validator=ge(1))
    pro_per_hour: int = setting(10_000, doc="Requests per hour of tier pro.", validator=ge(1))
    pro_burst: int = setting(200, doc="Requests of tier pro that may come at once.", validator=ge(1))
    enterprise_per_hour: int = setting(100_000, doc="Requests per hour of tier enterprise.", validator=ge(1))
    enterprise_burst: int = setting(500, doc="Requests of tier enterprise that may come at once.", validator=ge(1))
    login_failures_per_account: int = setting(
        10, doc="Failed logins of one account within the login window.", validator=ge(1)
    )
    login_attempts_per_address: int = setting(
        30, doc="Attempts to log in from one address within the login window.", validator=ge(1)
    )
    login_window: int = setting(900, doc="Length of the login window, in seconds.", validator=ge(1))
    registrations_per_address: int = setting(
        20, doc="Registrations from one address within the registration window.", validator=ge(1)
    )
    registration_window: int = setting(3600, doc="Length of the registration window, in seconds.", validator=ge(1))
    subjects: int = setting(100_000, doc="Keys, accounts and addresses remembered, of each kind.", validator=ge(1))
    processes: int = setting(
        1, doc="Gateway processes that share the load; each grants its part of every limit.", validator=ge(1)
    )

    def limits(self) -> Limits:
        """Give the limits as the limiter takes them."""
        return Limits(
            tiers={
                "free": RateLimit(self.free_per_hour, self.free_burst),
                "pro": RateLimit(self.pro_per_hour, self.pro_burst),
                "enterprise": RateLimit(self.enterprise_per_hour, self.enterprise_burst),
            },
            windows={
                ("account", "login"): (self.login_failures_per_account, self.login_window),
                ("address", "login"): (self.login_attempts_per_address, self.login_window),
                ("address", "register"): (self.registrations_per_address, self.registration_window),
            },
            capacity=self.subjects,
            processes=self.processes,
        )


class RateLimitPlugin(Plugin):
    """Limits per key, account and address, in memory."""

    name = "rate-limit"
    Settings = RateLimitSettings
    settings: RateLimitSettings

    @hookimpl
    def altus4_limiters(self, ctx: PluginContext) -> Iterable[Limiter]:
        """Offer the limiter `default`."""
        return [MemoryLimiter(self.settings.limits(), ctx.clock)]
