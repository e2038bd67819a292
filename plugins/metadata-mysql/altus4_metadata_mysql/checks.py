"""Whether the schema is at head: for readiness and for `altus4 doctor`."""

from collections.abc import Callable, Sequence

from altus4_core.migrate import MigrationFile, drift, pending
from altus4_core.plugin import Handle
from altus4_core.records import Finding, Severity
from altus4_core.store import MigrationStore


class MigrationsAtHead:
    """Compares the shipped files with the tracking table."""

    name = "migrations"
    readiness = True

    def __init__(self, store: Handle[MigrationStore], files: Callable[[], Sequence[MigrationFile]]) -> None:
        self._store = store
        self._files = files

    async def run(self) -> Finding:
        """Look and tell."""
        files = self._files()
        applied = await self._store().applied()
        waiting = pending(files, [row for row in applied if "/" not in row.filename])
        if waiting:
            message = f"pending: {', '.join(waiting)}"
            return Finding(self.name, Severity.ERROR, message, "run: altus4 migrate up")
        changed = drift(files, [row for row in applied if "/" not in row.filename])
        if changed:
            return Finding(self.name, Severity.WARNING, changed[0].line(), changed[0].hint)
        return Finding(self.name, Severity.OK, f"{len(files)} applied")
