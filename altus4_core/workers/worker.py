"""One worker: `python -m altus4_core.workers.worker HANDLE`, started by the supervisor alone.

It serves on sockets that it inherited, and ends when it is told to, when it gets a signal, or when its supervisor is
gone, however that went. A signal drains, and never hurries: service managers send theirs to every process of a
service, and the supervisor's word comes besides.
"""

import asyncio
import logging
import os
import select
import signal
import socket
import sys
import threading
import time
from collections.abc import Mapping
from typing import Any

from altus4_core.commands import EXIT_FAILED, bug_line, error_lines
from altus4_core.errors import Altus4Error
from altus4_core.gateway import Gateway
from altus4_core.logs import configure_logging
from altus4_core.loops import run
from altus4_core.serve import Server, settle_memory
from altus4_core.settings.loader import load_settings
from altus4_core.siblings import Sample, SiblingFigures, Siblings
from altus4_core.workers.channel import Channel
from altus4_core.workers.grace import orphaned_seconds
from altus4_core.workers.task import Task

logger = logging.getLogger("altus4.workers")


class Worker:
    """Serves until told to stop."""

    def __init__(self, channel: Channel, task: Task) -> None:
        self._channel = channel
        self._task = task
        self._stop = asyncio.Event()
        self._orphaned = False
        self._asked: dict[int, asyncio.Future[Mapping[int, SiblingFigures]]] = {}
        self._questions = 0
        self._server: Server | None = None

    async def work(self, control: int) -> None:
        """Do everything.

        Raises:
            StartupRefused: the gateway cannot start.
        """
        settings = load_settings(self._task.path, os.environ, strict=False)
        configure_logging(settings.core.log_level, self._task.number)
        leave_with(control, orphaned_seconds(settings.core))
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, self._stop.set)
        gateway = Gateway(settings, self._task.selection())
        gateway.siblings = Siblings(self._task.number, self._task.since, self.ask)
        listeners = [socket.socket(fileno=handle) for handle in self._task.listeners]
        for listener in listeners:
            listener.set_inheritable(False)
        self._server = Server(gateway, listeners)
        hearing = asyncio.create_task(self._hear(), name="supervisor")
        try:
            await self._server.start()
            settle_memory()
            self._channel.send({"ready": os.getpid()})
            await self._stop.wait()
            if self._orphaned:
                logger.warning("the supervisor is gone; stopping")
            # Whoever starts a new supervisor needs the port at once.
            await self._server.stop(delay=not self._orphaned)
        finally:
            hearing.cancel()

    async def ask(self) -> Mapping[int, SiblingFigures]:
        """Ask the others for their figures; the supervisor answers for those that do not."""
        self._questions += 1
        number = self._questions
        answer: asyncio.Future[Mapping[int, SiblingFigures]] = asyncio.get_running_loop().create_future()
        self._asked[number] = answer
        self._channel.send({"ask": number})
        try:
            return await answer
        finally:
            del self._asked[number]

    async def _hear(self) -> None:
        while (message := await self._channel.receive()) is not None:
            self._obey(message)
        self._orphaned = True
        for answer in self._asked.values():
            if not answer.done():
                answer.set_result({})
        self._stop.set()

    def _obey(self, message: Mapping[str, Any]) -> None:
        server = self._server
        if "stop" in message and server is not None:
            if message["stop"] == "now":
                server.hurry()
            self._stop.set()
        elif "figures" in message and server is not None:
            self._channel.send({"answer": message["figures"], "samples": list(server.metrics.samples())})
        elif "asked" in message:
            answer = self._asked.get(message["asked"])
            if answer is not None and not answer.done():
                answer.set_result({int(number): _figures(found) for number, found in message["found"].items()})


def _figures(found: Mapping[str, Any]) -> SiblingFigures:
    samples = found["samples"]
    if samples is not None:
        samples = [_sample(*each) for each in samples]
    return SiblingFigures(samples, found["restarts"])


def _sample(name: str, kind: str, labels: Mapping[str, str], value: float | None) -> Sample:
    return name, kind, labels, float("nan") if value is None else value  # JSON has no other word for it


def leave_with(control: int, seconds: float) -> None:
    """End this process at the latest so many seconds after the supervisor, though its event loop may be blocked."""
    watched = select.poll()
    watched.register(control, 0)  # that the other end is closed is told in any case

    def watch() -> None:
        watched.poll()
        time.sleep(seconds)
        os._exit(1)

    threading.Thread(target=watch, name="supervisor", daemon=True).start()


async def main(control: int) -> int:
    """Work; gives the exit code."""
    connected = socket.socket(fileno=control)
    connected.set_inheritable(False)
    channel = await Channel.over(connected)
    message = await channel.receive()
    if message is None:
        return 1
    try:
        await Worker(channel, Task.of(message["task"])).work(control)
    except Altus4Error as error:
        lines, code = error_lines(error)
        channel.send({"refused": lines, "code": code})  # who says it, once for all workers
        return code
    except Exception as error:
        logger.debug("the worker failed", exc_info=True)
        channel.send({"refused": [bug_line("serve", error)], "code": EXIT_FAILED})
        return EXIT_FAILED
    finally:
        await channel.close()
    return 0


if __name__ == "__main__":
    sys.exit(run(main(int(sys.argv[1]))))
