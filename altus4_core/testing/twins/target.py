"""Databases in memory: tables as lists of dicts."""

from collections.abc import Mapping, Sequence
from typing import Any

import attrs

from altus4_core.errors import TargetFailed
from altus4_core.stored import Database

KIND = "memory"

Row = Mapping[str, Any]
Tables = Mapping[str, Sequence[Row]]


@attrs.define
class MemoryTarget:
    """One database: its tables by name; the first column of a row is its primary key."""

    database: Database
    tables: Tables
    closed: int = 0

    async def describe(self) -> Mapping[str, Any]:
        """Give tables and columns."""
        return {
            "database": self.database.database_name,
            "tables": [
                {"name": name, "columns": sorted({column for row in rows for column in row})}
                for name, rows in self.tables.items()
            ],
        }

    async def aclose(self) -> None:
        """Count the closings."""
        self.closed += 1


class MemoryTargets:
    """Opens databases of kind `memory`.

    Args:
        databases: Tables by the row's `database_name`.
        name: The kind.
    """

    def __init__(self, databases: Mapping[str, Tables], name: str = KIND) -> None:
        self.name = name
        self.opened: list[MemoryTarget] = []
        self._databases = databases

    async def open(self, database: Database) -> MemoryTarget:
        """Open; raises `TargetFailed` (`UNKNOWN_DATABASE`) for a name that is not there."""
        tables = self._databases.get(database.database_name)
        if tables is None:
            message = "There is no such database."
            raise TargetFailed(message, code="UNKNOWN_DATABASE")
        target = MemoryTarget(database, tables)
        self.opened.append(target)
        return target

    def describe(self) -> Mapping[str, Any]:
        """Describe the kind."""
        return {"title": "Tables in memory"}
