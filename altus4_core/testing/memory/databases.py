"""Connected databases in memory."""

from collections.abc import Sequence
from datetime import datetime

import attrs

from altus4_core.errors import Conflict, DeadlineExceeded
from altus4_core.stored import Database, SearchedDatabase, SearchRow
from altus4_core.testing.memory.tables import Tables, text, whole


class MemoryDatabases:
    """Satisfies `DatabaseRepository`."""

    def __init__(self, tables: Tables) -> None:
        self._tables = tables

    async def add(self, database: Database) -> None:
        """Insert; raises `Conflict` when the user has the same host, port and schema already."""
        self._tables.reach()
        self._tables.owned(database.user_id)
        if database.id in self._tables.databases:
            message = "This database exists already."
            raise Conflict(message, code="DATABASE_EXISTS")
        self._refuse_taken(database)
        created = whole(database.created_at) if database.created_at else self._tables.now()
        self._tables.databases[database.id] = attrs.evolve(
            database,
            name=text(database.name, 255, "name"),
            last_connected=whole(database.last_connected) if database.last_connected else None,
            created_at=created,
            updated_at=created,
            version=1,
        )

    async def list(self, user_id: str) -> Sequence[Database]:
        """List a user's active databases by name, then id."""
        self._tables.reach()
        own = [row for row in self._tables.databases.values() if row.user_id == user_id and row.is_active]
        return sorted(own, key=lambda row: (row.name.casefold(), row.id))

    async def get(self, user_id: str, database_id: str) -> Database | None:
        """Read one active database of the user."""
        self._tables.reach()
        row = self._tables.databases.get(database_id)
        return row if row is not None and row.user_id == user_id and row.is_active else None

    async def update(self, database: Database) -> bool:
        """Write the row with `version` one higher; False when it is gone."""
        self._tables.reach()
        before = self._tables.databases.get(database.id)
        if before is None or before.user_id != database.user_id:
            return False
        self._refuse_taken(database)
        self._tables.databases[database.id] = attrs.evolve(
            database,
            name=text(database.name, 255, "name"),
            last_connected=before.last_connected,
            created_at=before.created_at,
            updated_at=self._tables.now(),
            version=before.version + 1,
        )
        return True

    async def remove(self, user_id: str, database_id: str) -> bool:
        """Take the database away from the user; its searches stay, and go on saying that it was searched."""
        self._tables.reach()
        row = self._tables.databases.get(database_id)
        if row is None or row.user_id != user_id:
            return False
        del self._tables.databases[database_id]
        for search in [search for search in self._tables.searches.values() if search.database_id == database_id]:
            self._tables.searches[search.id] = noted(search)
        return True

    async def touch(self, database_id: str, at: datetime) -> None:
        """Note a successful connection; that is no change of the row."""
        self._tables.reach()
        row = self._tables.databases.get(database_id)
        if row is not None:
            self._tables.databases[database_id] = attrs.evolve(row, last_connected=whole(at))

    async def page(self, after: str, limit: int) -> Sequence[Database]:
        """List everybody's rows, inactive ones too, by id, beginning behind `after`."""
        self._tables.reach()
        rows = sorted(self._tables.databases.values(), key=lambda row: row.id)
        return [row for row in rows if row.id > after][:limit]

    async def reseal(self, before: Database, after: Database) -> bool:
        """Write the secrets of `after` where the row is still as in `before`; no new version."""
        self._tables.reach()
        row = self._tables.databases.get(before.id)
        known = (before.user_id, before.version, before.password_encrypted)
        if row is None or (row.user_id, row.version, row.password_encrypted) != known:
            return False
        self._tables.databases[before.id] = attrs.evolve(
            row, password_encrypted=after.password_encrypted, config=after.config
        )
        return True

    def _refuse_taken(self, database: Database) -> None:
        place = (database.user_id, database.host.casefold(), database.port, database.database_name)
        for other in self._tables.databases.values():
            taken = (other.user_id, other.host.casefold(), other.port, other.database_name)
            if other.id != database.id and taken == place:
                message = "This host, port and database are connected already."
                raise Conflict(message, code="DATABASE_EXISTS")


def noted(search: SearchRow) -> SearchRow:
    """Note the only database of a search, which is no longer there, where searches over several have theirs."""
    database_id = search.database_id or ""
    share = SearchedDatabase(database_id, _status(search), search.result_count, search.execution_time_ms)
    return attrs.evolve(search, database_id=None, databases=(share,))


def _status(search: SearchRow) -> str:
    if search.error_code is None:
        return "ok"
    return "timeout" if search.error_code == DeadlineExceeded.code else "error"
