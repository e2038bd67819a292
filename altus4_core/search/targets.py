"""Open databases: one target per registered row, opened on first use, closed when the row changes."""

import asyncio
import logging
from collections.abc import Collection

from altus4_core.composing.composition import Composition
from altus4_core.dispatch import Dispatch
from altus4_core.errors import ProviderFault, TargetFailed
from altus4_core.seams import OpenTarget
from altus4_core.search.results import expect
from altus4_core.stored import Database

logger = logging.getLogger("altus4.targets")


class OpenTargets:
    """Keeps targets by database id; another row version replaces the target."""

    def __init__(self, composition: Composition, dispatch: Dispatch, deadline: float) -> None:
        self._kinds = {entry.name: entry for entry in composition.of("target")}
        self._dispatch = dispatch
        self._deadline = deadline
        self._open: dict[str, tuple[int, OpenTarget]] = {}
        self._opening: dict[str, asyncio.Task[OpenTarget]] = {}
        self._closing: set[asyncio.Task[None]] = set()

    def held(self, database: Database) -> OpenTarget | None:
        """Give the open target of a row, None when it has yet to be opened."""
        held = self._open.get(database.id)
        return held[1] if held is not None and held[0] == database.version else None

    async def get(self, database: Database) -> OpenTarget:
        """Give the open target of a row.

        Raises:
            TargetFailed: no plugin opens its kind, or opening failed.
        """
        held = self.held(database)
        if held is not None:
            return held
        key = f"{database.id}:{database.version}"
        task = self._opening.get(key)
        if task is None:
            task = asyncio.create_task(self._open_one(database))
            self._opening[key] = task
            task.add_done_callback(lambda _: self._opening.pop(key, None))
        return await asyncio.shield(task)

    async def _open_one(self, database: Database) -> OpenTarget:
        entry = self._kinds.get(database.kind)
        if entry is None:
            message = f"No enabled plugin opens databases of kind {database.kind!r}."
            raise TargetFailed(message, code="UNKNOWN_KIND")
        try:
            target: OpenTarget = await self._dispatch.call(
                entry,
                entry.provider.open,
                database,
                deadline=self._deadline,
                check=expect(OpenTarget),
                passes=(TargetFailed,),
            )
        except ProviderFault as fault:
            message = "The database could not be opened."
            raise TargetFailed(message, code="TIMEOUT" if fault.kind == "timeout" else "TARGET_FAULT") from fault
        self.close(database.id)
        self._open[database.id] = (database.version, target)
        return target

    def close(self, database_id: str) -> None:
        """Close a database's target in the background, if it is open."""
        held = self._open.pop(database_id, None)
        if held is not None:
            task = asyncio.create_task(self._aclose(held[1]))
            self._closing.add(task)
            task.add_done_callback(self._closing.discard)

    def keep_only(self, databases: Collection[tuple[str, int]]) -> None:
        """Close every target that is not among these (id, version) pairs."""
        for database_id, (version, _) in list(self._open.items()):
            if (database_id, version) not in databases:
                self.close(database_id)

    def opened(self, database_id: str) -> OpenTarget | None:
        """Give a target that is already open."""
        held = self._open.get(database_id)
        return held[1] if held else None

    def rows(self) -> Collection[Database]:
        """Give the rows whose targets are open."""
        return [target.database for _, target in self._open.values()]

    async def aclose(self) -> None:
        """Close all targets."""
        for database_id in list(self._open):
            self.close(database_id)
        if self._closing:
            await asyncio.gather(*self._closing)

    async def _aclose(self, target: OpenTarget) -> None:
        try:
            async with asyncio.timeout(self._deadline):
                await target.aclose()
        except Exception:
            logger.exception("target %s failed to close", target.database.id)
