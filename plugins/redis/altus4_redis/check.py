"""What `altus4 doctor` says of Redis."""

from collections.abc import Callable

from altus4_core.errors import Unavailable
from altus4_core.records import Finding, Severity
from altus4_redis.link import RedisGone, RedisLink


class RedisCheck:
    """Asks for a sign of life. It is no part of readiness: whether a missing Redis matters there, the ping says."""

    name = "redis"

    def __init__(self, link: Callable[[], RedisLink], *, deny: bool) -> None:
        self._link = link
        self._deny = deny

    async def run(self) -> Finding:
        """Look and tell."""
        try:
            await self._link().ping()
        except (RedisGone, Unavailable):
            severity = Severity.ERROR if self._deny else Severity.WARNING
            message = "Redis does not answer: " + (
                "requests are refused" if self._deny else "each process counts limits alone"
            )
            return Finding(self.name, severity, message, "start Redis, or correct plugins.redis.url")
        return Finding(self.name, Severity.OK, "Redis answers")
