"""Authentication by a header from a trusted proxy."""

from collections.abc import Set as AbstractSet

from altus4_core.errors import Rejected
from altus4_core.records import AuthRequest, Identity

HEADER = "X-Authenticated-User"


class ProxyHeader:
    """Believes `X-Authenticated-User` from trusted addresses, rejects it from others."""

    name = "proxy-header"

    def __init__(self, trusted: AbstractSet[str]) -> None:
        self._trusted = trusted

    async def authenticate(self, request: AuthRequest) -> Identity | None:
        """Read the header."""
        user = request.headers.get(HEADER, "").strip()
        if not user:
            return None
        if request.remote not in self._trusted:
            message = "Only a trusted proxy may say who you are."
            raise Rejected(message)
        return Identity(user, self.name, user, permissions=frozenset({"search"}), limited_as="account")
