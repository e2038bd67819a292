"""Open targets that searches and the HTTP resource share: one pool per database and row version, however it is used."""

import asyncio
from collections.abc import Sequence
from weakref import WeakSet

from altus4_core.stored import Database
from altus4_databases_mysql.connector import Connector
from altus4_databases_mysql.target import MySQLOpenTarget


class SharedTargets:
    """Keeps targets by database id; a newer row version replaces and closes the older one."""

    def __init__(self, connector: Connector) -> None:
        self._connector = connector
        self._open: dict[str, MySQLOpenTarget] = {}
        self._taken: WeakSet[MySQLOpenTarget] = WeakSet()
        self._closing: set[asyncio.Task[None]] = set()

    def get(self, database: Database) -> MySQLOpenTarget:
        """Give the target of this row version, for use but not for closing; nothing is connected yet.

        Raises:
            TargetFailed: its stored credentials or options cannot be used.
        """
        held = self.opened(database.id)
        if held is not None and held.database.version == database.version:
            return held
        target = self._connector.open(database)
        self.retire(database.id)
        self._open[database.id] = target
        return target

    def take(self, database: Database) -> MySQLOpenTarget:
        """Give the target of this row version to somebody who will close it: the gateway, once for each version.

        Who asks again while that one is open gets a target of its own, since the first may be closed any time.

        Raises:
            TargetFailed: as `get`.
        """
        held = self.opened(database.id)
        same = held is not None and held.database.version == database.version
        target = self._connector.open(database) if same and held in self._taken else self.get(database)
        self._taken.add(target)
        return target

    def opened(self, database_id: str) -> MySQLOpenTarget | None:
        """Give the target of a database if it is open."""
        held = self._open.get(database_id)
        return None if held is None or held.closed else held

    def all(self) -> Sequence[MySQLOpenTarget]:
        """Give all that are open."""
        return [target for target in self._open.values() if not target.closed]

    def retire(self, database_id: str) -> None:
        """Close a database's target in the background: its row changed or is gone."""
        held = self._open.pop(database_id, None)
        if held is not None:
            task = asyncio.create_task(held.aclose())
            self._closing.add(task)
            task.add_done_callback(self._closing.discard)

    async def aclose(self) -> None:
        """Close all."""
        for database_id in list(self._open):
            self.retire(database_id)
        await asyncio.gather(*self._closing, return_exceptions=True)
