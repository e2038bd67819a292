"""The authentication scheme `session`: from a session token to an identity."""

from collections.abc import Callable
from typing import Final

from altus4_accounts.sessions import SessionLookup
from altus4_accounts.tokens import Tokens
from altus4_core.clock import Clock
from altus4_core.errors import Rejected
from altus4_core.records import AuthRequest, Identity

SCHEME: Final = "session"
DOTS: Final = 2  # of a JWT
PERMISSIONS: Final = frozenset({"search", "analytics", "admin"})


class SessionScheme:
    """Judges `Authorization: Bearer <JWT of ours>`; anything else is left to other schemes.

    Role and life of the session come from the store by way of the lookup, not from the token.
    """

    name = SCHEME

    def __init__(
        self, tokens: Callable[[], Tokens], lookup: Callable[[], SessionLookup], clock: Clock, tier: str
    ) -> None:
        self._tokens = tokens
        self._lookup = lookup
        self._clock = clock
        self._tier = tier

    async def authenticate(self, request: AuthRequest) -> Identity | None:
        """Give the session's identity, or None when the request carries no session token.

        Raises:
            Rejected: forged, expired, or its session has ended (401).
            Unavailable: it is not remembered and the store cannot be asked (503).
        """
        header = request.headers.get("Authorization")
        if header is None or header.count(".") != DOTS:  # most requests carry an API key: they are not taken apart
            return None
        kind, _, token = header.strip().partition(" ")
        if kind.lower() != "bearer":
            return None
        claims = self._tokens().read(token.strip())
        if claims is None:
            return None
        known = await self._lookup().find(claims.session_id)
        if known is None or known.user.id != claims.user_id or known.session.revoked_at is not None:
            message = "The session has ended; log in again."
            raise Rejected(message, code="INVALID_TOKEN")
        if self._clock.now() >= known.session.expires_at:
            message = "The session has expired; log in again."
            raise Rejected(message, code="TOKEN_EXPIRED")
        return Identity(
            user_id=known.user.id,
            scheme=SCHEME,
            credential_id=known.session.id,
            name=known.user.name,
            role=known.user.role,
            permissions=PERMISSIONS,
            tier=self._tier,
            expires_at=min(claims.expires_at, known.session.expires_at),
            limited_as="account",
        )
