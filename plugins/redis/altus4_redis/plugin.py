"""Wiring of the plugin `redis`."""

import asyncio
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import attrs
from attrs.validators import ge, gt, in_, matches_re

from altus4_core import Plugin, PluginContext, hookimpl, setting
from altus4_core.limits import MemoryLimiter, QuotaSettings
from altus4_core.seams import Check, Limiter, Service
from altus4_core.settings.field import Secret
from altus4_redis.check import RedisCheck
from altus4_redis.client import Reach, check_files, open_client, url_fault
from altus4_redis.limiter import RedisLimiter
from altus4_redis.link import RedisLink
from altus4_redis.relay import ChangeRelay


def _is_redis_url(_instance: Any, _attribute: Any, value: Secret) -> None:
    fault = url_fault(value.reveal())
    if fault is not None:
        raise ValueError(fault)


@attrs.frozen
class RedisSettings(QuotaSettings):
    """Section `[plugins.redis]`."""

    url: Secret = setting(
        Secret("redis://127.0.0.1:6379/0"),
        doc="Where Redis is: redis://user:password@host:port/db, rediss:// for TLS.",
        validator=_is_redis_url,
    )
    ca_file: str = setting("", doc="PEM file of the authorities that may sign Redis' certificate; empty: the system's.")
    prefix: str = setting(
        "altus4:", doc="What every key and channel begins with.", validator=matches_re(r"[A-Za-z0-9:_{}.-]{1,64}")
    )
    connect_timeout_ms: int = setting(50, doc="Longest time to connect and log in, in milliseconds.", validator=ge(1))
    operation_timeout_ms: int = setting(50, doc="Longest time to wait for an answer, in milliseconds.", validator=ge(1))
    connections: int = setting(4, doc="Most connections of one process, besides the relay's two.", validator=ge(1))
    pause: float = setting(
        1.0, doc="Longest time for which Redis is not asked after a failure, in seconds.", validator=gt(0)
    )
    on_failure: str = setting(
        "allow",
        doc="While Redis is gone: allow counts in each process's memory, deny refuses with 503.",
        validator=in_(["allow", "deny"]),
    )
    relay: bool = setting(
        True, doc="Tell other processes at once what changed, so that they forget what they remember of it."
    )

    def reach(self, folder: Path) -> Reach:
        """Give where Redis is; a relative `ca_file` counts from the folder."""
        return Reach(
            self.url.reveal(),
            self.connect_timeout_ms / 1000,
            self.operation_timeout_ms / 1000,
            self.connections,
            str(folder / self.ca_file) if self.ca_file else "",
        )

    @property
    def deny(self) -> bool:
        """Whether a missing Redis means no."""
        return self.on_failure == "deny"


class RedisPlugin(Plugin):
    """Limits that all processes share exactly, and word of changes among them."""

    name = "redis"
    Settings = RedisSettings
    settings: RedisSettings

    @hookimpl
    def altus4_services(self, ctx: PluginContext) -> Iterable[Service]:
        """Offer the link, which connects on first use, and the relay of changes."""
        settings = self.settings
        reach = settings.reach(ctx.config_folder)

        @asynccontextmanager
        async def open_link() -> AsyncIterator[RedisLink]:
            check_files(reach)
            link = RedisLink(
                open_client(reach),
                deadline=reach.deadline,
                pause=settings.pause,
                monotonic=ctx.clock.monotonic,
                logger=ctx.logger,
                connections=reach.connections,
            )
            # Connecting costs the most: it shall not be the first requests' time. A start does without Redis, though.
            await asyncio.gather(*(link.ping() for _ in range(reach.connections)), return_exceptions=True)
            try:
                yield link
            finally:
                await link.aclose()

        @asynccontextmanager
        async def open_relay() -> AsyncIterator[ChangeRelay]:
            relay = ChangeRelay(
                open_client(reach, connections=2),
                ctx.changes,
                channel=f"{settings.prefix}changes",
                deadline=reach.deadline,
                pause=settings.pause,
                counters=ctx.counters,
                logger=ctx.logger,
            )
            relay.start()
            try:
                yield relay
            finally:
                await relay.aclose()

        # Where memory stands in for it, a missing Redis is no reason to take the node out of service.
        ping = RedisLink.ping if settings.deny else None
        services = [Service(RedisLink, open_link, ping, name="redis", requires=())]
        if settings.relay:
            services.append(Service(ChangeRelay, open_relay, name="redis relay", requires=()))
        return services

    @hookimpl
    def altus4_limiters(self, ctx: PluginContext) -> Iterable[Limiter]:
        """Offer the limiter `default`."""
        limits = self.settings.limits(ctx.settings.server.workers)
        return [
            RedisLimiter(
                limits,
                ctx.service(RedisLink),
                MemoryLimiter(limits, ctx.clock),
                prefix=self.settings.prefix,
                deny=self.settings.deny,
                retry_after=self.settings.pause,
                counters=ctx.counters,
            )
        ]

    @hookimpl
    def altus4_checks(self, ctx: PluginContext) -> Iterable[Check]:
        """Offer the check `redis`."""
        return [RedisCheck(ctx.service(RedisLink), deny=self.settings.deny)]
