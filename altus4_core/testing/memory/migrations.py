"""Migrations in memory: runs no SQL, but remembers what it was told and fails where a test wants it to."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager

from altus4_core.errors import Busy
from altus4_core.store import AppliedMigration


class MemoryMigrationStore:
    """Satisfies `MigrationStore`.

    Attributes:
        rows: The tracking table, in order of application.
        statements: Everything that was run, in order.
        before: Called with each statement before it "runs"; what it raises is what the statement does.
    """

    def __init__(self) -> None:
        self.rows: dict[str, AppliedMigration] = {}
        self.statements: list[str] = []
        self.before: Callable[[str], None] = lambda _statement: None
        self._lock = asyncio.Lock()

    async def applied(self) -> Sequence[AppliedMigration]:
        """Read the tracking table."""
        return list(self.rows.values())

    @asynccontextmanager
    async def session(self, *, wait: float) -> AsyncIterator["MemoryMigrationSession"]:
        """Take the lock; raises `Busy`."""
        try:
            async with asyncio.timeout(wait):
                await self._lock.acquire()
        except TimeoutError:
            message = f"another migration is running; waited {wait:g} s"
            raise Busy(message) from None
        try:
            yield MemoryMigrationSession(self)
        finally:
            self._lock.release()


class MemoryMigrationSession:
    """Satisfies `MigrationSession`."""

    def __init__(self, store: MemoryMigrationStore) -> None:
        self._store = store

    async def applied(self) -> Sequence[AppliedMigration]:
        """Read the tracking table."""
        return await self._store.applied()

    async def run(self, statement: str, *, resumed: bool = False) -> None:
        """Remember a statement."""
        await asyncio.sleep(0)
        self._store.before(statement)
        self._store.statements.append(statement)

    async def record(self, row: AppliedMigration) -> None:
        """Insert or replace a row of the tracking table."""
        await asyncio.sleep(0)
        self._store.rows[row.filename] = row

    async def forget(self, filename: str) -> None:
        """Delete a row of the tracking table."""
        await asyncio.sleep(0)
        self._store.rows.pop(filename, None)
