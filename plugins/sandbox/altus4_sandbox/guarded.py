"""Our side of a guard: one server process that cannot outlive us."""

import os
import select
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Self

from . import guard
from .errors import StartError


class GuardedProcess:
    """A command run under guard.py.

    Protocol: we write one letter (`t` terminate, `k` kill, `s` stop, `c` continue); the guard writes
    `pid N` and `exit CODE` lines. The end of our pipe, however it comes, kills the command and removes `folder`.
    """

    def __init__(self, process: "subprocess.Popen[bytes]") -> None:
        self._process = process
        self._buffer = b""
        self._ended = False
        self.pid: int | None = None
        self.exit_code: int | None = None

    @classmethod
    def start(
        cls, command: Sequence[str], *, folder: Path, lock: int, log: Path, script: Path = Path(os.devnull)
    ) -> Self:
        """Start `command`, fed with `script`, its output appended to `log`; `lock` stays held while it lives.

        Raises StartError.
        """
        guarding = [sys.executable, "-I", "-S", guard.__file__, str(lock), str(folder), str(log), str(script)]
        # Our own script with our own arguments, no shell.
        process = subprocess.Popen(  # noqa: S603
            [*guarding, *command],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            bufsize=0,
            pass_fds=(lock,),
            start_new_session=True,
        )
        self = cls(process)
        deadline = time.monotonic() + 20
        while self.pid is None and self.running(0.05):
            if time.monotonic() > deadline:
                self.close()
                message = f"cannot start {command[0]}: its guard process gave no sign within 20 s"
                raise StartError(message)
        return self

    def running(self, wait: float = 0.0) -> bool:
        """Whether the command still runs; waits up to `wait` seconds for news."""
        output = self._process.stdout
        while not self._ended and output is not None and select.select([output], [], [], wait)[0]:
            chunk = os.read(output.fileno(), 4096)
            self._buffer += chunk
            *lines, self._buffer = self._buffer.split(b"\n")
            for line in lines:
                name, _, value = line.partition(b" ")
                if name == b"pid":
                    self.pid = int(value)
                else:
                    self.exit_code = int(value)
            # A guard that ends without a word was killed, and took its command along.
            self._ended = not chunk or self.exit_code is not None
            wait = 0.0
        return not self._ended

    def send(self, letter: str) -> None:
        """Give the guard a command; a finished process ignores it."""
        if self._process.stdin is not None and not self._ended:
            try:
                os.write(self._process.stdin.fileno(), letter.encode())
            except BrokenPipeError:
                self._ended = True

    def freeze(self, timeout: float = 5.0) -> None:
        """Stop the command (SIGSTOP), and wait up to `timeout` seconds for that: the guard obeys in its own time."""
        self.send("s")
        deadline = time.monotonic() + timeout
        while not self._frozen() and self.running() and time.monotonic() < deadline:
            time.sleep(0.002)

    def thaw(self) -> None:
        """Let a frozen command go on (SIGCONT)."""
        self.send("c")

    def _frozen(self) -> bool:
        """Whether each thread stands still: one that does not could still answer a request."""
        try:
            return all(") T " in path.read_text() for path in Path(f"/proc/{self.pid}/task").glob("*/stat"))
        except OSError:  # a thread ended meanwhile
            return False

    def wait(self, timeout: float) -> bool:
        """Wait up to `timeout` seconds for the end; whether it came."""
        deadline = time.monotonic() + timeout
        while self.running(min(0.2, max(0.0, deadline - time.monotonic()))):
            if time.monotonic() >= deadline:
                return False
        return True

    def finish(self, timeout: float) -> None:
        """Ask the command to end, kill it after `timeout` seconds, and let the guard go. May be called again."""
        self.send("t")
        if not self.wait(timeout):
            self.send("k")
            self.wait(5)
        self.close()

    def kill(self) -> None:
        """Kill the command with SIGKILL and wait for its end."""
        self.send("k")
        self.wait(5)
        self.close()

    def close(self) -> None:
        """Let the guard go; a command that still runs is killed and its folder removed."""
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                pipe.close()
        self._ended = True
        try:
            self._process.wait(5)
        except subprocess.TimeoutExpired:
            # The kernel kills the command with its guard.
            self._process.kill()
            self._process.wait()
