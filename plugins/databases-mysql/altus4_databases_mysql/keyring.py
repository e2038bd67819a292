"""The keyring: which keys encrypt and decrypt tenants' credentials."""

import base64
import binascii
import re
import secrets
from collections.abc import Mapping

import attrs

from altus4_core.errors import Problem, StartupRefused

KEY_BYTES = 32
WHO = "databases-mysql"
WHERE = "security.encryption_keys, ALTUS4_ENCRYPTION_KEYS"
GENERATE = "run `altus4 secrets generate` and set what it prints"

_KEY_ID = re.compile(r"[A-Za-z0-9_-]{1,32}")
_PLACEHOLDER = re.compile(r"change.?me|placeholder|example|secret|password|your|insert|todo|xxx|<|>", re.IGNORECASE)
_FEW_BYTES = 12


@attrs.frozen
class Keyring:
    """Keys of 32 bytes by id. `primary` is the id of the one that encrypts; all of them decrypt."""

    primary: str
    keys: Mapping[str, bytes] = attrs.field(repr=False)

    @classmethod
    def parse(cls, text: str) -> "Keyring":
        """Read `id:base64,id:base64,...`; the first key encrypts.

        Raises:
            StartupRefused: with one problem for each key that cannot be used. Key material never appears in it.
        """
        keys: dict[str, bytes] = {}
        problems: list[Problem] = []
        entries = [entry.strip() for entry in text.split(",") if entry.strip()]
        if not entries:
            problems.append(_problem("no encryption key is set, so credentials cannot be stored"))
        for number, entry in enumerate(entries, start=1):
            key_id, key, fault = _read(entry, number)
            if fault:
                problems.append(_problem(fault))
            elif key_id in keys:
                problems.append(_problem(f"encryption key id {key_id!r} is given twice"))
            elif key in keys.values():
                problems.append(_problem(f"encryption key {key_id!r} repeats another key under a second id"))
            else:
                keys[key_id] = key
        if problems:
            raise StartupRefused(problems)
        return cls(next(iter(keys)), keys)


def new_key_entry(key_id: str) -> str:
    """Make a fresh random key as it stands in the setting: `id:base64`."""
    return f"{key_id}:{base64.b64encode(secrets.token_bytes(KEY_BYTES)).decode()}"


def _read(entry: str, number: int) -> tuple[str, bytes, str]:
    """Give (id, key, "") or ("", b"", what is wrong)."""
    key_id, colon, encoded = entry.partition(":")
    if not colon or not _KEY_ID.fullmatch(key_id):
        # The entry itself may be a bare key, so it is not repeated here.
        return "", b"", f"encryption key number {number} is not written as id:base64 (id: letters, digits, - and _)"
    if _PLACEHOLDER.search(encoded) and not _decodes(encoded):
        return "", b"", f"encryption key {key_id!r} is a placeholder"
    key = _decode(encoded)
    if key is None:
        return "", b"", f"encryption key {key_id!r} is not base64"
    if len(key) != KEY_BYTES:
        return "", b"", f"encryption key {key_id!r} has {len(key)} bytes instead of {KEY_BYTES}"
    # 32 random bytes have fewer than 12 distinct values about once in 10**23 draws; typed ones usually do, or are text.
    if len(set(key)) < _FEW_BYTES or all(32 <= byte < 127 for byte in key):
        return "", b"", f"encryption key {key_id!r} is a placeholder, not 32 random bytes"
    return key_id, key, ""


def _decode(encoded: str) -> bytes | None:
    """Read standard or URL-safe base64, with or without padding."""
    text = encoded.strip().rstrip("=").replace("-", "+").replace("_", "/")
    try:
        return base64.b64decode(text + "=" * (-len(text) % 4), validate=True)
    except (binascii.Error, ValueError):
        return None


def _decodes(encoded: str) -> bool:
    key = _decode(encoded)
    return key is not None and len(key) == KEY_BYTES


def _problem(what: str) -> Problem:
    return Problem(WHO, what, WHERE, GENERATE)
