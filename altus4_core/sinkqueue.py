"""One sink's queue and writer: bounded memory, then disk; order is kept; nothing here holds up a request."""

import asyncio
import itertools
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
PATIENCE = 1.25
"""Intervals after which an event is brought to disk that its sink has not taken: one to wait for its batch, a quarter
for the writing. What a kill of the process costs is this and the time to append to a file."""


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
    """Events wait in memory for their batch, at most one interval. What the sink has not taken a quarter of an interval
    later is on disk, too: a journal, should the process be killed. From there, in order, come the events of an earlier
    process, and those of a sink that fails or is so slow that memory is to be kept free.

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
        self._arrived: deque[float] = deque()  # when each of them did; the oldest decides when something is done
        self._journaled = 0  # of those in memory, the first ones, that are the newest on disk
        self._most_in_memory = min(settings.batch_size * 4, settings.queue_size // 2)
        self._wake = asyncio.Event()
        self._stopping = asyncio.Event()
        self._securing = asyncio.Lock()
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
        self._arrived.append(time.monotonic())
        self.figures.queued += 1
        self._wake.set()

    async def stop(self, deadline: float) -> None:
        """Write what is queued, at most `deadline` seconds long; the rest goes to disk, or is counted as dropped."""
        self._stopping.set()
        self._wake.set()
        if self._tasks:
            _, late = await asyncio.wait({self._tasks[0]}, timeout=deadline)
            for task in {*late, *self._tasks[1:]}:
                async with self._securing:  # what is being appended would be appended once more
                    task.cancel()
                await asyncio.wait({task}, timeout=1)
        if self._spill is not None:
            await self._secure(self._spill)
            self._let_go(self._journaled)
            if self._spill.pending:
                logger.warning("%d events wait on disk for analytics sink %s", self._spill.pending, self.name)
            self._spill.close()
        if self._waiting:
            logger.error("analytics sink %s lost %d events at stop", self.name, len(self._waiting))
            self.figures.dropped += len(self._waiting)
            self._let_go(len(self._waiting))
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
            on_disk = self._on_disk_alone()
            if not on_disk and not self._waiting:
                if self._stopping.is_set():
                    return
                self._wake.clear()
                await self._wake.wait()
                continue
            if not on_disk and len(self._waiting) < self._settings.batch_size:
                await self._rest(max(self._interval - self._age(0), 0))
            if await self._write_next():
                pause = FIRST_BACKOFF
                continue
            if self._spill is not None and await self._secure(self._spill) and self._stopping.is_set():
                return  # all is on disk
            await self._rest(pause)
            pause = min(pause * 2, LONGEST_BACKOFF)

    async def _write_next(self) -> bool:
        """Write one batch, the oldest; False if it has to be tried again."""
        try:
            batch, from_disk = await self._next_batch()
        except (OSError, ValueError) as error:
            logger.error("spilled events of sink %s cannot be read: %s", self.name, error)
            self.figures.spill_failures += 1
            return False
        if not batch:  # what was on disk was not whole
            self._count()
            return True
        try:
            await self._dispatch.call(self._entry, self._entry.provider.write, batch, deadline=self._deadline)
        except ProviderFault:
            self.figures.failures += 1
            return False
        async with self._securing:
            await self._forget(len(batch), from_disk=from_disk)
        self.figures.written += len(batch)
        self._count()
        return True

    async def _next_batch(self) -> tuple[Sequence[Event], bool]:
        """Give the oldest events, and whether they are on disk alone."""
        size = self._settings.batch_size
        async with self._securing:
            if self._spill is not None and (number := self._on_disk_alone()):
                return await self._spill.peek(min(number, size)), True
            return list(itertools.islice(self._waiting, size)), False

    async def _forget(self, number: int, *, from_disk: bool) -> None:
        """Let go of what is written, the oldest: on disk, and in memory if it is still there, too."""
        alone = self._on_disk_alone()  # memory may have been freed of the batch meanwhile
        in_memory = 0 if from_disk else max(number - alone, 0)
        on_disk = number - in_memory + min(in_memory, self._journaled)
        if self._spill is not None and on_disk:
            try:
                await self._spill.advance(on_disk)
            except (OSError, ValueError) as error:  # they come once more, as what they are
                logger.error("spilled events of sink %s cannot be let go: %s", self.name, error)
                self.figures.spill_failures += 1
        self._let_go(in_memory)

    async def _keep(self, spill: Spill) -> None:
        """Bring events to disk that the sink has not taken in time."""
        while True:
            left = PATIENCE * self._interval - self._age(self._journaled)
            if left > 0:
                await asyncio.sleep(left)
            elif not await self._secure(spill):
                await asyncio.sleep(self._interval / 2)

    async def _secure(self, spill: Spill) -> bool:
        """Bring what is in memory alone to disk, where it can be had; else it stays, and that is counted."""
        async with self._securing:
            events = list(itertools.islice(self._waiting, self._journaled, None))
            if events:
                try:
                    await asyncio.shield(spill.append(events))
                except (OSError, TypeError) as error:
                    if not self.figures.spill_failures:
                        logger.error("events of sink %s cannot be brought to disk: %s", self.name, error)
                    self.figures.spill_failures += 1
                    return False
                self._journaled += len(events)
                self.figures.spilled += len(events)
            if self._journaled > self._most_in_memory:
                self._let_go(self._journaled)
            self._count()
            return True

    def _age(self, number: int) -> float:
        """Give how long ago an event in memory arrived, in seconds; 0: there is none of this number."""
        return time.monotonic() - self._arrived[number] if number < len(self._arrived) else 0.0

    def _let_go(self, number: int) -> None:
        """Free memory of the oldest events."""
        for _ in range(number):
            self._waiting.popleft()
            self._arrived.popleft()
        self._journaled = max(self._journaled - number, 0)

    def _on_disk_alone(self) -> int:
        return self._spill.pending - self._journaled if self._spill is not None else 0

    def _count(self) -> None:
        self.figures.queued = len(self._waiting) + self._on_disk_alone()

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
