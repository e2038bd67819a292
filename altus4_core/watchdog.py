"""Watches how late the event loop runs: a plugin that blocks it can be noticed, not contained."""

import asyncio
import logging
import sys
import threading
import time
import traceback

logger = logging.getLogger("altus4.watchdog")

INTERVAL = 0.25
COMPLAIN_AFTER = 1.0


class LoopWatchdog:
    """Measures the loop's lag; a thread logs the stack of whatever holds it for longer than a second."""

    def __init__(self) -> None:
        self.lag_ms = 0.0
        self.worst_ms = 0.0
        self._task: asyncio.Task[None] | None = None
        self._beat = time.monotonic()
        self._stopped = threading.Event()

    def start(self) -> None:
        """Start watching the running loop."""
        self._stopped.clear()
        self._beat = time.monotonic()
        self._task = asyncio.create_task(self._measure(), name="loop watchdog")
        thread = threading.Thread(target=self._watch, args=(threading.get_ident(),), daemon=True, name="loop watchdog")
        thread.start()

    async def stop(self) -> None:
        """Stop watching."""
        self._stopped.set()
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait({self._task})
            self._task = None

    async def _measure(self) -> None:
        while True:
            before = time.monotonic()
            self._beat = before
            await asyncio.sleep(INTERVAL)
            self.lag_ms = max(0.0, (time.monotonic() - before - INTERVAL) * 1000)
            self.worst_ms = max(self.worst_ms, self.lag_ms)

    def _watch(self, loop_thread: int) -> None:
        complained = 0.0
        while not self._stopped.wait(INTERVAL):
            late = time.monotonic() - self._beat - INTERVAL
            if late > COMPLAIN_AFTER and self._beat != complained:
                complained = self._beat
                frame = sys._current_frames().get(loop_thread)  # noqa: SLF001 -- the documented way to a thread's stack
                stack = "".join(traceback.format_stack(frame)[-4:]) if frame else ""
                logger.error("the event loop has been blocked for %.1f s by:\n%s", late, stack)
