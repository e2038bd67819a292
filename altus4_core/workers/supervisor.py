"""Several processes on one port: started fresh, started again when they die, stopped together.

The sockets are bound once, here, and inherited. With SO_REUSEPORT each worker would have a queue of its own, and what
waits in it would be reset whenever that worker ends; here it waits for another one. Besides, a port that is taken is
said once, before anything starts.
"""

import asyncio
import contextlib
import logging
import signal
import socket
import time
from collections.abc import Mapping, Sequence

import attrs

from altus4_core.listening import port_of
from altus4_core.settings.core import CoreSettings
from altus4_core.workers.child import Child, End
from altus4_core.workers.grace import CLOSING, hurried_seconds, stop_seconds
from altus4_core.workers.task import Task

logger = logging.getLogger("altus4.workers")

FIRST_PAUSE = 0.1  # seconds before a worker is started again, doubling
LONGEST_PAUSE = 10.0
STEADY = 10.0  # seconds after which a worker counts as well again
ANSWER = 1.0  # seconds within which workers give their figures


@attrs.frozen
class Outcome:
    """How it ended: the exit code, and why it never began, a line each."""

    code: int
    refused: Sequence[str] = ()


class Supervisor:
    """Keeps workers running until it is told to stop.

    Args:
        task: What every worker is told, but for its number.
        core: The settings.
        environ: The workers' environment.
        listeners: Bound sockets; the supervisor's from now on.
    """

    def __init__(
        self, task: Task, core: CoreSettings, environ: Mapping[str, str], listeners: Sequence[socket.socket]
    ) -> None:
        self._core = core
        self._listeners = listeners
        self._children = [
            Child(attrs.evolve(task, number=number), environ, self._ready, self._asked)
            for number in range(1, core.server.workers + 1)
        ]
        self._stop = asyncio.Event()
        self._hurry = asyncio.Event()
        self._serving = False
        self._refusal: tuple[Child, End] | None = None
        self._answering: set[asyncio.Task[None]] = set()

    async def run(self) -> Outcome:
        """Run until SIGINT or SIGTERM; a second one ends the wait for requests in flight.

        A worker that does not start ends everything. It is told once, whoever else did not start either.
        """
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, self._signalled)
        keepers = [asyncio.create_task(self._keep(child), name=f"worker {child.number}") for child in self._children]
        await self._stop.wait()
        if self._refusal is not None:
            child, end = self._refusal
            await self._end(keepers)
            return Outcome(max(end.code, 1), end.refused or [f"worker {child.number} {end.text()} before it served"])
        logger.info("stopping")
        in_time = await self._end(keepers)
        logger.info("stopped")
        return Outcome(0 if in_time else 1)

    def _signalled(self) -> None:
        if self._stop.is_set():
            self._hurry.set()
        self._stop.set()

    def _ready(self, child: Child) -> None:
        if self._serving:
            logger.info("worker %d serves again (pid %s)", child.number, child.pid)
        elif all(each.ready_since is not None for each in self._children) and not self._stop.is_set():
            self._serving = True
            host, port = self._core.server.host, port_of(self._listeners)
            logger.info("listening on http://%s:%d with %d workers", host, port, len(self._children))

    async def _keep(self, child: Child) -> None:
        pause = FIRST_PAUSE
        while True:
            end = await child.live()
            if self._stop.is_set():
                return
            if not self._serving:
                self._refusal = child, end
                self._stop.set()
                return
            if end.served > STEADY:
                pause = FIRST_PAUSE
            logger.error("worker %d %s; another is started in %g s", child.number, end.text(), pause)
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(pause):
                    await self._stop.wait()
            if self._stop.is_set():
                return
            pause = min(pause * 2, LONGEST_PAUSE)

    async def _end(self, keepers: Sequence["asyncio.Task[None]"]) -> bool:
        """Stop all workers, and end those that are late."""
        for listener in self._listeners:
            listener.close()  # clients are refused as soon as the last worker has closed its own handle
        hurry = self._refusal is not None
        waiting = {asyncio.create_task(self._hurry.wait()), *keepers}
        left = CLOSING if hurry else stop_seconds(self._core)
        begun = time.monotonic()
        for child in self._children:
            child.stop(now=hurry)
        while True:
            if self._hurry.is_set() and not hurry:
                hurry, begun, left = True, time.monotonic(), hurried_seconds(self._core)
                for child in self._children:
                    child.stop(now=True)
            waiting = {task for task in waiting if not task.done()}
            timeout = begun + left - time.monotonic()
            if not waiting.intersection(keepers) or timeout <= 0:
                break
            await asyncio.wait(waiting, timeout=timeout, return_when=asyncio.FIRST_COMPLETED)
        late = [child for child, keeper in zip(self._children, keepers, strict=True) if not keeper.done()]
        for child in late:
            logger.error("worker %d did not stop in time and is ended", child.number)
            child.kill()
        for task in waiting.difference(keepers):
            task.cancel()
        for task in self._answering:
            task.cancel()
        await asyncio.gather(*keepers)
        return not late

    def _asked(self, child: Child, question: int) -> None:
        task = asyncio.create_task(self._answer(child, question))
        self._answering.add(task)
        task.add_done_callback(self._answering.discard)

    async def _answer(self, child: Child, question: int) -> None:
        others = [each for each in self._children if each is not child]
        samples = await asyncio.gather(*(each.figures(ANSWER) for each in others))
        found = {str(each.number): {"samples": some} for each, some in zip(others, samples, strict=True)}
        found[str(child.number)] = {"samples": None}
        for each in self._children:
            found[str(each.number)]["restarts"] = each.starts - 1
        child.tell({"asked": question, "found": found})
