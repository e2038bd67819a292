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

    def place(self, tenant: str | None) -> "Place":
        """Hold a global place and, where there is a tenant, one of the tenant's, while the context lasts.

        Raises:
            Unavailable: no global place is free.
            TooManyRequests: none of the tenant's is.
        """
        if self.active >= self._most:
            self.refused += 1
            message = "The gateway is busy; try again shortly."
            raise Unavailable(message, code="OVERLOADED", retry_after=1)
        if tenant is not None and self._tenants[tenant] >= self._most_per_tenant:
            self.refused += 1
            message = f"At most {self._most_per_tenant} requests at once; wait for one to finish."
            raise TooManyRequests(message, code="TOO_MANY_CONCURRENT_REQUESTS", retry_after=1)
        return Place(self, tenant)

    def enter(self, tenant: str | None) -> None:
        """Count one more."""
        self.active += 1
        if tenant is not None:
            self._tenants[tenant] += 1

    def leave(self, tenant: str | None) -> None:
        """Count one less."""
        self.active -= 1
        if tenant is not None:
            self._tenants[tenant] -= 1
            if not self._tenants[tenant]:
                del self._tenants[tenant]


class Place:
    """A place in the bulkheads. A class: what `contextmanager` makes costs three times as much, at every request."""

    __slots__ = ("_bulkheads", "_tenant")

    def __init__(self, bulkheads: Bulkheads, tenant: str | None) -> None:
        self._bulkheads = bulkheads
        self._tenant = tenant

    def __enter__(self) -> None:
        self._bulkheads.enter(self._tenant)

    def __exit__(self, *_: object) -> None:
        self._bulkheads.leave(self._tenant)
