"""Authentication from a dict of tokens."""

from collections.abc import Mapping

from altus4_core.errors import Rejected
from altus4_core.records import AuthRequest, Identity

PREFIX = "memory-"


class TokenScheme:
    """Knows its tokens by heart. A token that begins with `memory-` and is not known is rejected; others are not ours.

    Args:
        tokens: Identity of each token.
        name: The scheme's name.
    """

    def __init__(self, tokens: Mapping[str, Identity], name: str = "memory") -> None:
        self.name = name
        self._tokens = tokens

    async def authenticate(self, request: AuthRequest) -> Identity | None:
        """Look the bearer token up."""
        kind, _, token = request.headers.get("Authorization", "").strip().partition(" ")
        token = token.strip()
        if kind.lower() != "bearer" or not (token in self._tokens or token.startswith(PREFIX)):
            return None
        identity = self._tokens.get(token)
        if identity is None:
            message = "This token is not known here."
            raise Rejected(message)
        return identity
