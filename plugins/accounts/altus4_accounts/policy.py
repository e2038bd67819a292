"""What a session may do: everything on its user's own things, and by role what is everybody's."""

from typing import Final

from altus4_accounts.scheme import PERMISSIONS, SCHEME
from altus4_core.records import Action, Identity

SESSION_ONLY: Final = "session"
"""A permission that only sessions have: operations on the account itself."""


class SessionPermissions:
    """Judges identities that came from a session; has no opinion on others, nor on permissions it does not know."""

    name = "session-permissions"

    async def permits(self, identity: Identity, action: Action, resource: str | None) -> bool | None:
        """Give True or False for identities of scheme `session`, None for all others."""
        if identity.scheme != SCHEME:
            return None
        if action.role is not None and identity.role != action.role:
            return False
        if action.permission is None or action.permission == SESSION_ONLY or action.permission in PERMISSIONS:
            return True
        return None
