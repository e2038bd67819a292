"""Whether the server has room for the connections of the gateways."""

from collections.abc import Sequence
from typing import Final

from altus4_mysql import DriverConnection

from altus4_core.records import Finding, Severity
from altus4_metadata_mysql.checks.asking import Server

NAME: Final = "pool"
FULL: Final = 0.8


class Connections:
    """Compares the pools of all workers with what the server allows and has."""

    name = NAME

    def __init__(self, server: Server, workers: int = 1) -> None:
        self._server = server
        self._workers = workers

    async def run(self) -> Sequence[Finding]:
        """Look and tell."""
        return await self._server.look(self.name, self._look)

    async def _look(self, connection: DriverConnection) -> Sequence[Finding]:
        row = next(iter(await connection.query("SELECT @@max_connections, @@max_user_connections")))
        status = await connection.query("SHOW GLOBAL STATUS LIKE 'Threads_connected'")
        used = int(next((value for _, value in status), 0))
        return [judge(int(row[0]), int(row[1]), used, self._server.size * self._workers)]


def judge(most: int, most_of_user: int, used: int, size: int) -> Finding:
    """Say whether `size` connections more have room."""
    text = f"{size} connections of this gateway; the server has {used} of {most}"
    if most_of_user and most_of_user < size:
        hint = "raise MAX_USER_CONNECTIONS of the account, or lower plugins.metadata-mysql.pool_size or server.workers"
        return Finding(NAME, Severity.ERROR, f"{text}, and the account may have {most_of_user}", hint)
    if used + size > most * FULL:
        hint = "raise max_connections, or lower plugins.metadata-mysql.pool_size or server.workers"
        return Finding(NAME, Severity.WARNING, f"{text}: little room", hint)
    return Finding(NAME, Severity.OK, text)
