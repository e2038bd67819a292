"""Table `migrations`: what was applied, how far a file got that is under way, and who did it."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from altus4_mysql import DriverConnection, QueryFailed, Rows, Scalar, quote_identifier, render

from altus4_core.errors import MigrationFailed
from altus4_core.store import AppliedMigration
from altus4_metadata_mysql.failures import DUPLICATE, NO_SUCH_TABLE
from altus4_metadata_mysql.values import from_time_needed, to_second

TABLE: Final = "migrations"
# The published table has the first three columns; one that was made by its script gets the others added.
BASE: Final = (
    "id INT AUTO_INCREMENT PRIMARY KEY, filename VARCHAR(255) NOT NULL UNIQUE,"
    " applied_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP"
)
ADDED: Final[Mapping[str, str]] = {
    "batch": "INT NOT NULL DEFAULT 1",
    "checksum": "CHAR(64) NOT NULL DEFAULT ''",
    "state": "VARCHAR(16) NOT NULL DEFAULT 'applied'",
    "statements_done": "INT NOT NULL DEFAULT 0",
    "statement_hashes": "MEDIUMTEXT NULL",
    "duration_ms": "BIGINT NOT NULL DEFAULT 0",
    "applied_by": "VARCHAR(255) NOT NULL DEFAULT ''",
}
WRITTEN: Final = ("filename", "applied_at", *ADDED)


class TrackingTable:
    """Reads and writes the table on one connection. Its name is qualified: a script may say USE."""

    def __init__(self, connection: DriverConnection, schema: str) -> None:
        self._connection = connection
        self._table = f"{quote_identifier(schema)}.{quote_identifier(TABLE)}"
        self._ready = False

    async def rows(self) -> Sequence[AppliedMigration]:
        """Read all rows in order of application; none when there is no table.

        Raises:
            MigrationFailed: there is a table of that name which is not ours.
        """
        try:
            rows = await self._run(f"SELECT * FROM {self._table} ORDER BY 1")
        except QueryFailed as error:
            if error.errno == NO_SUCH_TABLE:
                return []
            raise
        names = [column.name for column in rows.columns]
        if not {"id", "filename", "applied_at"} <= set(names):
            message = f"the table {TABLE!r} of this schema belongs to another program: give Altus 4 a schema of its own"
            raise MigrationFailed(message)
        return [_row(dict(zip(names, values, strict=True))) for values in rows]

    async def prepare(self) -> None:
        """Make the table, or complete it, before the first writing."""
        if self._ready:
            return
        columns = ", ".join(f"{name} {kind}" for name, kind in ADDED.items())
        await self._run(
            f"CREATE TABLE IF NOT EXISTS {self._table} ({BASE}, {columns})"
            " ENGINE = InnoDB DEFAULT CHARACTER SET = utf8mb4 COLLATE = utf8mb4_bin"
        )
        found = await self._run(f"SELECT * FROM {self._table} LIMIT 0")
        missing = set(ADDED) - {column.name for column in found.columns}
        if missing:
            added = ", ".join(f"ADD COLUMN {name} {kind}" for name, kind in ADDED.items() if name in missing)
            await self._run(f"ALTER TABLE {self._table} {added}")
        self._ready = True

    async def write(self, row: AppliedMigration) -> None:
        """Insert or replace a row; a replaced one keeps its place in the order."""
        values: tuple[Scalar, ...] = (
            row.filename,
            to_second(row.applied_at),
            row.batch,
            row.checksum,
            row.state,
            row.statements_done,
            " ".join(row.statement_hashes),
            row.duration_ms,
        )
        replaced = ", ".join(f"{name} = VALUES({name})" for name in WRITTEN[1:])
        await self._run(
            f"INSERT INTO {self._table} ({', '.join(WRITTEN)}) VALUES ({', '.join(['%s'] * len(values))}, USER())"
            f" ON DUPLICATE KEY UPDATE {replaced}",
            values,
        )

    async def mark(self, filename: str, state: str) -> None:
        """Change the state of a row."""
        await self._run(f"UPDATE {self._table} SET state = %s WHERE filename = %s", (state, filename))

    async def remove(self, filename: str) -> None:
        """Delete a row."""
        await self._run(f"DELETE FROM {self._table} WHERE filename = %s", (filename,))

    async def rename(self, filename: str, to: str) -> None:
        """Give a row another name.

        Raises:
            MigrationFailed: there is a row of that name.
        """
        try:
            await self._run(f"UPDATE {self._table} SET filename = %s WHERE filename = %s", (to, filename))
        except QueryFailed as error:
            if error.errno == DUPLICATE:
                message = f"{to} is there already"
                raise MigrationFailed(message) from error
            raise

    async def _run(self, sql: str, values: Sequence[Scalar] = ()) -> Rows:
        return await self._connection.query(render(sql, values))


def _row(values: Mapping[str, Any]) -> AppliedMigration:
    return AppliedMigration(
        filename=values["filename"],
        applied_at=from_time_needed(values["applied_at"]),
        batch=values.get("batch", 1),
        checksum=values.get("checksum", ""),
        state=values.get("state", "applied"),
        statements_done=values.get("statements_done", 0),
        statement_hashes=tuple((values.get("statement_hashes") or "").split()),
        duration_ms=values.get("duration_ms", 0),
        applied_by=values.get("applied_by", ""),
    )
