"""The text of an API key: `altus4_sk_{test|live}_` + 8 characters public id + 32 secret + 6 checksum, base62.

The checksum is the CRC32 of everything before it, so a mistyped key is recognised without a question to the
store. It is no secret and proves nothing: only the SHA-256 digest of the whole key does (190 bits of secret).
"""

import hashlib
import re
import secrets
import zlib
from typing import Final

import attrs

from altus4_core.records import Environment

ALPHABET: Final = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
SCHEME_PREFIX: Final = "altus4_sk_"
PUBLIC_LENGTH: Final = 8
SECRET_LENGTH: Final = 32
CHECKSUM_LENGTH: Final = 6
PREFIX_LENGTH: Final = 23
KEY_LENGTH: Final = 61

# `[0-9A-Za-z]` and not `\w`: the latter would let letters of other scripts and a final newline through.
_SHAPE: Final = re.compile(rf"{SCHEME_PREFIX}(test|live)_[0-9A-Za-z]{{46}}")
_VALUES: Final = {digit: value for value, digit in enumerate(ALPHABET)}


@attrs.frozen
class NewKey:
    """A key just made. `text` is the only copy of the secret there will ever be."""

    environment: Environment
    text: str = attrs.field(repr=False)

    @property
    def prefix(self) -> str:
        """Give the part that may be shown and stored: 23 characters."""
        return self.text[:PREFIX_LENGTH]

    @property
    def digest(self) -> str:
        """Give what is stored: SHA-256 of the whole key, 64 hexadecimal digits."""
        return digest(self.text)


def base62(number: int, width: int) -> str:
    """Write a number in base62, filled with zeros from the left."""
    digits = []
    for _ in range(width):
        number, rest = divmod(number, len(ALPHABET))
        digits.append(ALPHABET[rest])
    return "".join(reversed(digits))


def checksum(body: str) -> str:
    """Give the 6 characters that follow `body` in a well-formed key."""
    return base62(zlib.crc32(body.encode("ascii")), CHECKSUM_LENGTH)


def has_checksum(text: str) -> bool:
    """Say whether the last characters of a text in a key's shape are the checksum of those before."""
    number = 0
    for digit in text[-CHECKSUM_LENGTH:]:  # read, not written: dividing costs more than multiplying
        number = number * 62 + _VALUES[digit]
    return number == zlib.crc32(text[:-CHECKSUM_LENGTH].encode("ascii"))


def digest(text: str) -> str:
    """Give the SHA-256 of a whole key as 64 hexadecimal digits."""
    return hashlib.sha256(text.encode("utf-8", "surrogateescape")).hexdigest()


def is_of_scheme(text: str) -> bool:
    """Say whether a token claims to be one of our keys."""
    return text.startswith(SCHEME_PREFIX)


def has_shape(text: str) -> bool:
    """Say whether a token has a key's length, prefix and characters."""
    return _SHAPE.fullmatch(text) is not None


def generate(environment: Environment) -> NewKey:
    """Make a key from the operating system's randomness."""
    characters = "".join(secrets.choice(ALPHABET) for _ in range(PUBLIC_LENGTH + SECRET_LENGTH))
    body = f"{SCHEME_PREFIX}{environment}_{characters}"
    return NewKey(environment, body + checksum(body))
