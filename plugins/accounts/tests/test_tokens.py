"""Access and refresh tokens."""

import base64
import json
from datetime import UTC, datetime, timedelta

import jwt
import pytest
from altus4_accounts.tokens import Tokens

from altus4_core.errors import Rejected, StartupRefused

SECRET = "a long and random session secret, really"
USER, SESSION = "3f1c9f0e-7a51-4d0e-9f7c-0d8f3c0a1b2c", "9b2f4d66-0c1e-4f6f-8a53-6f1f5c1d7e8a"


class HeldClock:
    """Time that moves when told to."""

    def __init__(self):
        self.at = datetime(2030, 5, 1, 12, 0, 0, 500_000, tzinfo=UTC)

    def now(self):
        return self.at

    def monotonic(self):
        return self.at.timestamp()


@pytest.fixture
def clock():
    return HeldClock()


@pytest.fixture
def tokens(clock):
    return Tokens(SECRET, clock, timedelta(minutes=60))


@pytest.fixture
def token(tokens, clock):
    return tokens.access(USER, SESSION, clock.at + timedelta(days=30))[0]


def code(tokens, token):
    with pytest.raises(Rejected) as caught:
        tokens.read(token)
    return caught.value.error_code


def part(value):
    return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()


def claims_of(token):
    return jwt.decode(token, options={"verify_signature": False})


def test_a_token_says_who_it_is_for(tokens, token, clock):
    claims = tokens.read(token)
    assert (claims.user_id, claims.session_id) == (USER, SESSION)
    assert claims.expires_at == datetime(2030, 5, 1, 13, 0, tzinfo=UTC)
    assert jwt.get_unverified_header(token)["alg"] == "HS256"
    said = claims_of(token)
    assert (said["iss"], said["aud"]) == ("altus4", "altus4-api")
    assert "role" not in said


def test_expiry_is_exact_and_never_beyond_the_session(tokens, clock):
    token, seconds = tokens.access(USER, SESSION, clock.at + timedelta(minutes=5))
    assert seconds == 300
    clock.at = datetime(2030, 5, 1, 12, 4, 59, 999_999, tzinfo=UTC)
    assert tokens.read(token) is not None
    clock.at += timedelta(microseconds=1)
    assert code(tokens, token) == "TOKEN_EXPIRED"
    assert code(tokens, token) == "TOKEN_EXPIRED"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "abc",
        "a.b",
        "a.b.c",
        "a.b.c.d",
        "altus4_sk_live_x",
        "ä.ö.ü",
        "..",
        "e30.e30.",
        f"e30.{part({'iss': 'others'})}.x",
    ],
)
def test_what_is_not_ours_is_left_to_others(tokens, text):
    assert tokens.read(text) is None


def test_forged_tokens(tokens, token, clock):
    head, body, signature = token.split(".")
    said = claims_of(token)
    none = part({"alg": "none", "typ": "JWT"})
    assert code(tokens, f"{none}.{body}.") == "INVALID_TOKEN"
    assert code(tokens, f"{none}.{body}.{signature}") == "INVALID_TOKEN"
    for name in ("None", "NONE", "HS384", "RS256", "ES256", "EdDSA", "x", None, 7):
        assert code(tokens, f"{part({'alg': name})}.{body}.{signature}") == "INVALID_TOKEN"
    assert code(tokens, f"{head}.{part({**said, 'sub': 'somebody'})}.{signature}") == "INVALID_TOKEN"
    assert code(tokens, f"{head}.{body}.") == "INVALID_TOKEN"
    assert code(tokens, f"{head}.{body}.{'A' * len(signature)}") == "INVALID_TOKEN"
    assert code(tokens, f"{part({'alg': 'HS256', 'jwk': {'kty': 'oct'}})}.{body}.{signature}") == "INVALID_TOKEN"
    for letter in "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_":
        if letter != token[-1]:  # some of these decode to the very same bytes
            assert code(tokens, token[:-1] + letter) == "INVALID_TOKEN"
    other = Tokens("another session secret of good length", clock, timedelta(minutes=60))
    assert code(tokens, other.access(USER, SESSION, clock.at + timedelta(days=1))[0]) == "INVALID_TOKEN"
    assert code(tokens, jwt.encode(said, SECRET, "HS256")) == "INVALID_TOKEN"  # the secret itself is no key


@pytest.mark.parametrize(
    "change",
    [
        {"aud": "others"},
        {"aud": None},
        {"exp": None},
        {"exp": "soon"},
        {"exp": 1e30},
        {"sub": None},
        {"sid": None},
    ],
)
def test_wrong_claims_under_the_right_key(tokens, token, change):
    said = {name: value for name, value in {**claims_of(token), **change}.items() if value is not None}
    assert code(tokens, jwt.encode(said, tokens._access_key, "HS256")) == "INVALID_TOKEN"


def test_an_oversized_token_is_refused_unread(tokens, token):
    said = {**claims_of(token), "padding": "x" * 4000}
    assert code(tokens, jwt.encode(said, tokens._access_key, "HS256")) == "INVALID_TOKEN"


def test_checked_tokens_are_remembered_but_not_without_end(tokens, clock, monkeypatch):
    monkeypatch.setattr("altus4_accounts.tokens.REMEMBERED", 3)
    until = clock.at + timedelta(days=1)
    for number in range(10):
        assert tokens.read(tokens.access(USER, f"{number}", until)[0]).session_id == f"{number}"
    assert len(tokens._checked) == 3


def test_refresh_tokens(tokens, clock):
    text = tokens.refresh(SESSION, 3)
    assert tokens.read_refresh(text) == (SESSION, 3)
    seal = text.rpartition(".")[2]
    assert tokens.read_refresh(f"{SESSION}.4.{seal}") is None
    assert tokens.read_refresh(f"{SESSION}.03.{seal}") is None
    assert tokens.read_refresh(text + "x") is None
    assert tokens.read_refresh("") is None
    assert tokens.read_refresh(f"{SESSION}.٣.{seal}") is None
    assert tokens.read(text) is None
    other = Tokens("another session secret of good length", clock, timedelta(minutes=60))
    assert other.read_refresh(text) is None


@pytest.mark.parametrize("secret", ["", "short", "x" * 31, "changeme" * 8, "please-change-me-please-change-me-please"])
def test_a_bad_secret_refuses_the_start_without_being_shown(clock, secret):
    with pytest.raises(StartupRefused) as caught:
        Tokens(secret, clock, timedelta(minutes=60))
    assert "ALTUS4_SESSION_SECRET" in str(caught.value)
    assert not secret or secret not in str(caught.value)
    assert ("no session secret is set" in str(caught.value)) == (not secret)
