"""The vault: how a plugin keeps a secret that belongs to a tenant's row.

Offered as a service by type (`CredentialVault`). What it stores is bound to its place: a ciphertext copied to another
row, column or owner does not open there.
"""

from typing import Protocol, runtime_checkable

import attrs


@attrs.frozen
class SecretPlace:
    """Where a secret lives: table, column (or path inside a JSON column), row id, and the owner's user id."""

    table: str
    column: str
    row_id: str
    user_id: str


@runtime_checkable
class CredentialVault(Protocol):
    """Encrypts and decrypts short texts. Pure computation: nothing to await."""

    def encrypt(self, text: str, place: SecretPlace) -> str:
        """Give the text to store."""
        ...

    def decrypt(self, stored: str, place: SecretPlace) -> str:
        """Give the text back.

        Raises:
            TargetFailed: code `CREDENTIALS_UNREADABLE`: damaged, moved, or its key is gone. Never an empty text.
        """
        ...

    def is_current(self, stored: str) -> bool:
        """Tell whether the text was encrypted with the key that encrypts now."""
        ...
