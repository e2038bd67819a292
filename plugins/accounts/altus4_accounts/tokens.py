"""Tokens: the access token (a JWT) and the refresh token in the cookie. Both are bound to a session.

What a token says is who it was made for; whether that session still lives, and which role its user has, is asked of
the store. The two kinds are signed with different keys, both derived from the session secret, so that neither can
pass for the other nor for anything else that this secret signs.
"""

import base64
import hashlib
import hmac
import re
import secrets
from collections import OrderedDict
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import attrs
import orjson

from altus4_core.clock import Clock
from altus4_core.errors import Problem, Rejected, StartupRefused

ALGORITHM: Final = "HS256"
ISSUER: Final = "altus4"
AUDIENCE: Final = "altus4-api"
LEAST_SECRET: Final = 32
LONGEST_TOKEN: Final = 2048
REMEMBERED: Final = 10_000

_JWT_SHAPE: Final = re.compile(r"[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]*")
_REFRESH_SHAPE: Final = re.compile(r"([0-9a-f-]{36})\.([1-9][0-9]{0,8})\.([A-Za-z0-9_-]{43})")
_PLACEHOLDER: Final = re.compile(r"change[-_ ]?me", re.IGNORECASE)


@attrs.frozen
class Claims:
    """What an access token says."""

    user_id: str
    session_id: str
    expires_at: datetime


class Tokens:
    """Makes and reads tokens.

    Args:
        secret: The session secret.
        clock: Source of time.
        lifetime: How long an access token is good.

    Raises:
        StartupRefused: the secret is missing, short or a placeholder.
    """

    def __init__(self, secret: str, clock: Clock, lifetime: timedelta) -> None:
        if len(secret) < LEAST_SECRET or _PLACEHOLDER.search(secret):
            what = f"the session secret is a placeholder or has fewer than {LEAST_SECRET} characters"
            if not secret:
                what = "no session secret is set"
            hint = "set ALTUS4_SESSION_SECRET to a long random text; `altus4 secrets generate` makes one"
            raise StartupRefused([Problem("accounts", what, "security.session_secret", hint)])
        self._access_key = _derive(secret, b"altus4/session/access/v1")
        self._refresh_key = _derive(secret, b"altus4/session/refresh/v1")
        self._clock = clock
        self._lifetime = lifetime
        # Signatures already checked: a signature does not get worse, and checking one takes 70 us.
        self._checked: OrderedDict[str, Claims] = OrderedDict()

    def access(self, user_id: str, session_id: str, until: datetime) -> tuple[str, int]:
        """Make an access token, good for the lifetime but not beyond `until`.

        Returns:
            The token, and for how many seconds it is good.
        """
        now = self._clock.now().replace(microsecond=0)
        expires_at = min(now + self._lifetime, until)
        claims = {
            "iss": ISSUER,
            "aud": AUDIENCE,
            "sub": user_id,
            "sid": session_id,
            "jti": secrets.token_urlsafe(8),  # two tokens of one second are two tokens
            "iat": int(now.timestamp()),
            "exp": int(expires_at.timestamp()),
        }
        import jwt

        token = jwt.encode(claims, self._access_key, algorithm=ALGORITHM)
        return token, max(0, int(expires_at.timestamp()) - int(now.timestamp()))

    def read(self, token: str) -> Claims | None:
        """Read an access token; None when it is none of ours (another issuer's, or no JWT at all).

        Raises:
            Rejected: it claims to be ours and is forged, damaged or expired.
        """
        claims = self._checked.get(token)
        if claims is None:
            if not _JWT_SHAPE.fullmatch(token) or (len(token) <= LONGEST_TOKEN and _issuer_of(token) != ISSUER):
                return None
            claims = self._verified(token)
            self._checked[token] = claims
            while len(self._checked) > REMEMBERED:
                self._checked.popitem(last=False)
        if self._clock.now() >= claims.expires_at:
            self._checked.pop(token, None)
            message = "The session token has expired; refresh it or log in again."
            raise Rejected(message, code="TOKEN_EXPIRED")
        return claims

    def refresh(self, session_id: str, generation: int) -> str:
        """Make the refresh token of a session's generation."""
        return f"{session_id}.{generation}.{self._seal(session_id, generation)}"

    def read_refresh(self, text: str) -> tuple[str, int] | None:
        """Read a refresh token: session id and generation, or None when it was not made here."""
        found = _REFRESH_SHAPE.fullmatch(text)
        if found is None:
            return None
        session_id, generation = found[1], int(found[2])
        return (session_id, generation) if hmac.compare_digest(found[3], self._seal(session_id, generation)) else None

    def _verified(self, token: str) -> Claims:
        import jwt

        if len(token) <= LONGEST_TOKEN and _is_canonical(token.rpartition(".")[2]):
            try:
                # Times are judged by our own clock.
                said: dict[str, Any] = jwt.decode(
                    token,
                    self._access_key,
                    algorithms=[ALGORITHM],
                    issuer=ISSUER,
                    audience=AUDIENCE,
                    options={"require": ["sub", "sid", "exp"], "verify_exp": False, "verify_iat": False},
                )
                return Claims(str(said["sub"]), str(said["sid"]), datetime.fromtimestamp(int(said["exp"]), UTC))
            except (jwt.InvalidTokenError, ValueError, TypeError, OverflowError):
                pass
        message = "The session token is not valid; log in again."
        raise Rejected(message, code="INVALID_TOKEN")

    def _seal(self, session_id: str, generation: int) -> str:
        mac = hmac.new(self._refresh_key, f"{session_id}.{generation}".encode(), hashlib.sha256).digest()
        return base64.urlsafe_b64encode(mac).rstrip(b"=").decode("ascii")


def _derive(secret: str, purpose: bytes) -> bytes:
    return hmac.new(secret.encode("utf-8"), purpose, hashlib.sha256).digest()


def _is_canonical(signature: str) -> bool:
    """Say whether base64 text is the one way to write its bytes: of 43 characters the last has two idle bits."""
    try:
        decoded = base64.urlsafe_b64decode(signature + "=" * (-len(signature) % 4))
    except ValueError:
        return False
    return base64.urlsafe_b64encode(decoded).rstrip(b"=").decode("ascii") == signature


def _issuer_of(token: str) -> object:
    """Give the issuer that a token names, unverified: it decides only who is to judge the token."""
    payload = token.split(".")[1]
    try:
        said = orjson.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    except ValueError:
        return None
    return said.get("iss") if isinstance(said, dict) else None
