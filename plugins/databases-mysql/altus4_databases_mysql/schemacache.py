"""The remembered schema of one database: read once for all who wait, refreshed behind their backs."""

import asyncio
from collections.abc import Awaitable, Callable

import attrs
from altus4_mysql import TargetSchema

from altus4_databases_mysql.assembly import Parsers
from altus4_databases_mysql.discovery import Discovered
from altus4_databases_mysql.faults import failure

Read = Callable[[Parsers | None], Awaitable[Discovered]]
"""Reads the schema; believes these parsers where the indexes are the same."""


@attrs.frozen
class CacheOptions:
    """Times in seconds."""

    time_to_live: float = 300.0
    parsers_live: float = 3600.0  # a parser exchanged under the same index name is noticed after this
    shortest_pause: float = 2.0  # between refreshes that statements force


class SchemaCache:
    """Single flight: however many ask, one reading runs. While a newer one is read, the old one serves."""

    def __init__(self, read: Read, options: CacheOptions, monotonic: Callable[[], float]) -> None:
        self._read = read
        self._options = options
        self._monotonic = monotonic
        self._held: Discovered | None = None
        self._read_at = float("-inf")
        self._parsers_at = float("-inf")
        self._reading: asyncio.Task[Discovered] | None = None

    @property
    def known(self) -> TargetSchema | None:
        """Give what is remembered, however old."""
        return self._held.schema if self._held else None

    async def get(self) -> TargetSchema:
        """Give the schema, reading it the first time.

        Raises:
            TargetFailed: it has never been read and cannot be read now.
        """
        held = self._held
        if held is None:
            return (await _outcome(self._start())).schema
        if self._monotonic() - self._read_at > self._options.time_to_live and self._reading is None:
            # A failure is no news to whoever is served from memory; the next one tries again.
            self._start().add_done_callback(_seen)
        return held.schema

    async def refresh(self, *, forced_by_statement: bool = False) -> TargetSchema:
        """Read again and give the new schema.

        Args:
            forced_by_statement: A statement met something unknown. Several at once, or a statement that is wrong
                each time, cause one reading in a few seconds; in between the remembered schema is given.
        """
        if (
            forced_by_statement
            and self._held is not None
            and self._monotonic() - self._read_at < self._options.shortest_pause
        ):
            return self._held.schema
        self._parsers_at = float("-inf")
        return (await _outcome(self._start())).schema

    async def close(self) -> None:
        """Stop reading."""
        if self._reading is not None:
            self._reading.cancel()
            await asyncio.gather(self._reading, return_exceptions=True)

    def _start(self) -> asyncio.Task[Discovered]:
        if self._reading is None:
            self._reading = asyncio.create_task(self._run())
            self._reading.add_done_callback(self._ended)
        return self._reading

    async def _run(self) -> Discovered:
        began = self._monotonic()
        whole = self._held is None or began - self._parsers_at > self._options.parsers_live
        found = await self._read(None if whole or self._held is None else self._held.parsers)
        self._held = found
        self._read_at = self._monotonic()
        if whole:
            self._parsers_at = began
        return found

    def _ended(self, task: asyncio.Task[Discovered]) -> None:
        self._reading = None
        _seen(task)


async def _outcome(task: asyncio.Task[Discovered]) -> Discovered:
    """Wait for a reading that goes on whoever gives up; raises `TargetFailed` when the target was closed meanwhile."""
    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError:
        waiter = asyncio.current_task()
        if task.cancelled() and not (waiter and waiter.cancelling()):
            raise failure("UNREACHABLE") from None
        raise


def _seen(task: asyncio.Task[Discovered]) -> None:
    """Take note of the exception, so that nobody is told that it was never retrieved."""
    if not task.cancelled():
        task.exception()
