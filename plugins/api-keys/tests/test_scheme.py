"""Who an API key stands for, and the codes of those it does not let in."""

from datetime import timedelta

import pytest
from altus4_api_keys import keyformat
from altus4_api_keys.known import KeyLookup, know
from altus4_api_keys.scheme import ApiKeyScheme
from altus4_api_keys.usage import UsageRecorder

from altus4_core.errors import PermissionDenied, Rejected, Unavailable
from altus4_core.records import AuthRequest, RateLimit


class Desk:
    """A scheme over a dictionary."""

    def __init__(self, clock, table, logger) -> None:
        self.rows = {}
        self.role = "user"
        self.readings = 0
        self.away = False
        self.lookup = KeyLookup(self.load, clock)
        self.usage = UsageRecorder(lambda: table, clock, logger)
        self.scheme = ApiKeyScheme(lambda: self.lookup, lambda: self.usage, clock)

    async def load(self, digest):
        self.readings += 1
        if self.away:
            message = "away"
            raise Unavailable(message)
        key = self.rows.get(digest)
        return None if key is None else know(key, self.role)

    def put(self, key):
        self.rows[key.key_hash] = key

    async def ask(self, header, remote="198.51.100.7"):
        headers = {} if header is None else {"Authorization": header}
        return await self.scheme.authenticate(AuthRequest("POST", "/api/v1/search", headers, {}, remote))

    async def code(self, header, remote="198.51.100.7"):
        with pytest.raises((Rejected, PermissionDenied)) as caught:
            await self.ask(header, remote)
        return caught.value.status, caught.value.error_code


@pytest.fixture
def desk(clock, table):
    import logging

    return Desk(clock, table, logging.getLogger("test"))


async def test_a_good_key_gives_its_identity(desk, make_key, clock):
    key, text = make_key(
        permissions=frozenset({"search", "analytics"}),
        rate_limit_tier="pro",
        rate_limit_custom=RateLimit(10, 2),
        databases=("d1",),
        expires_at=clock.now() + timedelta(hours=1),
    )
    desk.put(key)
    identity = await desk.ask(f"Bearer {text}")
    assert identity.scheme == "api-key"
    assert (identity.user_id, identity.credential_id) == (key.user_id, key.id)
    assert identity.permissions == {"search", "analytics"}
    assert identity.environment == "live"
    assert identity.databases == {"d1"}
    assert (identity.tier, identity.rate_limit) == ("pro", RateLimit(10, 2))
    assert identity.expires_at == key.expires_at
    assert desk.usage.pending(key.id)[0].count == 1
    assert desk.usage.pending(key.id)[0].ip == "198.51.100.7"


@pytest.mark.parametrize("form", ["bearer {}", "BEARER {}", "Bearer   {}", " Bearer {} "])
async def test_the_scheme_word_is_case_insensitive(desk, make_key, form):
    key, text = make_key()
    desk.put(key)
    assert await desk.ask(form.format(text)) is not None


@pytest.mark.parametrize("header", [None, "", "Bearer", "Bearer ", "Basic dXNlcjo=", "Bearer a.b.c", "Bearer altus4"])
async def test_other_credentials_are_left_to_others(desk, header):
    assert await desk.ask(header) is None
    assert desk.readings == 0


async def test_every_401_has_its_code_and_a_malformed_key_costs_no_reading(desk, make_key):
    key, text = make_key()
    desk.put(key)
    assert await desk.code(text) == (401, "INVALID_AUTH_FORMAT")
    assert await desk.code(f"Token {text}") == (401, "INVALID_AUTH_FORMAT")
    assert await desk.code("Bearer altus4_sk_short") == (401, "INVALID_API_KEY_FORMAT")
    assert await desk.code(f"Bearer {text}x") == (401, "INVALID_API_KEY_FORMAT")
    assert await desk.code(f"Bearer {text} {text}") == (401, "INVALID_API_KEY_FORMAT")
    flipped = text[:-1] + ("a" if text[-1] != "a" else "b")
    assert await desk.code(f"Bearer {flipped}") == (401, "INVALID_API_KEY")
    assert desk.readings == 0
    assert await desk.code(f"Bearer {keyformat.generate('live').text}") == (401, "INVALID_API_KEY")
    assert desk.readings == 1


async def test_a_revoked_key_is_invalid(desk, make_key):
    key, text = make_key(is_active=False)
    desk.put(key)
    assert await desk.code(f"Bearer {text}") == (401, "INVALID_API_KEY")
    assert desk.usage.pending(key.id) == []


@pytest.mark.parametrize("member", ["expires_at", "retired_at"])
async def test_the_end_is_exact_even_from_the_cache(desk, make_key, clock, member):
    key, text = make_key(**{member: clock.now() + timedelta(seconds=1)})
    desk.put(key)
    clock.advance(0.999)
    assert await desk.ask(f"Bearer {text}") is not None
    clock.advance(0.001)
    assert await desk.code(f"Bearer {text}") == (401, "API_KEY_EXPIRED")


async def test_a_row_that_does_not_fit_the_digest_is_refused(desk, make_key):
    key, _ = make_key()
    other, text = make_key()
    desk.rows[other.key_hash] = key
    assert await desk.code(f"Bearer {text}") == (401, "INVALID_API_KEY")


async def test_a_store_that_is_away_is_a_503(desk):
    desk.away = True
    with pytest.raises(Unavailable):
        await desk.ask(f"Bearer {keyformat.generate('live').text}")


@pytest.mark.parametrize(
    ("networks", "remote", "allowed"),
    [
        (("198.51.100.0/24",), "198.51.100.7", True),
        (("198.51.100.0/24",), "::ffff:198.51.100.7", True),
        (("::ffff:198.51.100.0/120",), "198.51.100.7", True),
        (("::ffff:198.51.100.0/120",), "::ffff:198.51.100.7", True),
        (("198.51.100.0/24",), "198.51.101.7", False),
        (("2001:db8::/32",), "2001:db8::1", True),
        (("2001:db8::/32",), "2001:db9::1", False),
        (("fe80::/10",), "fe80::1%eth0", True),
        (("0.0.0.0/0",), "::1", False),
        (("198.51.100.0/24",), "unix", False),
        (("198.51.100.0/24",), "", False),
        ((), "198.51.100.7", False),
    ],
)
async def test_allowed_addresses(desk, make_key, networks, remote, allowed):
    key, text = make_key(allowed_ips=networks)
    desk.put(key)
    if allowed:
        assert await desk.ask(f"Bearer {text}", remote) is not None
    else:
        assert await desk.code(f"Bearer {text}", remote) == (403, "IP_NOT_ALLOWED")


@pytest.mark.parametrize(
    ("permissions", "role"), [({"search"}, "user"), ({"search", "analytics"}, "user"), ({"admin"}, "admin")]
)
async def test_the_owners_role_comes_with_permission_admin_only(desk, make_key, permissions, role):
    key, text = make_key(permissions=frozenset(permissions))
    desk.put(key)
    desk.role = "admin"
    assert (await desk.ask(f"Bearer {text}")).role == role


async def test_a_change_to_the_owner_is_seen_at_once(desk, make_key):
    key, text = make_key()
    desk.put(key)
    await desk.ask(f"Bearer {text}")
    desk.rows.clear()
    desk.lookup.forget_user("somebody else")
    assert await desk.ask(f"Bearer {text}") is not None
    desk.lookup.forget_user(key.user_id)
    assert await desk.code(f"Bearer {text}") == (401, "INVALID_API_KEY")
