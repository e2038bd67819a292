"""The target provider of kind `mysql`."""

from collections.abc import Mapping
from typing import Any

from altus4_core.plugin import Handle
from altus4_core.seams import OpenTarget
from altus4_core.stored import Database
from altus4_databases_mysql.sharedtargets import SharedTargets


class MySQLTargets:
    """Opens registered MySQL and MariaDB databases. The core keeps one open target per row version."""

    name = "mysql"

    def __init__(self, targets: Handle[SharedTargets]) -> None:
        self._targets = targets

    async def open(self, database: Database) -> OpenTarget:
        """Prepare the target; the first search connects. Raises `TargetFailed`."""
        return self._targets().take(database)

    def describe(self) -> Mapping[str, Any]:
        """Describe the kind."""
        return {"title": "MySQL 8 or later, MariaDB 10.6 or later", "search": "FULLTEXT indexes"}
