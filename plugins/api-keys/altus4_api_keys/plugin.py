"""Wiring of the plugin `api-keys`."""

from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager

import attrs
import click
from attrs.validators import ge, gt, le

from altus4_api_keys.commands import commands
from altus4_api_keys.known import KeyLookup, KnownKey, know
from altus4_api_keys.policy import KeyPermissions
from altus4_api_keys.routes import KeyRoutes
from altus4_api_keys.scheme import ApiKeyScheme
from altus4_api_keys.usage import UsageRecorder
from altus4_core import Plugin, PluginContext, hookimpl, setting
from altus4_core.routing import Route
from altus4_core.seams import AuthScheme, Policy, Service
from altus4_core.store import MetadataStore


@attrs.frozen
class ApiKeySettings:
    """Section `[plugins.api-keys]`."""

    cache_ttl: float = setting(
        1.5,
        doc="Seconds for which a key is remembered: how late a revocation made elsewhere may take effect.",
        validator=[gt(0), le(2)],
    )
    cache_size: int = setting(10_000, doc="Keys remembered, and as many unknown ones.", validator=ge(1))
    usage_interval: float = setting(
        60.0, doc="Seconds between two writings of one key's usage figures.", validator=ge(1)
    )


class ApiKeysPlugin(Plugin):
    """API keys: who calls, what the key allows, how it was used."""

    name = "api-keys"
    Settings = ApiKeySettings
    requires = (MetadataStore,)
    tables = {
        "api_keys": "SELECT, INSERT, UPDATE",
        "api_key_usage": "SELECT, INSERT, UPDATE",
        "users": "SELECT",
        "databases": "SELECT",
        "audit_log": "SELECT, INSERT, UPDATE",
    }
    settings: ApiKeySettings

    @hookimpl
    def altus4_services(self, ctx: PluginContext) -> Iterable[Service]:
        """Offer the cache of keys and the usage recorder."""
        store = ctx.service(MetadataStore)

        async def load(digest: str) -> KnownKey | None:
            key = await store().api_keys.by_hash(digest)
            owner = await store().users.get(key.user_id) if key is not None else None
            return None if key is None or owner is None else know(key, owner.role)

        @asynccontextmanager
        async def open_lookup() -> AsyncIterator[KeyLookup]:
            lookup = KeyLookup(load, ctx.clock, ttl=self.settings.cache_ttl, capacity=self.settings.cache_size)
            ctx.changes.listen("user", lookup.forget_user)
            ctx.changes.listen("key", lookup.forget_key)
            try:
                yield lookup
            finally:
                await lookup.aclose()

        @asynccontextmanager
        async def open_usage() -> AsyncIterator[UsageRecorder]:
            recorder = UsageRecorder(store, ctx.clock, ctx.logger, interval=self.settings.usage_interval)
            recorder.start()
            try:
                yield recorder
            finally:
                await recorder.aclose()

        return [
            Service(KeyLookup, open_lookup, name="api-key cache"),
            Service(UsageRecorder, open_usage, name="api-key usage"),
        ]

    @hookimpl
    def altus4_auth_schemes(self, ctx: PluginContext) -> Iterable[AuthScheme]:
        """Offer the scheme `api-key`."""
        return [ApiKeyScheme(ctx.service(KeyLookup), ctx.service(UsageRecorder), ctx.clock)]

    @hookimpl
    def altus4_policies(self) -> Iterable[Policy]:
        """Offer the policy `key-permissions`."""
        return [KeyPermissions()]

    @hookimpl
    def altus4_routes(self, ctx: PluginContext) -> Iterable[Route]:
        """Offer `/api/v1/keys`."""
        store = ctx.service(MetadataStore)
        lookup, recorder = ctx.service(KeyLookup), ctx.service(UsageRecorder)
        return KeyRoutes(store, lookup, recorder, ctx.clock, ctx.changes).routes()

    @hookimpl
    def altus4_commands(self, ctx: PluginContext) -> Iterable[click.Command]:
        """Offer `altus4 api-keys`."""
        return [commands(ctx.clock)]
