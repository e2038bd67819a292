"""Cursors: where a search goes on, signed, and good for one caller and one request only.

A cursor tells how many rows of each list were given out, so that nothing is lost or doubled when a database that was
late at first answers later, and what ranked the lists, so that any process can go on with them. It is not secret from
its caller, hence signed (HMAC-SHA-256, cut to 128 bits as RFC 2104 allows) and not encrypted. The signature covers the
caller and the request, which therefore need not be in it.
"""

import binascii
import hmac
import zlib
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Mapping
from os import urandom
from typing import Any

import attrs
import orjson

from altus4_core.clock import Clock
from altus4_core.errors import FieldProblem, ValidationFailed
from altus4_core.records import Identity
from altus4_core.settings.core import SecuritySettings

MOST_DEEP = 10_000
"""Rows of the merged list that cursors reach; each list is read so far at most."""

LONGEST_CURSOR = 100_000
_PURPOSE = b"altus4 cursors 1"
_MAC = 16  # bytes
_PLAIN, _PACKED = b"0", b"1"
_WORTH_PACKING = 300  # bytes


@attrs.frozen
class Position:
    """How far a search was read: by `databaseId:table` rows given out, and what ranked them (`TableHits.pin`)."""

    consumed: Mapping[str, int]
    pins: Mapping[str, Any]

    @property
    def rows(self) -> int:
        """Give the rows of the merged list that were given out."""
        return sum(self.consumed.values())


class Cursors:
    """Writes and reads cursors.

    Args:
        key: Signs them.
        clock: Says when they expire.
        lifetime: Seconds that they are good for.
    """

    def __init__(self, key: bytes, clock: Clock, lifetime: float) -> None:
        self._key = key
        self._clock = clock
        self._lifetime = lifetime

    def write(self, identity: Identity, fingerprint: bytes, position: Position) -> str | None:
        """Make the cursor of a position; None where it would be longer than is taken: of very many tables."""
        expires = int(self._clock.now().timestamp() + self._lifetime)
        consumed, pins = position.consumed, position.pins
        lists = [(name, count, pins.get(name)) for name, count in consumed.items()]
        lists += [(name, 0, pin) for name, pin in pins.items() if name not in consumed]
        body = orjson.dumps((expires, lists))
        sealed = _PLAIN + body if len(body) < _WORTH_PACKING else _PACKED + zlib.compress(body, 1)
        cursor = urlsafe_b64encode(self._mac(identity, fingerprint, sealed) + sealed).rstrip(b"=").decode()
        return cursor if len(cursor) <= LONGEST_CURSOR else None

    def read(self, cursor: str, identity: Identity, fingerprint: bytes) -> Position:
        """Give the position of a cursor.

        Raises:
            ValidationFailed: `INVALID_CURSOR`: it is no cursor of this caller and this request, or it is too old.
        """
        try:
            raw = urlsafe_b64decode(cursor.encode("ascii") + b"=" * (-len(cursor) % 4))
        except (binascii.Error, ValueError):
            raw = b""
        mac, sealed = raw[:_MAC], raw[_MAC:]
        if not sealed or not hmac.compare_digest(mac, self._mac(identity, fingerprint, sealed)):
            raise invalid_cursor("does not belong to this caller and this request; send the request it came with")
        body = zlib.decompress(sealed[1:]) if sealed[:1] == _PACKED else sealed[1:]  # ours: it was signed
        expires, lists = orjson.loads(body)
        if expires < self._clock.now().timestamp():
            raise invalid_cursor("has expired; begin the search again without it")
        return Position(
            {name: count for name, count, _ in lists if count},
            {name: pin for name, _, pin in lists if pin is not None},
        )

    def _mac(self, identity: Identity, fingerprint: bytes, sealed: bytes) -> bytes:
        caller = f"{identity.user_id}\0{identity.credential_id}\0{len(fingerprint)}\0".encode()
        return hmac.digest(self._key, caller + fingerprint + sealed, "sha256")[:_MAC]


def cursor_key(security: SecuritySettings) -> bytes:
    """Derive the key from the session secret, else from the encryption keys.

    Where there is neither, cursors hold for this process alone.
    """
    secret = security.session_secret.reveal() or security.encryption_keys.reveal()
    return hmac.digest(secret.encode(), _PURPOSE, "sha256") if secret else urandom(32)


def invalid_cursor(what: str) -> ValidationFailed:
    """Make the refusal of a cursor."""
    problem = FieldProblem("cursor", what, "invalid_cursor")
    return ValidationFailed(f"cursor: {what}", code="INVALID_CURSOR", details=[attrs.asdict(problem)])
