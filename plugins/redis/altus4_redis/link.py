"""Asking Redis within a deadline, and not asking while it is gone."""

import asyncio
import logging
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from altus4_redis.circuit import Circuit
from altus4_redis.scripts import RATE, WINDOW

if TYPE_CHECKING:
    from redis.asyncio import Redis


class RedisGone(Exception):
    """Redis did not answer, or is not asked because it did not a moment ago."""


class RedisLink:
    """The scripts on one Redis.

    Args:
        client: Belongs to the link from now on.
        deadline: Seconds that a call may take.
        pause: Longest time in seconds for which Redis is not asked after a failure.
        monotonic: Source of time.
        connections: How many the client has.
        logger: Told when Redis goes and comes back, never how often it is missing.
    """

    def __init__(
        self,
        client: "Redis",
        *,
        deadline: float,
        pause: float,
        monotonic: Callable[[], float],
        logger: logging.Logger,
        connections: int = 4,
    ) -> None:
        self._client = client
        self._deadline = deadline
        self._logger = logger
        self.circuit = Circuit(pause, monotonic)
        # The library's pool lets newcomers overtake those who wait, some until their deadline: here they queue.
        self._turns = asyncio.Semaphore(connections)
        self._rate = client.register_script(RATE)
        self._window = client.register_script(WINDOW)

    async def rate(self, key: str, *, interval: int, burst: int, cost: int) -> tuple[int, int]:
        """Run the script of the cell rate: gives the time and the arrival found, in microseconds.

        Raises:
            RedisGone: within the deadline, at once while the circuit is open.
        """
        now, arrival = await self._call(self._rate, key, (interval, burst, cost))
        return int(now), int(arrival)

    async def window(self, key: str, *, most: int, length: int, cost: int) -> tuple[int, Sequence[int]]:
        """Run the script of the sliding window: gives the time and the events found, in microseconds.

        Raises:
            RedisGone: as above.
        """
        now, events = await self._call(self._window, key, (most, length, cost))
        return int(now), [int(event) for event in events]

    async def ping(self) -> None:
        """Ask for a sign of life, whatever the circuit says.

        Raises:
            RedisGone: there was none.
        """
        await self._judged(self._client.ping)

    async def aclose(self) -> None:
        """Close all connections."""
        await self._client.aclose()

    async def _call(self, script: Any, key: str, arguments: Sequence[int]) -> Any:
        if not self.circuit.admits():
            message = "Redis is gone"
            raise RedisGone(message)
        return await self._judged(lambda: script(keys=[key], args=arguments))

    async def _judged(self, ask: Callable[[], Any]) -> Any:
        try:
            async with asyncio.timeout(self._deadline), self._turns:
                answer = await ask()
        except asyncio.CancelledError:
            self.circuit.abandoned()
            raise
        except Exception as error:
            if self.circuit.failed():
                # Its type alone: the text may hold the address or what the server said.
                self._logger.warning("Redis does not answer (%s)", type(error).__name__)
            message = "Redis does not answer"
            raise RedisGone(message) from error
        if self.circuit.succeeded():
            self._logger.warning("Redis answers again")
        return answer
