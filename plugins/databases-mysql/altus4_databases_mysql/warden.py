"""The warden: notices that another process changed or removed a database, and has its connections closed here.

Searches learn of it from the gateway's directory within a second. A pool that nobody searches any more would keep
its connections until they are idle for too long; so rows with open connections are read again, a bounded number of
them in a second.
"""

import asyncio
import logging

from altus4_core.errors import Altus4Error
from altus4_core.plugin import Handle
from altus4_core.store import MetadataStore
from altus4_databases_mysql.sharedtargets import SharedTargets

INTERVAL = 1.0  # seconds
MOST_READS = 20  # in one round; beyond 20 open databases each is looked at less often


class Warden:
    """Looks after shared targets until it is cancelled."""

    def __init__(self, targets: SharedTargets, store: Handle[MetadataStore], logger: logging.Logger) -> None:
        self._targets = targets
        self._store = store
        self._logger = logger
        self._last = ""

    async def run(self) -> None:
        """Look, again and again."""
        while True:
            await asyncio.sleep(INTERVAL)
            try:
                await self.look()
            except Altus4Error as error:  # the store is away: what is open stays open
                self._logger.debug("databases were not looked after: %s", error)

    async def look(self) -> None:
        """Read some rows again, those of longest ago first, and retire targets of other versions."""
        connected = sorted(target.id for target in self._targets.all() if target.stats.total)
        later = [database_id for database_id in connected if database_id > self._last]
        for database_id in [*later, *connected[: len(connected) - len(later)]][:MOST_READS]:
            self._last = database_id
            target = self._targets.opened(database_id)
            if target is None:
                continue
            row = await self._store().databases.get(target.database.user_id, database_id)
            if row is None or row.version != target.database.version:
                self._logger.info("database %s changed or went away elsewhere; closing its connections", database_id)
                self._targets.retire(database_id)
