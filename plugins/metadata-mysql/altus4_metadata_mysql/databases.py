"""Table `databases`."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from altus4_mysql import Lease

from altus4_core.errors import Conflict
from altus4_core.stored import Database
from altus4_metadata_mysql.link import Link
from altus4_metadata_mysql.values import from_json, from_time, is_key, to_json, to_second

COLUMNS = (
    "id, user_id, name, host, port, database_name, username, password_encrypted, ssl_enabled, connection_config,"
    " kind, is_active, last_connected, created_at, updated_at, row_version"
)
ITS_SEARCHES = "FROM searches WHERE database_id = %s AND user_id = %s AND id > %s"
PART = 1000  # of its searches that one statement changes
FURTHER = f"SELECT id {ITS_SEARCHES} ORDER BY id LIMIT 1 OFFSET %s"
FORGOTTEN = "UPDATE searches SET database_id = NULL WHERE database_id = %s AND user_id = %s AND id > %s AND id <= %s"
NOTED = (
    "INSERT IGNORE INTO search_databases (search_id, database_id, status, result_count, execution_time_ms)"
    " SELECT id, database_id, CASE WHEN error_code IS NULL THEN 'ok' WHEN error_code = 'TIMEOUT' THEN 'timeout'"
    f" ELSE 'error' END, result_count, execution_time_ms {ITS_SEARCHES}"
)


class Databases:
    """Customers' databases in MySQL."""

    def __init__(self, link: Link) -> None:
        self._link = link

    async def add(self, database: Database) -> None:
        """Insert; raises `Conflict` when the user has the same host, port and schema already."""
        sql = (
            "INSERT INTO `databases` (name, host, port, database_name, username, password_encrypted, ssl_enabled,"
            " connection_config, kind, is_active, last_connected, id, user_id, created_at, updated_at)"
            " VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s,"
            " COALESCE(%s, CURRENT_TIMESTAMP), COALESCE(%s, CURRENT_TIMESTAMP))"
        )
        created = to_second(database.created_at)
        mine = (to_second(database.last_connected), database.id, database.user_id, created, created)
        await self._unless_taken(sql, (*_changeable(database), *mine))

    async def list(self, user_id: str) -> Sequence[Database]:
        """List a user's active databases by name, then id."""
        sql = f"SELECT {COLUMNS} FROM `databases` WHERE user_id = %s AND is_active ORDER BY name, id"
        return [_database(row) for row in await self._link.fetch(sql, (user_id,))]

    async def get(self, user_id: str, database_id: str) -> Database | None:
        """Read one active database of the user."""
        sql = f"SELECT {COLUMNS} FROM `databases` WHERE id = %s AND user_id = %s AND is_active"
        if not is_key(database_id):
            return None
        row = (await self._link.fetch(sql, (database_id, user_id))).first()
        return None if row is None else _database(row)

    async def update(self, database: Database) -> bool:
        """Write the row with `version` one higher; False when it is gone."""
        sql = (
            "UPDATE `databases` SET name = %s, host = %s, port = %s, database_name = %s, username = %s,"
            " password_encrypted = %s, ssl_enabled = %s, connection_config = %s, kind = %s, is_active = %s,"
            " row_version = row_version + 1 WHERE id = %s AND user_id = %s"
        )
        return await self._unless_taken(sql, (*_changeable(database), database.id, database.user_id)) > 0

    async def remove(self, user_id: str, database_id: str) -> bool:
        """Take the database away from the user; its searches stay, and go on saying that it was searched.

        The row's foreign key forgets the database, so that it is noted where searches over several have theirs. Of a
        long log part by part, as the key would do it: a long statement would hold up those who write to the log, and
        one for half a million searches took longer than a statement may.
        """
        if not is_key(database_id):
            return False
        own, after = (database_id, user_id), ""
        while (last := (await self._link.fetch(FURTHER, (*own, after, PART - 1), patient=True)).scalar()) is not None:
            part = (*own, after, last)
            await self._link.write_all([(f"{NOTED} AND id <= %s", part), (FORGOTTEN, part)])
            after = last

        async def together(lease: Lease) -> bool:
            await lease.fetch(NOTED, (*own, after))
            gone = await lease.fetch("DELETE FROM `databases` WHERE id = %s AND user_id = %s", own)
            return gone.affected_rows > 0

        return await self._link.within(together)

    async def touch(self, database_id: str, at: datetime) -> None:
        """Note a successful connection; that is no change of the row."""
        sql = "UPDATE `databases` SET last_connected = %s, updated_at = updated_at WHERE id = %s"
        await self._link.write(sql, (to_second(at), database_id))

    async def page(self, after: str, limit: int) -> Sequence[Database]:
        """List everybody's rows, inactive ones too, by id, beginning behind `after`: for operators alone."""
        sql = f"SELECT {COLUMNS} FROM `databases` WHERE id > %s ORDER BY id LIMIT %s"
        return [_database(row) for row in await self._link.fetch(sql, (after, limit))]

    async def reseal(self, before: Database, after: Database) -> bool:
        """Write the secrets of `after` where the row is still as in `before`; no new version."""
        sql = (
            "UPDATE `databases` SET password_encrypted = %s, connection_config = %s, updated_at = updated_at"
            " WHERE id = %s AND user_id = %s AND row_version = %s AND password_encrypted = %s"
        )
        key = (before.id, before.user_id, before.version, before.password_encrypted)
        return await self._link.write(sql, (after.password_encrypted, to_json(dict(after.config)), *key)) > 0

    async def _unless_taken(self, sql: str, params: Sequence[Any]) -> int:
        try:
            return await self._link.write(sql, params)
        except Conflict as error:
            message = "This host, port and database are connected already."
            raise Conflict(message, code="DATABASE_EXISTS") from error


def _changeable(database: Database) -> tuple[Any, ...]:
    return (
        database.name,
        database.host,
        database.port,
        database.database_name,
        database.username,
        database.password_encrypted,
        int(database.ssl_enabled),
        to_json(dict(database.config)),
        database.kind,
        int(database.is_active),
    )


def _database(row: Sequence[Any]) -> Database:
    values = dict(zip(COLUMNS.split(", "), row, strict=True))
    return Database(
        id=values["id"],
        user_id=values["user_id"],
        name=values["name"],
        host=values["host"],
        port=values["port"],
        database_name=values["database_name"],
        username=values["username"],
        password_encrypted=values["password_encrypted"],
        ssl_enabled=bool(values["ssl_enabled"]),
        config=from_json(values["connection_config"]) or {},
        kind=values["kind"],
        is_active=bool(values["is_active"]),
        last_connected=from_time(values["last_connected"]),
        created_at=from_time(values["created_at"]),
        updated_at=from_time(values["updated_at"]),
        version=values["row_version"],
    )
