"""When keys were used, from where and how often: counted in memory, written in batches.

Each key is written at most once a minute. Figures that could not be written are kept and written later; what is
left is written when the recorder closes.
"""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta

import attrs

from altus4_core.clock import Clock
from altus4_core.store import KeyUse, MetadataStore
from altus4_core.stored import ApiKey

BATCH = 500
_HOUR = timedelta(hours=1)


@attrs.define
class _Pending:
    """Uses of one key within one hour; figures are kept by hours, so no use may slip into another."""

    count: int
    at: datetime
    ip: str


class UsageRecorder:
    """Counts uses and writes them.

    Args:
        store: Where to write.
        clock: Source of time.
        logger: Told when writing fails.
        interval: Seconds between two writings of the same key.
        tick: Seconds between two looks at what is due.
        close_timeout: Seconds that the last writing gets.
    """

    def __init__(
        self,
        store: Callable[[], MetadataStore],
        clock: Clock,
        logger: logging.Logger,
        *,
        interval: float = 60.0,
        tick: float = 1.0,
        close_timeout: float = 5.0,
    ) -> None:
        self._store = store
        self._clock = clock
        self._logger = logger
        self._interval = interval
        self._tick = tick
        self._close_timeout = close_timeout
        self._pending: dict[str, dict[datetime, _Pending]] = {}
        self._written_at: dict[str, float] = {}
        self._task: asyncio.Task[None] | None = None
        self._writing = asyncio.Lock()
        self._stopping = asyncio.Event()
        self._failing = False
        # The hour of the last use: nearly always that of the next one, too.
        self._hour = self._hour_ends = datetime.min.replace(tzinfo=UTC)

    def note(self, key_id: str, at: datetime, ip: str) -> None:
        """Count one use. Never waits, never fails."""
        self._add(key_id, 1, at, ip)

    def pending(self, key_id: str) -> list[KeyUse]:
        """Give what is counted and not yet written."""
        return [KeyUse(key_id, use.count, use.at, use.ip) for use in self._pending.get(key_id, {}).values()]

    def applied(self, key: ApiKey) -> ApiKey:
        """Give a key's row with what is counted and not yet written added to it."""
        uses = self.pending(key.id)
        if not uses:
            return key
        last = max(uses, key=lambda use: use.at)
        if key.last_used is None or last.at > key.last_used:
            key = attrs.evolve(key, last_used=last.at, last_used_ip=last.ip)
        return attrs.evolve(key, usage_count=key.usage_count + sum(use.count for use in uses))

    @asynccontextmanager
    async def settled(self) -> AsyncIterator[None]:
        """Hold writing back, so that what is pending and what is written can be read together."""
        async with self._writing:
            yield

    def start(self) -> None:
        """Start writing in the background."""
        self._task = asyncio.create_task(self._run(), name="api-key usage")

    async def aclose(self) -> None:
        """Stop, and write everything that is left."""
        self._stopping.set()
        try:
            async with asyncio.timeout(self._close_timeout):
                # Not cancelled: a writing cut short may have happened or not, and would be counted twice.
                if self._task is not None:
                    await self._task
                written = await self.flush()
                while not written:
                    await asyncio.sleep(0.2)
                    written = await self.flush()
        except TimeoutError:
            lost = sum(use.count for uses in self._pending.values() for use in uses.values())
            self._logger.error("%d uses of API keys could not be recorded before the stop", lost)

    async def flush(self, *, due_only: bool = False) -> bool:
        """Write what is counted (or just what is due); False when the store could not be reached."""
        async with self._writing:
            keys = [key for key in self._pending if not due_only or self._is_due(key)]
            for start in range(0, len(keys), BATCH):
                if not await self._write(keys[start : start + BATCH]):
                    return False
        self._forget_idle()
        return True

    async def _write(self, keys: list[str]) -> bool:
        uses = [use for key in keys for use in self.pending(key)]
        for key in keys:
            del self._pending[key]
        try:
            await self._store().api_keys.record_use(uses)
        except BaseException as error:
            for use in uses:
                self._add(use.key_id, use.count, use.at, use.ip)
            if not isinstance(error, Exception):
                raise
            if not self._failing:
                self._logger.warning("the use of API keys cannot be recorded now; it is kept and tried again")
            self._failing = True
            return False
        self._failing = False
        now = self._clock.monotonic()
        for key in keys:
            self._written_at[key] = now
        return True

    def _add(self, key_id: str, count: int, at: datetime, ip: str) -> None:
        hour = self._hour
        if not hour <= at < self._hour_ends:
            hour = self._hour = at.astimezone(UTC).replace(minute=0, second=0, microsecond=0)
            self._hour_ends = hour + _HOUR
        hours = self._pending.setdefault(key_id, {})
        use = hours.get(hour)
        if use is None:
            hours[hour] = _Pending(count, at, ip)
            return
        use.count += count
        if at >= use.at:
            use.at, use.ip = at, ip

    def _is_due(self, key_id: str) -> bool:
        written = self._written_at.get(key_id)
        return written is None or self._clock.monotonic() - written >= self._interval

    def _forget_idle(self) -> None:
        """Drop times of writing that no longer hold anything back, so that memory follows the keys in use."""
        oldest = self._clock.monotonic() - self._interval
        self._written_at = {key: at for key, at in self._written_at.items() if at > oldest}

    async def _run(self) -> None:
        while not self._stopping.is_set():
            try:
                async with asyncio.timeout(self._tick):
                    await self._stopping.wait()
            except TimeoutError:
                await self.flush(due_only=True)
