"""The null policy: everybody may do everything."""

from altus4_core.records import Action, Identity


class AllowAll:
    """Says yes."""

    def __init__(self, name: str = "allow-all") -> None:
        self.name = name

    async def permits(self, identity: Identity, action: Action, resource: str | None) -> bool | None:
        """Say yes."""
        return True
