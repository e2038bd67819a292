"""Migrations in memory: remembers what it was told, and knows which tables there are."""

import asyncio
import re
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager

import attrs

from altus4_core.errors import Busy, MigrationFailed
from altus4_core.store import AppliedMigration

TABLE = re.compile(
    r"(?P<verb>create|drop)\s+table\s+(?P<lenient>if\s+(?:not\s+)?exists\s+)?`?(?P<name>\w+)", re.IGNORECASE
)
SQL = re.compile(
    r"(?:/\*|create|drop|alter|rename|insert|update|delete|replace|with|select|set|start|commit)\b", re.IGNORECASE
)


class MemoryMigrationStore:
    """Satisfies `MigrationStore`. Runs no SQL but knows of tables that are made twice or dropped when they are gone.

    Attributes:
        rows: The tracking table, in order of application.
        statements: Everything that was run, in order.
        tables: The tables there are.
        before: Called with each statement before it "runs"; what it raises is what the statement does.
    """

    def __init__(self) -> None:
        self.rows: dict[str, AppliedMigration] = {}
        self.statements: list[str] = []
        self.tables: set[str] = set()
        self.before: Callable[[str], None] = lambda _statement: None
        self._lock = asyncio.Lock()

    async def applied(self) -> Sequence[AppliedMigration]:
        """Read the tracking table."""
        return list(self.rows.values())

    @asynccontextmanager
    async def session(self, *, wait: float) -> AsyncIterator["MemoryMigrationSession"]:
        """Take the lock; raises `Busy`."""
        try:
            # A free lock is taken at once, even where there is no time to wait.
            async with asyncio.timeout(wait if self._lock.locked() else None):
                await self._lock.acquire()
        except TimeoutError:
            message = f"somebody else is migrating this schema; waited {wait:g} s: try again later, or with --wait"
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

    async def run(self, statement: str, *, resumed: bool = False, progress: AppliedMigration | None = None) -> None:
        """Remember a statement."""
        await asyncio.sleep(0)
        self._store.before(statement)
        if not self._effect(statement) and not resumed:
            message = f"the server refused it: {' '.join(statement.split())[:300]}"
            raise MigrationFailed(message)
        self._store.statements.append(statement)
        if progress is not None:
            await self.record(progress)

    def _effect(self, statement: str) -> bool:
        """Make or drop a table; False when it is there, or gone, already."""
        if not SQL.match(statement.strip()):
            message = f"the server refused it: {' '.join(statement.split())[:300]}"
            raise MigrationFailed(message)
        match = TABLE.match(statement.strip())
        if match is None:
            return True
        makes = match["verb"].lower() == "create"
        if (match["name"] in self._store.tables) is makes:
            return match["lenient"] is not None
        (self._store.tables.add if makes else self._store.tables.remove)(match["name"])
        return True

    async def record(self, row: AppliedMigration) -> None:
        """Insert or replace a row of the tracking table."""
        await asyncio.sleep(0)
        at = row.applied_at.replace(microsecond=0)
        self._store.rows[row.filename] = attrs.evolve(row, applied_at=at, applied_by="memory")

    async def mark(self, filename: str, state: str) -> None:
        """Change the state of a row alone."""
        await asyncio.sleep(0)
        if filename in self._store.rows:
            self._store.rows[filename] = attrs.evolve(self._store.rows[filename], state=state)

    async def forget(self, filename: str) -> None:
        """Delete a row of the tracking table."""
        await asyncio.sleep(0)
        self._store.rows.pop(filename, None)

    async def rename(self, filename: str, to: str) -> None:
        """Give a row another name."""
        await asyncio.sleep(0)
        if to in self._store.rows:
            message = f"{to} is there already"
            raise MigrationFailed(message)
        rows = [(row.filename, row) for row in self._store.rows.values()]
        self._store.rows = {
            to if name == filename else name: attrs.evolve(row, filename=to) if name == filename else row
            for name, row in rows
        }

    async def wipe(self, *, views: bool) -> Sequence[str]:
        """Drop every table; there are no views."""
        await asyncio.sleep(0)
        dropped = sorted(self._store.tables)
        self._store.tables.clear()
        self._store.rows.clear()
        return dropped
