"""Wiring of the plugin `accounts`."""

from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from datetime import timedelta

import attrs
import click
from attrs.validators import ge, gt, in_, le

from altus4_accounts.commands import commands
from altus4_accounts.entrance import Entrance
from altus4_accounts.passwords import Passwords
from altus4_accounts.policy import SessionPermissions
from altus4_accounts.routes import AccountRoutes
from altus4_accounts.scheme import SessionScheme
from altus4_accounts.sessions import SessionLookup, Sessions, session_loader
from altus4_accounts.tokens import Tokens
from altus4_core import Plugin, PluginContext, hookimpl, setting
from altus4_core.routing import Route
from altus4_core.seams import AuthScheme, Policy, Service
from altus4_core.store import MetadataStore


@attrs.frozen
class AccountSettings:
    """Section `[plugins.accounts]`."""

    bcrypt_cost: int = setting(12, doc="Work per password hash; one more doubles it.", validator=[ge(4), le(16)])
    password_queue: int = setting(
        32, doc="Passwords that may wait for one of the two hashing threads; beyond it 503.", validator=ge(1)
    )
    token_minutes: int = setting(60, doc="Minutes for which a session token is good.", validator=[ge(1), le(1440)])
    session_days: int = setting(
        30, doc="Days after which a session ends, however often it is refreshed.", validator=[ge(1), le(365)]
    )
    cache_ttl: float = setting(
        1.5,
        doc="Seconds for which a session is remembered: how late a logout made elsewhere may take effect.",
        validator=[gt(0), le(2)],
    )
    cache_size: int = setting(10_000, doc="Sessions remembered, and as many unknown ones.", validator=ge(1))
    session_tier: str = setting(
        "pro",
        doc="Rate limit tier of a user's sessions: free, pro or enterprise.",
        validator=in_(["free", "pro", "enterprise"]),
    )
    choose_role: bool = setting(False, doc="Let anybody who registers choose a role, even admin.")


class AccountsPlugin(Plugin):
    """Accounts: people and programs that own databases and keys."""

    name = "accounts"
    Settings = AccountSettings
    requires = (MetadataStore,)
    tables = {
        "users": "SELECT, INSERT, UPDATE, DELETE",
        "sessions": "SELECT, INSERT, UPDATE, DELETE",
        "databases": "SELECT",
        "searches": "SELECT, DELETE",  # an account's, when it goes
        "audit_log": "SELECT, INSERT, UPDATE",
    }
    settings: AccountSettings

    @hookimpl
    def altus4_services(self, ctx: PluginContext) -> Iterable[Service]:
        """Offer the password threads, the tokens, the cache of sessions, and the sessions."""
        store = ctx.service(MetadataStore)

        @asynccontextmanager
        async def open_passwords() -> AsyncIterator[Passwords]:
            passwords = Passwords(cost=self.settings.bcrypt_cost, waiting=self.settings.password_queue)
            try:
                yield passwords
            finally:
                passwords.aclose()

        @asynccontextmanager
        async def open_tokens() -> AsyncIterator[Tokens]:
            secret = ctx.settings.security.session_secret.reveal()
            yield Tokens(secret, ctx.clock, timedelta(minutes=self.settings.token_minutes))

        @asynccontextmanager
        async def open_lookup() -> AsyncIterator[SessionLookup]:
            lookup = SessionLookup(
                session_loader(store), ctx.clock, ttl=self.settings.cache_ttl, capacity=self.settings.cache_size
            )
            ctx.changes.listen("user", lookup.forget_user)
            ctx.changes.listen("session", lookup.forget)
            try:
                yield lookup
            finally:
                await lookup.aclose()

        @asynccontextmanager
        async def open_sessions() -> AsyncIterator[Sessions]:
            lookup, tokens = ctx.service(SessionLookup)(), ctx.service(Tokens)()
            lifetime = timedelta(days=self.settings.session_days)
            yield Sessions(store, lookup, tokens, ctx.clock, lifetime, ctx.changes)

        return [
            Service(Passwords, open_passwords, name="passwords", requires=()),
            Service(Tokens, open_tokens, name="tokens", requires=()),
            Service(SessionLookup, open_lookup, name="session cache"),
            Service(Sessions, open_sessions, name="sessions", requires=(MetadataStore, Tokens, SessionLookup)),
        ]

    @hookimpl
    def altus4_auth_schemes(self, ctx: PluginContext) -> Iterable[AuthScheme]:
        """Offer the scheme `session`."""
        return [self._scheme(ctx)]

    @hookimpl
    def altus4_policies(self) -> Iterable[Policy]:
        """Offer the policy `session-permissions`."""
        return [SessionPermissions()]

    @hookimpl
    def altus4_routes(self, ctx: PluginContext) -> Iterable[Route]:
        """Offer `/api/v1/auth`."""
        store = ctx.service(MetadataStore)
        entrance = Entrance(store, ctx.service(Passwords), ctx.clock)
        routes = AccountRoutes(
            store,
            entrance,
            ctx.service(Sessions),
            self._scheme(ctx),
            ctx.changes,
            choose_role=self.settings.choose_role,
        )
        return routes.routes()

    @hookimpl
    def altus4_commands(self, ctx: PluginContext) -> Iterable[click.Command]:
        """Offer `altus4 accounts`."""
        return [commands(ctx.clock, self.settings.bcrypt_cost)]

    def _scheme(self, ctx: PluginContext) -> SessionScheme:
        return SessionScheme(ctx.service(Tokens), ctx.service(SessionLookup), ctx.clock, self.settings.session_tier)
