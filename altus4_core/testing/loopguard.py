"""Notices who holds the event loop."""

import asyncio
import time
from types import TracebackType
from typing import Self


class LoopGuard:
    """Fails the block when the loop could not run for longer than `seconds` at a time.

    `worst` is the longest time, in seconds, that another task had to wait.
    """

    def __init__(self, seconds: float = 0.2, interval: float = 0.005) -> None:
        self.seconds = seconds
        self.worst = 0.0
        self._interval = interval
        self._task: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        self._task = asyncio.create_task(self._tick(), name="loop guard")
        await asyncio.sleep(0)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        # One more turn, so that a hold right before the end is seen.
        await asyncio.sleep(self._interval * 2)
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait({self._task})
        if kind is None and self.worst > self.seconds:
            message = f"the event loop was held for {self.worst:.2f} s; at most {self.seconds:g} s are allowed"
            raise AssertionError(message)

    async def _tick(self) -> None:
        while True:
            before = time.perf_counter()
            await asyncio.sleep(self._interval)
            self.worst = max(self.worst, time.perf_counter() - before - self._interval)
