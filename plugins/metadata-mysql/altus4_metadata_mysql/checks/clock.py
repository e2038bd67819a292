"""Whether this machine and the metadata server have the same time: sessions, keys and logs are compared by it."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Final

from altus4_mysql import DriverConnection

from altus4_core.clock import Clock
from altus4_core.records import Finding, Severity
from altus4_metadata_mysql.checks.asking import Server

WARN_SECONDS: Final = 2.0
FAIL_SECONDS: Final = 60.0


class Clocks:
    """Compares two clocks, the way to the server taken into account."""

    name = "clock"

    def __init__(self, server: Server, clock: Clock) -> None:
        self._server = server
        self._clock = clock

    async def run(self) -> Sequence[Finding]:
        """Look and tell."""
        return await self._server.look(self.name, self._look)

    async def _look(self, connection: DriverConnection) -> Sequence[Finding]:
        before = self._clock.now()
        stamp = (await connection.query("SELECT UNIX_TIMESTAMP(NOW(6))")).scalar()
        after = self._clock.now()
        theirs = datetime.fromtimestamp(float(stamp), UTC)
        apart = max((before - theirs).total_seconds(), (theirs - after).total_seconds(), 0.0)
        return [judge(apart)]


def judge(apart: float) -> Finding:
    """Say what so many seconds mean."""
    if apart < WARN_SECONDS:
        return Finding(Clocks.name, Severity.OK, f"within {max(apart, 0.001):.3f} s of the metadata server's")
    severity = Severity.ERROR if apart >= FAIL_SECONDS else Severity.WARNING
    message = f"{apart:.1f} s away from the metadata server's"
    return Finding(Clocks.name, severity, message, "let both machines follow the same time server")
