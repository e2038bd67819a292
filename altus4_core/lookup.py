"""From a credential to what is known of it, without a statement on the hot path.

Entries are valid for `ttl` seconds counted from the moment their reading *began*, so a change made elsewhere is
seen at most `ttl` later. Entries in use are read again in the background when half of that is over; no request
waits for it. Unknown credentials are remembered too, apart from the known ones: somebody who tries random ones must
not be able to push the good ones out.
"""

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from typing import Generic, TypeVar

import attrs

from altus4_core.clock import Clock
from altus4_core.errors import Unavailable

T = TypeVar("T")


@attrs.frozen
class _Entry(Generic[T]):
    known: T | None
    read_at: float


class Lookup(Generic[T]):
    """A bounded cache in front of a store, reading each key once at a time.

    Args:
        load: Reads what a key stands for; None when there is nothing.
        clock: Source of monotonic time.
        ttl: Seconds for which an entry is believed.
        capacity: Most entries of either kind, known and unknown.
        timeout: Seconds that one reading may take.
        concurrency: Readings of keys not seen before that may run at once.
    """

    def __init__(
        self,
        load: Callable[[str], Awaitable[T | None]],
        clock: Clock,
        *,
        ttl: float = 1.5,
        capacity: int = 10_000,
        timeout: float = 1.5,
        concurrency: int = 8,
    ) -> None:
        self._load = load
        self._clock = clock
        self._ttl = ttl
        self._capacity = capacity
        self._timeout = timeout
        self._gate = asyncio.Semaphore(concurrency)
        self._known: OrderedDict[str, _Entry[T]] = OrderedDict()
        self._unknown: OrderedDict[str, _Entry[T]] = OrderedDict()
        self._flights: dict[str, asyncio.Task[T | None]] = {}
        self._tasks: set[asyncio.Task[T | None]] = set()

    def recall(self, key: str) -> T | None:
        """Give what is remembered and believed, without waiting; None: ask `find`."""
        entry = self._known.get(key)
        if entry is None:
            return None
        age = self._clock.monotonic() - entry.read_at
        if age >= self._ttl:
            return None
        if age >= self._ttl / 2 and key not in self._flights:
            self._start(key, first=False)
        return entry.known

    async def find(self, key: str) -> T | None:
        """Give what the key stands for, or None when that is nothing.

        Raises:
            Unavailable: nothing is remembered and the store cannot be asked.
        """
        known = self.recall(key)
        if known is not None:
            return known
        nothing = self._unknown.get(key)
        if nothing is not None and self._clock.monotonic() - nothing.read_at < self._ttl:
            return None
        flight = self._flights.get(key) or self._start(key, first=True)
        # A caller that goes away must not take the reading from the others that wait for it.
        return await asyncio.shield(flight)

    def forget(self, key: str) -> None:
        """Drop what is remembered, at once; a reading under way is not believed any more."""
        self._known.pop(key, None)
        self._unknown.pop(key, None)
        self._flights.pop(key, None)

    def forget_where(self, matches: Callable[[T], bool]) -> None:
        """Drop all entries that match, and believe no reading under way: what it brings is not known yet."""
        self._flights.clear()
        for key in [key for key, entry in self._known.items() if entry.known is not None and matches(entry.known)]:
            del self._known[key]

    async def aclose(self) -> None:
        """End the readings under way."""
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _start(self, key: str, *, first: bool) -> asyncio.Task[T | None]:
        task = asyncio.create_task(self._read(key, first=first), name="lookup")
        self._flights[key] = task
        self._tasks.add(task)
        task.add_done_callback(lambda done: self._landed(key, done))
        return task

    def _landed(self, key: str, task: asyncio.Task[T | None]) -> None:
        self._tasks.discard(task)
        if self._flights.get(key) is task:
            del self._flights[key]
        if not task.cancelled():
            # Marks the exception as seen: a background reading that failed is tried again by the next request.
            task.exception()

    async def _read(self, key: str, *, first: bool) -> T | None:
        try:
            async with asyncio.timeout(self._timeout):
                if not first:
                    return await self._read_now(key)
                async with self._gate:
                    return await self._read_now(key)
        except Unavailable:
            raise
        except Exception as error:
            message = "Credentials cannot be checked at the moment; try again."
            raise Unavailable(message, code="AUTHENTICATION_UNAVAILABLE", retry_after=1) from error

    async def _read_now(self, key: str) -> T | None:
        read_at = self._clock.monotonic()
        known = await self._load(key)
        if self._flights.get(key) is asyncio.current_task():
            self._keep(key, _Entry(known, read_at))
        return known

    def _keep(self, key: str, entry: _Entry[T]) -> None:
        here, there = (self._unknown, self._known) if entry.known is None else (self._known, self._unknown)
        there.pop(key, None)
        here[key] = entry
        here.move_to_end(key)
        while len(here) > self._capacity:
            here.popitem(last=False)
