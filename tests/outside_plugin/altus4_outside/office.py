"""A policy that closes at night."""

from altus4_core.clock import Clock
from altus4_core.records import Action, Identity


class OfficeHours:
    """Says no outside of office hours, and leaves the rest to others."""

    name = "office-hours"

    def __init__(self, clock: Clock, opens: int, closes: int) -> None:
        self._clock = clock
        self._opens = opens
        self._closes = closes

    async def permits(self, identity: Identity, action: Action, resource: str | None) -> bool | None:
        """Look at the clock."""
        return None if self._opens <= self._clock.now().hour < self._closes else False
