"""The authentication scheme `api-key`: from an `Authorization` header to an identity."""

import hmac
from collections.abc import Callable
from typing import Final

from altus4_api_keys import keyformat
from altus4_api_keys.known import SCHEME, KeyLookup
from altus4_api_keys.usage import UsageRecorder
from altus4_core.clock import Clock
from altus4_core.errors import PermissionDenied, Rejected
from altus4_core.records import AuthRequest, Identity

_BEARER: Final = "Bearer "
_USUAL: Final = _BEARER + keyformat.SCHEME_PREFIX


class ApiKeyScheme:
    """Judges `Authorization: Bearer altus4_sk_...`; anything else is left to other schemes."""

    name = SCHEME

    def __init__(self, lookup: Callable[[], KeyLookup], usage: Callable[[], UsageRecorder], clock: Clock) -> None:
        self._lookup = lookup
        self._usage = usage
        self._clock = clock

    async def authenticate(self, request: AuthRequest) -> Identity | None:
        """Give the key's identity, or None when the request carries no API key.

        Raises:
            Rejected: wrong form, unknown, revoked or expired (401, each with its code).
            PermissionDenied: the key may not be used from this address (403).
            Unavailable: it is not remembered and the store cannot be asked (503).
        """
        token = _token_of(request.headers.get("Authorization"))
        if token is None:
            return None
        lookup = self._lookup()
        digest = keyformat.digest(token)
        known = lookup.recall(digest)
        if known is None:  # only now is it worth a look whether it can be a key at all
            if not keyformat.has_shape(token):
                message = "This is not a complete API key: altus4_sk_, test_ or live_, then 46 letters and digits."
                raise Rejected(message, code="INVALID_API_KEY_FORMAT")
            known = await lookup.find(digest) if keyformat.has_checksum(token) else None
        if known is None or not known.key.is_active:
            raise _unknown()
        key = known.key
        if not hmac.compare_digest(key.key_hash, digest) or key.key_prefix != token[: keyformat.PREFIX_LENGTH]:
            raise _unknown()
        now = self._clock.now()
        if known.ends_at is not None and now >= known.ends_at:
            message = "This API key has expired; make a new one or regenerate it before it expires."
            raise Rejected(message, code="API_KEY_EXPIRED")
        if not known.is_allowed_from(request.remote):
            message = "This API key may not be used from this address."
            refused = PermissionDenied(message, code="IP_NOT_ALLOWED")
            refused.identity = known.identity  # its owner wants to find this in the audit trail
            raise refused
        self._usage().note(key.id, now, request.remote)
        return known.identity


def _token_of(header: str | None) -> str | None:
    """Give the API key in the header; None when there is none."""
    if header is None or keyformat.SCHEME_PREFIX not in header:
        return None
    if header.startswith(_USUAL):
        return header[len(_BEARER) :].rstrip()
    kind, _, token = header.strip().partition(" ")
    token = token.strip()
    if keyformat.is_of_scheme(kind) or (keyformat.is_of_scheme(token) and kind.lower() != "bearer"):
        message = "Send the API key as `Authorization: Bearer altus4_sk_...`."
        raise Rejected(message, code="INVALID_AUTH_FORMAT")
    return token if keyformat.is_of_scheme(token) else None


def _unknown() -> Rejected:
    return Rejected("This API key is unknown or has been revoked.", code="INVALID_API_KEY")
