"""The metadata store in memory: all repositories on the same tables."""

from altus4_core.clock import Clock, SystemClock
from altus4_core.testing.memory.api_keys import MemoryApiKeys
from altus4_core.testing.memory.audit import MemoryAudit
from altus4_core.testing.memory.databases import MemoryDatabases
from altus4_core.testing.memory.metrics import MemoryMetrics
from altus4_core.testing.memory.popularqueries import MemoryPopularQueries
from altus4_core.testing.memory.searches import MemorySearches
from altus4_core.testing.memory.sessions import MemorySessions
from altus4_core.testing.memory.tables import Tables
from altus4_core.testing.memory.users import MemoryUsers


class MemoryStore:
    """Satisfies `MetadataStore`; set `away` to have every call raise `Unavailable`.

    Args:
        clock: Source of time.
        foreign_keys: Whether rows need an owner that is there, as in SQL; off, a test may skip making users.
    """

    def __init__(self, clock: Clock | None = None, *, foreign_keys: bool = False) -> None:
        self._tables = Tables(clock or SystemClock(), foreign_keys)
        self.users = MemoryUsers(self._tables)
        self.sessions = MemorySessions(self._tables)
        self.api_keys = MemoryApiKeys(self._tables)
        self.databases = MemoryDatabases(self._tables)
        self.searches = MemorySearches(self._tables)
        self.popular = MemoryPopularQueries(self._tables)
        self.audit = MemoryAudit(self._tables)
        self.metrics = MemoryMetrics(self._tables)

    @property
    def away(self) -> bool:
        """Whether the store is away."""
        return self._tables.away

    @away.setter
    def away(self, value: bool) -> None:
        self._tables.away = value

    async def ping(self) -> None:
        """Answer, or raise `Unavailable`."""
        self._tables.reach()
