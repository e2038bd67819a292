"""Processes of `altus4 serve --workers N`, and clients that ask them for as long as they live."""

import asyncio
import json
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import attrs


def children_of(pid: int) -> list[int]:
    found = Path(f"/proc/{pid}/task/{pid}/children")
    return [int(each) for each in found.read_text().split()] if found.exists() else []


def alive(pid: int) -> bool:
    """Whether it runs: a zombie does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def wait_until(condition: Callable[[], Any], seconds: float = 30) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)


@attrs.define
class Workers:
    """One supervisor, with its log."""

    process: "subprocess.Popen[bytes]"
    log: Path

    @classmethod
    def start(cls, folder: Path, *arguments: str, **environ: str) -> "Workers":
        log = folder / "workers.log"
        inherited = {name: value for name, value in os.environ.items() if not name.startswith(("ALTUS4_", "DB_"))}
        with log.open("wb") as file:
            process = subprocess.Popen(
                [sys.executable, "-m", "altus4_core", *arguments],
                cwd=folder, env={**inherited, **environ}, stdout=file, stderr=file, start_new_session=True,
            )  # fmt: skip
        return cls(process, log)

    @property
    def pid(self) -> int:
        return self.process.pid

    @property
    def text(self) -> str:
        return self.log.read_text()

    @property
    def lines(self) -> list[Mapping[str, Any]]:
        return [json.loads(line) for line in self.text.splitlines()]

    def said(self, text: str) -> list[Mapping[str, Any]]:
        found = [json.loads(line) for line in self.text.splitlines() if text in line]
        return [line for line in found if text in line["message"]]

    def children(self) -> list[int]:
        return children_of(self.pid)

    def wait_ready(self) -> int:
        """Wait until all workers serve; gives the port."""
        wait_until(lambda: self.process.poll() is not None or self.said("listening on"))
        assert self.process.poll() is None, self.text
        return int(self.said("listening on")[0]["message"].split()[2].rpartition(":")[2])

    def signal(self, number: int = signal.SIGTERM) -> None:
        self.process.send_signal(number)

    def end(self, seconds: float = 20) -> int:
        return self.process.wait(seconds)

    def close(self) -> None:
        """Leave nothing behind, whatever a test has done."""
        pids = self.children()
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        for pid in pids:
            if alive(pid):
                os.kill(pid, signal.SIGKILL)


@attrs.define
class Asker:
    """Clients that ask for one path; each keeps its connection for `keep` answers."""

    port: int
    path: str = "/api/v1/who/0"
    keep: int = 1_000_000
    answers: "Counter[int]" = attrs.field(factory=Counter)
    by: "Counter[Any]" = attrs.field(factory=Counter)
    refused: int = 0
    broken: int = 0
    ended: asyncio.Event = attrs.field(factory=asyncio.Event)

    async def run(self, clients: int) -> None:
        await asyncio.gather(*(self._client() for _ in range(clients)))

    async def _client(self) -> None:
        while not self.ended.is_set():
            try:
                reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
            except OSError:
                self.refused += 1
                return
            try:
                for _ in range(self.keep):
                    if self.ended.is_set() or not await self._ask(reader, writer):
                        break
            except (OSError, asyncio.IncompleteReadError):
                self.broken += 1
            finally:
                writer.close()

    async def _ask(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        writer.write(f"GET {self.path} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
        head = (await reader.readuntil(b"\r\n\r\n")).lower()
        body = await reader.readexactly(int(head.split(b"content-length:")[1].split(b"\r\n")[0]))
        self.answers[int(head[9:12])] += 1
        self.by[json.loads(body).get("data", {}).get("pid")] += 1
        return b"connection: close" not in head


def command_lines(pids: Sequence[int]) -> str:
    return " ".join(Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode() for pid in pids)
