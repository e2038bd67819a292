"""One sink's queue and writer: bounded memory, then disk; order is kept; nothing here holds up a request."""

import asyncio
import logging
import time
from collections import deque
from collections.abc import Sequence
from pathlib import Path

import attrs

from altus4_core.composing.composition import Entry
from altus4_core.dispatch import Dispatch
from altus4_core.errors import ProviderFault
from altus4_core.records import Event
from altus4_core.settings.core import EventSettings
from altus4_core.spill import Spill

logger = logging.getLogger("altus4.events")

FIRST_BACKOFF = 0.1
LONGEST_BACKOFF = 5.0


@attrs.define
class SinkFigures:
    """What happened to one sink's events. `queued` counts those in memory and those on disk (`spilled`)."""

    queued: int = 0
    written: int = 0
    dropped: int = 0
    failures: int = 0
    spilled: int = 0
    spill_failures: int = 0


class SinkQueue:
    """Events wait in memory for their batch. When the sink fails or is slow they go to disk, at most one interval
    later, and come back from there in order; while some lie there, new ones go behind them.

    Args:
        entry: The sink.
        dispatch: Awaits it.
        settings: Sizes and times.
        deadline: Seconds that one batch may take.
        folder: Where the events may lie; None: they wait in memory alone.
    """

    def __init__(
        self, entry: Entry, dispatch: Dispatch, settings: EventSettings, deadline: float, folder: Path | None = None
    ) -> None:
        self.name = entry.name
        self.figures = SinkFigures()
        self._entry = entry
        self._dispatch = dispatch
        self._settings = settings
        self._interval = settings.interval_ms / 1000
        self._deadline = deadline
        self._spill = Spill(folder, settings.spill_bytes) if folder is not None else None
        self._waiting: deque[Event] = deque()
        self._wake = asyncio.Event()
        self._stopping = asyncio.Event()
        self._securing = asyncio.Lock()
        self._writing_since: float | None = None
        self._tasks: list[asyncio.Task[None]] = []

    def start(self) -> None:
        """Start the writer, and who brings events to disk when it is held up."""
        self._tasks = [asyncio.create_task(self._run(), name=f"sink {self.name}")]
        if self._spill is not None:
            self._tasks.append(asyncio.create_task(self._keep(self._spill), name=f"spill of sink {self.name}"))

    def put(self, event: Event) -> None:
        """Queue an event, or count it as dropped when the queue is full. Never waits."""
        if len(self._waiting) >= self._settings.queue_size:
            if self.figures.dropped == 0:
                logger.error("the queue of analytics sink %s is full; events are being dropped", self.name)
            self.figures.dropped += 1
            return
        self._waiting.append(event)
        self.figures.queued += 1
        self._wake.set()

    async def stop(self, deadline: float) -> None:
        """Write what is queued, at most `deadline` seconds long; the rest goes to disk, or is counted as dropped."""
        self._stopping.set()
        self._wake.set()
        if self._tasks:
            _, late = await asyncio.wait({self._tasks[0]}, timeout=deadline)
            for task in {*late, *self._tasks[1:]}:
                task.cancel()
                await asyncio.wait({task}, timeout=1)
        if self._spill is not None:
            await self._secure(self._spill)
            if self._spill.pending:
                logger.warning("%d events wait on disk for analytics sink %s", self._spill.pending, self.name)
            self._spill.close()
        if self._waiting:
            logger.error("analytics sink %s lost %d events at stop", self.name, len(self._waiting))
            self.figures.dropped += len(self._waiting)
            self._waiting.clear()
        self.figures.queued = 0

    async def _run(self) -> None:
        if self._spill is not None:
            try:
                await self._spill.adopt()
            except OSError as error:
                logger.error("spilled events of sink %s cannot be read: %s", self.name, error)
        self._count()
        pause = FIRST_BACKOFF
        while True:
            on_disk = self._on_disk()
            if not on_disk and not self._waiting:
                if self._stopping.is_set():
                    return
                self._wake.clear()
                await self._wake.wait()
                continue
            if not on_disk and len(self._waiting) < self._settings.batch_size:
                await self._rest(self._interval)
            if await self._write_next():
                pause = FIRST_BACKOFF
                continue
            if self._spill is not None:
                await self._secure(self._spill)
                if self._stopping.is_set() and not self._waiting:
                    return  # all is on disk
            await self._rest(pause)
            pause = min(pause * 2, LONGEST_BACKOFF)

    async def _write_next(self) -> bool:
        """Write one batch, the oldest; False if it has to be tried again."""
        try:
            batch = await self._next_batch()
        except (OSError, ValueError) as error:
            logger.error("spilled events of sink %s cannot be read: %s", self.name, error)
            self.figures.spill_failures += 1
            return False
        self._writing_since = time.monotonic()
        try:
            await self._dispatch.call(self._entry, self._entry.provider.write, batch, deadline=self._deadline)
        except ProviderFault:
            self.figures.failures += 1
            return False
        finally:
            self._writing_since = None
        async with self._securing:  # if the batch has been brought to disk meanwhile, it is what lies first there
            if self._spill is not None and self._spill.pending:
                try:
                    await self._spill.advance(len(batch))
                except OSError as error:
                    logger.error("spilled events of sink %s cannot be let go: %s", self.name, error)
                    self.figures.spill_failures += 1
            else:
                for _ in batch:
                    self._waiting.popleft()
        self.figures.written += len(batch)
        self._count()
        return True

    async def _next_batch(self) -> Sequence[Event]:
        async with self._securing:
            if self._spill is not None and self._spill.pending:
                return await self._spill.peek(self._settings.batch_size)
            size = min(len(self._waiting), self._settings.batch_size)
            return [self._waiting[index] for index in range(size)]

    async def _keep(self, spill: Spill) -> None:
        """Bring events to disk while the sink does not take them."""
        while True:
            await asyncio.sleep(self._interval / 2)
            since = self._writing_since
            held_up = since is not None and time.monotonic() - since > self._interval / 2
            if self._waiting and (spill.pending or held_up):
                await self._secure(spill)

    async def _secure(self, spill: Spill) -> None:
        """Bring what waits in memory to disk, where it can be had; else it stays, and that is counted."""
        async with self._securing:
            events = list(self._waiting)
            if not events:
                return
            try:
                await asyncio.shield(spill.append(events))
            except (OSError, TypeError) as error:
                if not self.figures.spill_failures:
                    logger.error("events of sink %s cannot be brought to disk: %s", self.name, error)
                self.figures.spill_failures += 1
                return
            for _ in events:
                self._waiting.popleft()
            self.figures.spilled += len(events)
            self._count()

    def _on_disk(self) -> int:
        return self._spill.pending if self._spill is not None else 0

    def _count(self) -> None:
        self.figures.queued = len(self._waiting) + self._on_disk()

    async def _rest(self, seconds: float) -> None:
        """Wait, but not longer than until the stop."""
        if self._stopping.is_set():
            seconds = min(seconds, FIRST_BACKOFF) if self.figures.failures else 0
            await asyncio.sleep(seconds)
            return
        try:
            async with asyncio.timeout(seconds):
                await self._stopping.wait()
        except TimeoutError:
            return
