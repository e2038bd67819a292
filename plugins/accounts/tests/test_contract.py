"""The scheme and the policy keep the contracts of their seams."""

from datetime import timedelta

import pytest
from altus4_accounts.policy import SessionPermissions
from altus4_accounts.scheme import SessionScheme
from altus4_accounts.sessions import SessionLookup, Sessions, session_loader
from altus4_accounts.tokens import Tokens

from altus4_core.records import Action, AuthRequest, Identity
from altus4_core.stored import User
from altus4_core.testing.clock import HeldClock
from altus4_core.testing.contracts import AuthSchemeContract, PolicyContract
from altus4_core.testing.memory import MemoryStore


class TestScheme(AuthSchemeContract):
    """Over the memory store."""

    @pytest.fixture
    async def made(self):
        store, clock = MemoryStore(), HeldClock()
        user = User("3f1c9f0e-7a51-4d0e-9f7c-0d8f3c0a1b2c", "ann@example.org", "Ann")
        await store.users.add(user)
        tokens = Tokens("a long and random session secret, really", clock, timedelta(hours=1))
        lookup = SessionLookup(session_loader(lambda: store), clock)
        grant = await Sessions(lambda: store, lookup, tokens, clock, timedelta(days=30)).open(user, "192.0.2.1")
        yield SessionScheme(lambda: tokens, lambda: lookup, clock, "pro"), grant.token
        await lookup.aclose()

    @pytest.fixture
    def provider(self, made):
        return made[0]

    @pytest.fixture
    def valid(self, made):
        return AuthRequest("GET", "/api/v1/auth/profile", {"Authorization": f"Bearer {made[1]}"}, {}, "192.0.2.1")


class TestPolicy(PolicyContract):
    """A session may read its own account."""

    answer = True

    @pytest.fixture
    def provider(self):
        return SessionPermissions()

    @pytest.fixture
    def valid(self):
        return Identity("u", "session", "s"), Action("account.read", "session"), None
