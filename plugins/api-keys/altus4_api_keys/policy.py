"""What a key may do: one rule from permissions, implied permissions and role."""

from altus4_api_keys.known import SCHEME
from altus4_core.records import Action, Identity

SESSION_ONLY = "session"
"""A permission no key has: operations on the account itself, which need a person who logged in."""


class KeyPermissions:
    """Judges identities that came from an API key; has no opinion on others."""

    name = "key-permissions"

    async def permits(self, identity: Identity, action: Action, resource: str | None) -> bool | None:
        """Give True or False for identities of scheme `api-key`, None for all others."""
        if identity.scheme != SCHEME:
            return None
        if action.role is not None and identity.role != action.role:
            return False
        if action.permission is None:
            return True
        if action.permission == SESSION_ONLY:
            return False
        return action.permission in identity.permissions or "admin" in identity.permissions
