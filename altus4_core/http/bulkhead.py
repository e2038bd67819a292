"""Bulkheads: how much may be worked on at once, in all and for one tenant."""

from collections import Counter

from altus4_core.errors import TooManyRequests, Unavailable


class Bulkheads:
    """Counts requests in progress. Beyond the global limit 503, beyond a tenant's 429."""

    def __init__(self, most: int, most_per_tenant: int) -> None:
        self._most = most
        self._most_per_tenant = most_per_tenant
        self._tenants: Counter[str] = Counter()
        self.active = 0
        self.refused = 0

    def enter(self) -> None:
        """Take a global place; raises `Unavailable`."""
        if self.active >= self._most:
            self.refused += 1
            message = "The gateway is busy; try again shortly."
            raise Unavailable(message, code="OVERLOADED", retry_after=1)
        self.active += 1

    def leave(self) -> None:
        """Give the global place back."""
        self.active -= 1

    def enter_tenant(self, tenant: str) -> None:
        """Take one of the tenant's places; raises `TooManyRequests`."""
        if self._tenants[tenant] >= self._most_per_tenant:
            self.refused += 1
            message = f"At most {self._most_per_tenant} requests at once; wait for one to finish."
            raise TooManyRequests(message, code="TOO_MANY_CONCURRENT_REQUESTS", retry_after=1)
        self._tenants[tenant] += 1

    def leave_tenant(self, tenant: str) -> None:
        """Give the tenant's place back."""
        self._tenants[tenant] -= 1
        if not self._tenants[tenant]:
            del self._tenants[tenant]
