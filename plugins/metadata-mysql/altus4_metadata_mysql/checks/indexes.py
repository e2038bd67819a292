"""The health of the schema's indexes: there, visible, and with figures that the optimiser can use."""

from collections.abc import Sequence
from typing import Final

from altus4_mysql import DriverConnection, render

from altus4_core.records import Finding, Severity
from altus4_metadata_mysql.checks.asking import Server

STATISTICS: Final = (
    "SELECT s.table_name, s.index_name, s.index_type, MAX(COALESCE(s.cardinality, 0)), MAX(t.table_rows)"
    " FROM information_schema.statistics s JOIN information_schema.tables t"
    " ON t.table_schema = s.table_schema AND t.table_name = s.table_name"
    " WHERE s.table_schema = %s GROUP BY s.table_name, s.index_name, s.index_type ORDER BY 1, 2"
)
WITHOUT_KEY: Final = (
    "SELECT t.table_name FROM information_schema.tables t LEFT JOIN information_schema.statistics s"
    " ON s.table_schema = t.table_schema AND s.table_name = t.table_name AND s.index_name = 'PRIMARY'"
    " WHERE t.table_schema = %s AND t.table_type <> 'VIEW' AND s.index_name IS NULL ORDER BY 1"
)
MANY: Final = 10_000  # rows from which missing figures cost something


class Indexes:
    """Reads `information_schema.statistics`."""

    name = "indexes"

    def __init__(self, server: Server) -> None:
        self._server = server

    async def run(self) -> Sequence[Finding]:
        """Look and tell."""
        return await self._server.look(self.name, self._look)

    async def _look(self, connection: DriverConnection) -> Sequence[Finding]:
        schema = self._server.schema
        rows = list(await connection.query(render(STATISTICS, (schema,))))
        bare = [str(row[0]) for row in await connection.query(render(WITHOUT_KEY, (schema,)))]
        stale = sorted({
            str(table) for table, _, kind, cardinality, size in rows
            if kind == "BTREE" and int(size or 0) > MANY and int(cardinality) == 0
        })  # fmt: skip
        if bare:
            hint = "each table needs a primary key: see the migration that made it"
            return [Finding(self.name, Severity.WARNING, f"without a primary key: {', '.join(bare)}", hint)]
        if stale:
            hint = f"run: ANALYZE TABLE {', '.join(stale)}"
            return [Finding(self.name, Severity.WARNING, f"without figures: {', '.join(stale)}", hint)]
        words = sum(kind == "FULLTEXT" for _, _, kind, _, _ in rows)
        return [Finding(self.name, Severity.OK, f"{len(rows)} indexes, {words} of them FULLTEXT")]
