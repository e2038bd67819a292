"""Which databases an identity may see, from a short-lived cache over the metadata store."""

import asyncio
from collections import OrderedDict
from collections.abc import Sequence

from altus4_core.clock import Clock
from altus4_core.errors import NotFound
from altus4_core.plugin import Handle
from altus4_core.records import Identity
from altus4_core.store import MetadataStore
from altus4_core.stored import Database

CAPACITY = 10_000


class DatabaseDirectory:
    """Remembers each user's databases for at most `ttl` seconds, so that a search costs no statement for them."""

    def __init__(self, store: Handle[MetadataStore], clock: Clock, ttl: float) -> None:
        self._store = store
        self._clock = clock
        self._ttl = ttl
        self._known: OrderedDict[str, tuple[float, Sequence[Database]]] = OrderedDict()
        self._loading: dict[str, asyncio.Task[Sequence[Database]]] = {}

    async def visible_to(self, identity: Identity) -> Sequence[Database]:
        """List the databases the identity may search, in a stable order."""
        databases = await self._of_user(identity.user_id)
        return [
            database
            for database in databases
            if (identity.databases is None or database.id in identity.databases)
            and (identity.environment is None or identity.environment in environments_of(database))
        ]

    async def resolve(self, identity: Identity, ids: Sequence[str] | None) -> Sequence[Database]:
        """Give the wanted databases (all visible ones for None).

        Raises:
            NotFound: one of the ids is unknown or somebody else's; the two are not told apart.
        """
        visible = await self.visible_to(identity)
        if ids is None:
            return visible
        by_id = {database.id: database for database in visible}
        wanted = list(dict.fromkeys(ids))
        if any(database_id not in by_id for database_id in wanted):
            message = "Database not found"
            raise NotFound(message)
        return [by_id[database_id] for database_id in wanted]

    def forget(self, user_id: str) -> None:
        """Drop what is remembered of a user: call it after every change."""
        self._known.pop(user_id, None)
        self._loading.pop(user_id, None)  # what is being read may be older than the change

    async def _of_user(self, user_id: str) -> Sequence[Database]:
        now = self._clock.monotonic()
        remembered = self._known.get(user_id)
        if remembered is not None and remembered[0] > now:
            return remembered[1]
        task = self._loading.get(user_id)
        if task is None:
            task = asyncio.create_task(self._load(user_id))
            self._loading[user_id] = task
            task.add_done_callback(lambda done: self._loaded(user_id, done))
        return await asyncio.shield(task)

    async def _load(self, user_id: str) -> Sequence[Database]:
        databases = await self._store().databases.list(user_id)
        if self._loading.get(user_id) is not asyncio.current_task():
            return databases  # forgotten meanwhile: good for those who asked before, not to be kept
        self._known[user_id] = (self._clock.monotonic() + self._ttl, databases)
        self._known.move_to_end(user_id)
        while len(self._known) > CAPACITY:
            self._known.popitem(last=False)
        return databases

    def _loaded(self, user_id: str, task: asyncio.Task[Sequence[Database]]) -> None:
        if self._loading.get(user_id) is task:
            del self._loading[user_id]


def environments_of(database: Database) -> Sequence[str]:
    """Say which environments' keys may reach a database: both unless its configuration names some."""
    named = database.config.get("environments")
    return named if isinstance(named, list | tuple) else ("test", "live")
