"""Whether the schema is at head: for readiness and for `altus4 doctor`."""

import asyncio
from collections.abc import Callable, Sequence
from typing import Final

from altus4_core.clock import Clock
from altus4_core.errors import Altus4Error, StartupRefused
from altus4_core.migrate.plan import MigrationFile, drift, pending
from altus4_core.plugin import Handle
from altus4_core.records import Finding, Severity
from altus4_core.store import AppliedMigration, MigrationStore

KEEP_SECONDS: Final = 1.0


class MigrationsAtHead:
    """Compares the shipped files with the tracking table.

    Args:
        store: Where the table is.
        files: Reads the shipped files; called once.
        clock: Source of time.
        required: Whether a schema that is not at head keeps this node from serving.
        keep: Seconds for which the answer is kept. Each look is a new connection; probes come often, and from many.
    """

    name = "migrations"
    readiness = True

    def __init__(
        self,
        store: Handle[MigrationStore],
        files: Callable[[], Sequence[MigrationFile]],
        clock: Clock,
        *,
        required: bool = True,
        keep: float = KEEP_SECONDS,
    ) -> None:
        self._store = store
        self._read_files = files
        self._files: Sequence[MigrationFile] | None = None
        self._clock = clock
        self._behind = Severity.ERROR if required else Severity.WARNING
        self._keep = keep
        self._found: Finding | None = None
        self._until = 0.0
        self._looking = asyncio.Lock()

    async def run(self) -> Finding:
        """Look and tell."""
        async with self._looking:
            if self._found is None or self._clock.monotonic() >= self._until:
                self._found = await self._look()
                self._until = self._clock.monotonic() + self._keep
            return self._found

    async def _look(self) -> Finding:
        try:
            return self._compare(await self._store().applied())
        except StartupRefused as error:
            problem = error.problems[0]
            return Finding(self.name, Severity.ERROR, problem.what, problem.hint)
        except Altus4Error as error:
            return Finding(self.name, Severity.ERROR, error.message)

    def _compare(self, applied: Sequence[AppliedMigration]) -> Finding:
        if self._files is None:
            self._files = self._read_files()
        files = self._files
        own = [row for row in applied if "/" not in row.filename]  # the others are for their own plugins to check
        if waiting := pending(files, own):
            return Finding(self.name, self._behind, f"pending: {', '.join(waiting)}", "run: altus4 migrate up")
        if changed := drift(files, own):
            return Finding(self.name, Severity.WARNING, changed[0].line(), changed[0].hint)
        return Finding(self.name, Severity.OK, f"{len(files)} applied")
