"""One worker as its supervisor sees it: a process that ends, and one that takes its place."""

import asyncio
import os
import signal
import socket
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import attrs

from altus4_core.workers.channel import Channel
from altus4_core.workers.task import Task

LAST_WORDS = 1.0  # seconds for what a process said before it ended


@attrs.frozen
class End:
    """How a process ended: its exit code (below 0: a signal), why it refused to start, how long it had served."""

    code: int
    refused: Sequence[str] = ()
    served: float = 0.0

    def text(self) -> str:
        """Say it."""
        if self.refused:
            return f"did not start: {'; '.join(self.refused)}"
        if self.code < 0:
            try:
                return f"was ended by {signal.Signals(-self.code).name}"
            except ValueError:
                return f"was ended by signal {-self.code}"
        return f"ended with exit code {self.code}"


class Child:
    """A place that one worker process after the other takes.

    Args:
        task: What each of them is told.
        environ: Their environment.
        on_ready: Called when one begins to serve.
        on_asked: Called with a question's number when one wants to know the others' figures.
    """

    def __init__(
        self,
        task: Task,
        environ: Mapping[str, str],
        on_ready: Callable[["Child"], None],
        on_asked: Callable[["Child", int], None],
    ) -> None:
        self.task = task
        self.starts = 0
        self.ready_since: float | None = None
        self._environ = environ
        self._on_ready = on_ready
        self._on_asked = on_asked
        self._process: asyncio.subprocess.Process | None = None
        self._channel: Channel | None = None
        self._answers: dict[int, asyncio.Future[Any]] = {}
        self._questions = 0

    @property
    def number(self) -> int:
        """Give its number, from 1."""
        return self.task.number

    @property
    def pid(self) -> int | None:
        """Give the process's, None while there is none."""
        return self._process.pid if self._process is not None else None

    async def live(self) -> End:
        """Start a process and give how it ended, when it has."""
        self.starts += 1
        ours, theirs = socket.socketpair()
        try:
            process = self._process = await self._spawn(theirs)
        except BaseException:
            ours.close()
            raise
        finally:
            theirs.close()
        channel = self._channel = await Channel.over(ours)
        channel.send({"task": self.task.message()})
        hearing = asyncio.create_task(self._hear(channel))
        code = await process.wait()
        await asyncio.wait({hearing}, timeout=LAST_WORDS)
        hearing.cancel()
        refusal = hearing.result() if hearing.done() and not hearing.cancelled() else None
        self._process = self._channel = None
        for answer in self._answers.values():
            if not answer.done():
                answer.set_result(None)
        await channel.close()
        since, self.ready_since = self.ready_since, None
        refused, code = refusal or ((), code)
        return End(code, refused, time.monotonic() - since if since is not None else 0.0)

    def stop(self, *, now: bool = False) -> None:
        """Tell the process to drain, or not to wait for anybody any more."""
        if self._channel is not None:
            self._channel.send({"stop": "now" if now else "drain"})

    def kill(self) -> None:
        """End the process."""
        if self._process is not None and self._process.returncode is None:
            self._process.kill()

    def tell(self, message: Mapping[str, Any]) -> None:
        """Send it a message."""
        if self._channel is not None:
            self._channel.send(message)

    async def figures(self, seconds: float) -> Any:
        """Ask for its figures; None when it does not serve or does not answer in time."""
        if self._channel is None or self.ready_since is None:
            return None
        self._questions += 1
        question = self._questions
        answer = self._answers[question] = asyncio.get_running_loop().create_future()
        self._channel.send({"figures": question})
        try:
            async with asyncio.timeout(seconds):
                return await answer
        except TimeoutError:
            return None
        finally:
            del self._answers[question]

    async def _spawn(self, theirs: socket.socket) -> asyncio.subprocess.Process:
        # What is importable here shall be importable there: `-m` puts the working directory first, the script does not.
        safe = [] if {"", str(Path.cwd())} & set(sys.path) else ["-P"]
        handle = theirs.fileno()
        return await asyncio.create_subprocess_exec(
            sys.executable,
            *safe,
            "-m",
            "altus4_core.workers.worker",
            str(handle),
            stdin=asyncio.subprocess.DEVNULL,
            pass_fds=(handle, *self.task.listeners),
            env=self._environ,
            # Ctrl-C reaches the whole foreground group: it is the supervisor's to pass on.
            process_group=0 if os.name == "posix" else None,
        )

    async def _hear(self, channel: Channel) -> tuple[Sequence[str], int] | None:
        """Listen until the process ends; gives why it refused to start, and its exit code."""
        refusal = None
        while (message := await channel.receive()) is not None:
            if "ready" in message:
                self.ready_since = time.monotonic()
                self._on_ready(self)
            elif "refused" in message:
                refusal = message["refused"], message["code"]
            elif "ask" in message:
                self._on_asked(self, message["ask"])
            elif "answer" in message:
                answer = self._answers.get(message["answer"])
                if answer is not None and not answer.done():
                    answer.set_result(message["samples"])
        return refusal
