"""The connector: opens a target for a row, with the judge, the vault and the driver that the operator chose."""

import asyncio
import logging
from collections.abc import Callable
from datetime import timedelta

from altus4_mysql import make_driver

from altus4_core.clock import Clock
from altus4_core.errors import Altus4Error
from altus4_core.plugin import Handle
from altus4_core.store import MetadataStore
from altus4_core.stored import Database
from altus4_core.vault import CredentialVault
from altus4_databases_mysql.gatekeeper import Gatekeeper
from altus4_databases_mysql.link import make_link
from altus4_databases_mysql.settings import DatabasesMySQLSettings
from altus4_databases_mysql.target import MySQLOpenTarget

TOUCH_EVERY = timedelta(minutes=1)


class Connector:
    """Makes open targets. One for the whole gateway; offered as a service by its type."""

    def __init__(
        self,
        vault: CredentialVault,
        gatekeeper: Gatekeeper,
        settings: DatabasesMySQLSettings,
        clock: Clock,
        logger: logging.Logger,
        store: Handle[MetadataStore] | None = None,
    ) -> None:
        self.vault = vault
        self._gatekeeper = gatekeeper
        self._settings = settings
        self._clock = clock
        self._logger = logger
        self._store = store
        self._touching: set[asyncio.Task[None]] = set()

    def open(self, database: Database) -> MySQLOpenTarget:
        """Prepare a target; nothing is connected yet.

        Raises:
            TargetFailed: its stored credentials or options cannot be used.
        """
        link = make_link(database, self.vault, self._settings)
        resolve = self._gatekeeper.resolver(link.schema)
        return MySQLOpenTarget(
            database,
            link,
            make_driver(self._settings.driver, resolve),
            resolve,
            self._settings,
            self._clock,
            self._logger,
            self._toucher(database),
        )

    async def aclose(self) -> None:
        """Wait for the notes under way."""
        if self._touching:
            await asyncio.gather(*self._touching, return_exceptions=True)

    def _toucher(self, database: Database) -> Callable[[], None]:
        """Make the function that notes a successful connection: in the background, at most once a minute."""
        touched = database.last_connected

        def connected() -> None:
            nonlocal touched
            now = self._clock.now()
            if self._store is None or (touched is not None and now - touched < TOUCH_EVERY):
                return
            touched = now
            task = asyncio.create_task(self._touch(database.id))
            self._touching.add(task)
            task.add_done_callback(self._touching.discard)

        return connected

    async def _touch(self, database_id: str) -> None:
        if self._store is None:
            return
        try:
            await self._store().databases.touch(database_id, self._clock.now())
        except Altus4Error as error:
            self._logger.info("the last connection of database %s was not noted: %s", database_id, error)
