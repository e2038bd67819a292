"""From a key's digest to what is known of it, without a statement on the hot path.

Entries are valid for `ttl` seconds counted from the moment their reading *began*, so a change made elsewhere is
seen at most `ttl` later. Entries in use are read again in the background when half of that is over; no request
waits for it. Unknown digests are remembered too, apart from the known ones: somebody who tries random keys must
not be able to push the good ones out.
"""

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable

import attrs

from altus4_api_keys.known import KnownKey
from altus4_core.clock import Clock
from altus4_core.errors import Unavailable

Load = Callable[[str], Awaitable[KnownKey | None]]


@attrs.frozen
class _Entry:
    known: KnownKey | None
    read_at: float


class KeyLookup:
    """A bounded cache in front of the store, loading each digest once at a time.

    Args:
        load: Reads a key by digest; None when there is none. Raises `Unavailable` when it cannot tell.
        clock: Source of monotonic time.
        ttl: Seconds for which an entry is believed.
        capacity: Most entries of either kind, known and unknown.
        timeout: Seconds that one reading may take.
        concurrency: Readings of digests not seen before that may run at once.
    """

    def __init__(
        self,
        load: Load,
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
        self._known: OrderedDict[str, _Entry] = OrderedDict()
        self._unknown: OrderedDict[str, _Entry] = OrderedDict()
        self._flights: dict[str, asyncio.Task[KnownKey | None]] = {}
        self._tasks: set[asyncio.Task[KnownKey | None]] = set()

    async def find(self, digest: str) -> KnownKey | None:
        """Give the key, or None when there is none.

        Raises:
            Unavailable: nothing is remembered and the store cannot be asked.
        """
        entry = self._known.get(digest) or self._unknown.get(digest)
        if entry is not None:
            age = self._clock.monotonic() - entry.read_at
            if age < self._ttl:
                if entry.known is not None and age >= self._ttl / 2 and digest not in self._flights:
                    self._start(digest, first=False)
                return entry.known
        flight = self._flights.get(digest) or self._start(digest, first=True)
        # A caller that goes away must not take the reading from the others that wait for it.
        return await asyncio.shield(flight)

    def forget(self, digest: str) -> None:
        """Drop what is remembered, at once; a reading under way is not believed any more."""
        self._known.pop(digest, None)
        self._unknown.pop(digest, None)
        self._flights.pop(digest, None)

    def forget_user(self, user_id: str) -> None:
        """Drop all keys of a user, and believe no reading under way: whose key it brings is not known yet."""
        self._flights.clear()
        mine = [digest for digest, entry in self._known.items() if entry.known and entry.known.key.user_id == user_id]
        for digest in mine:
            self.forget(digest)

    async def aclose(self) -> None:
        """End the readings under way."""
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _start(self, digest: str, *, first: bool) -> asyncio.Task[KnownKey | None]:
        task = asyncio.create_task(self._read(digest, first=first), name="api-key lookup")
        self._flights[digest] = task
        self._tasks.add(task)
        task.add_done_callback(lambda done: self._landed(digest, done))
        return task

    def _landed(self, digest: str, task: "asyncio.Task[KnownKey | None]") -> None:
        self._tasks.discard(task)
        if self._flights.get(digest) is task:
            del self._flights[digest]
        if not task.cancelled():
            # Marks the exception as seen: a background reading that failed is tried again by the next request.
            task.exception()

    async def _read(self, digest: str, *, first: bool) -> KnownKey | None:
        try:
            async with asyncio.timeout(self._timeout):
                if not first:
                    return await self._read_now(digest)
                async with self._gate:
                    return await self._read_now(digest)
        except Unavailable:
            raise
        except Exception as error:
            message = "API keys cannot be checked at the moment; try again."
            raise Unavailable(message, code="AUTHENTICATION_UNAVAILABLE", retry_after=1) from error

    async def _read_now(self, digest: str) -> KnownKey | None:
        read_at = self._clock.monotonic()
        known = await self._load(digest)
        if self._flights.get(digest) is asyncio.current_task():
            self._keep(digest, _Entry(known, read_at))
        return known

    def _keep(self, digest: str, entry: _Entry) -> None:
        here, there = (self._unknown, self._known) if entry.known is None else (self._known, self._unknown)
        there.pop(digest, None)
        here[digest] = entry
        here.move_to_end(digest)
        while len(here) > self._capacity:
            here.popitem(last=False)
