"""The way of events to the analytics sinks: a bounded queue and a task per sink, never in the request path."""

import asyncio
import logging
from collections import deque
from collections.abc import Sequence

import attrs

from altus4_core.composing.composition import Composition, Entry
from altus4_core.dispatch import Dispatch
from altus4_core.errors import ProviderFault
from altus4_core.records import Event
from altus4_core.settings.core import EventSettings

logger = logging.getLogger("altus4.events")

FIRST_BACKOFF = 0.1
LONGEST_BACKOFF = 5.0


@attrs.define
class SinkFigures:
    """What happened to one sink's events."""

    queued: int = 0
    written: int = 0
    dropped: int = 0
    failures: int = 0


class SinkQueue:
    """One sink's queue and writer. A batch that fails is tried again with growing pauses; order is kept."""

    def __init__(self, entry: Entry, dispatch: Dispatch, settings: EventSettings, deadline: float) -> None:
        self.name = entry.name
        self.figures = SinkFigures()
        self._entry = entry
        self._dispatch = dispatch
        self._settings = settings
        self._deadline = deadline
        self._waiting: deque[Event] = deque()
        self._wake = asyncio.Event()
        self._stopping = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Start the writer."""
        self._task = asyncio.create_task(self._run(), name=f"sink {self.name}")

    def put(self, event: Event) -> None:
        """Queue an event, or count it as dropped when the queue is full. Never waits."""
        if len(self._waiting) >= self._settings.queue_size:
            if self.figures.dropped == 0:
                logger.error("the queue of analytics sink %s is full; events are being dropped", self.name)
            self.figures.dropped += 1
            return
        self._waiting.append(event)
        self.figures.queued = len(self._waiting)
        self._wake.set()

    async def stop(self, deadline: float) -> None:
        """Write what is queued, at most `deadline` seconds long; the rest is counted as dropped."""
        self._stopping.set()
        self._wake.set()
        if self._task is not None:
            _, late = await asyncio.wait({self._task}, timeout=deadline)
            for task in late:
                task.cancel()
                await asyncio.wait({task}, timeout=1)
        if self._waiting:
            logger.error("analytics sink %s lost %d events at stop", self.name, len(self._waiting))
            self.figures.dropped += len(self._waiting)
            self._waiting.clear()
        self.figures.queued = 0

    async def _run(self) -> None:
        pause = FIRST_BACKOFF
        while True:
            await self._wake.wait()
            if not self._waiting:
                if self._stopping.is_set():
                    return
                self._wake.clear()
                continue
            if len(self._waiting) < self._settings.batch_size:
                await self._rest(self._settings.interval_ms / 1000)
            batch = self._next_batch()
            try:
                await self._dispatch.call(self._entry, self._entry.provider.write, batch, deadline=self._deadline)
            except ProviderFault:
                self.figures.failures += 1
                await self._rest(pause)
                pause = min(pause * 2, LONGEST_BACKOFF)
            else:
                pause = FIRST_BACKOFF
                for _ in batch:
                    self._waiting.popleft()
                self.figures.written += len(batch)
                self.figures.queued = len(self._waiting)

    def _next_batch(self) -> Sequence[Event]:
        size = min(len(self._waiting), self._settings.batch_size)
        return [self._waiting[index] for index in range(size)]

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


class EventBus:
    """Hands each event to every sink."""

    def __init__(self, composition: Composition, dispatch: Dispatch, settings: EventSettings, deadline: float) -> None:
        self._settings = settings
        self._queues = [SinkQueue(entry, dispatch, settings, deadline) for entry in composition.of("analytics-sink")]

    def emit(self, event: Event) -> None:
        """Queue the event for every sink. Never waits, never raises."""
        for queue in self._queues:
            queue.put(event)

    def figures(self) -> dict[str, SinkFigures]:
        """Give the figures per sink."""
        return {queue.name: queue.figures for queue in self._queues}

    def start(self) -> None:
        """Start all writers."""
        for queue in self._queues:
            queue.start()

    async def stop(self) -> None:
        """Flush all sinks at once."""
        await asyncio.gather(*(queue.stop(self._settings.flush_timeout) for queue in self._queues))
