"""The scheme and the policy keep the contracts of their seams."""

import logging

import pytest
from altus4_api_keys.known import KeyLookup, know
from altus4_api_keys.policy import KeyPermissions
from altus4_api_keys.scheme import ApiKeyScheme
from altus4_api_keys.usage import UsageRecorder

from altus4_core.records import Action, AuthRequest, Identity
from altus4_core.testing.contracts import AuthSchemeContract, PolicyContract
from altus4_core.testing.memory import MemoryStore


class TestScheme(AuthSchemeContract):
    """Over the memory store."""

    @pytest.fixture
    async def made(self, make_key, clock):
        store = MemoryStore()
        key, text = make_key()
        await store.api_keys.add(key)

        async def load(digest):
            found = await store.api_keys.by_hash(digest)
            return None if found is None else know(found, "user")

        lookup = KeyLookup(load, clock)
        usage = UsageRecorder(lambda: store, clock, logging.getLogger("test"))
        yield ApiKeyScheme(lambda: lookup, lambda: usage, clock), text
        await lookup.aclose()

    @pytest.fixture
    def provider(self, made):
        return made[0]

    @pytest.fixture
    def valid(self, made):
        return AuthRequest("POST", "/api/v1/search", {"Authorization": f"Bearer {made[1]}"}, {}, "192.0.2.1")


class TestPolicy(PolicyContract):
    """A key for searching searches."""

    answer = True

    @pytest.fixture
    def provider(self):
        return KeyPermissions()

    @pytest.fixture
    def valid(self):
        return Identity("u", "api-key", "k", permissions=frozenset({"search"})), Action("search.run", "search"), None
