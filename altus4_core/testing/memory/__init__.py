"""The metadata store in memory: the twin of what `metadata-mysql` keeps in MySQL, and of its migrations."""

from altus4_core.testing.memory.migrations import MemoryMigrationStore
from altus4_core.testing.memory.store import MemoryStore

__all__ = ["MemoryMigrationStore", "MemoryStore"]
