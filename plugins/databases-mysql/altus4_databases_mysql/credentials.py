"""Tenants' credentials at rest: AES-256-GCM, bound to the place where they are stored."""

import base64
import binascii
import os

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from altus4_core.errors import TargetFailed
from altus4_core.vault import SecretPlace
from altus4_databases_mysql.keyring import Keyring

VERSION = "v1"
NONCE_BYTES = 12


class Vault:
    """The `CredentialVault` of this plugin. Stored form: `v1.<key id>.<nonce>.<ciphertext and tag>` (base64url)."""

    def __init__(self, keyring: Keyring) -> None:
        self._keyring = keyring
        self._ciphers = {key_id: AESGCM(key) for key_id, key in keyring.keys.items()}

    def encrypt(self, text: str, place: SecretPlace) -> str:
        """Encrypt with the primary key under a fresh random nonce."""
        key_id = self._keyring.primary
        nonce = os.urandom(NONCE_BYTES)
        sealed = self._ciphers[key_id].encrypt(nonce, text.encode("utf-8"), _associated(place))
        return f"{VERSION}.{key_id}.{_pack(nonce)}.{_pack(sealed)}"

    def decrypt(self, stored: str, place: SecretPlace) -> str:
        """Give the text back; raises `TargetFailed` (`CREDENTIALS_UNREADABLE`)."""
        try:
            version, key_id, nonce, sealed = stored.split(".")
            if version != VERSION:
                raise _unreadable()
            cipher = self._ciphers[key_id]
            opened = cipher.decrypt(_unpack(nonce), _unpack(sealed), _associated(place))
            return opened.decode("utf-8")
        except (ValueError, KeyError, InvalidTag, binascii.Error) as error:
            raise _unreadable() from error

    def is_current(self, stored: str) -> bool:
        """Tell whether the primary key encrypted this."""
        return stored.startswith(f"{VERSION}.{self._keyring.primary}.")


def key_id_of(stored: str) -> str:
    """Give the id of the key that encrypted this, `""` if it is no stored secret."""
    parts = stored.split(".")
    return parts[1] if len(parts) == 4 and parts[0] == VERSION else ""


def _associated(place: SecretPlace) -> bytes:
    """Bind the place. Lengths stand in front of the parts, so that no two places give the same bytes."""
    parts = (place.table, place.column, place.row_id, place.user_id)
    return b"".join(len(raw).to_bytes(4, "big") + raw for raw in (part.encode("utf-8") for part in parts))


def _pack(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode("ascii")


def _unpack(text: str) -> bytes:
    """Read canonical base64url only: a second spelling of the same bytes is damage."""
    raw = base64.urlsafe_b64decode(text.encode("ascii") + b"=" * (-len(text) % 4))
    if _pack(raw) != text:
        raise binascii.Error
    return raw


def _unreadable() -> TargetFailed:
    return TargetFailed(
        "The stored credentials of this database cannot be read; enter its password again.",
        code="CREDENTIALS_UNREADABLE",
    )
