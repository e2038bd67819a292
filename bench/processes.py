"""The processes of a measurement: started, told what to do, awaited, and what they use."""

import asyncio
import contextlib
import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any


def started(
    stack: contextlib.ExitStack, command: Sequence[str], environment: Mapping[str, str]
) -> "subprocess.Popen[str]":
    """Start a process that ends with the stack."""
    process = subprocess.Popen(command, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    stack.callback(process.wait)
    stack.callback(process.terminate)
    return process


def tell(process: "subprocess.Popen[str]", settings: Mapping[str, Any]) -> int:
    """Tell one of our servers its settings, and give the port that it answers with."""
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write(json.dumps(settings) + "\n")
    process.stdin.flush()
    return int(process.stdout.readline())


def far_away(stack: contextlib.ExitStack, port: int, delay_ms: float) -> int:
    """Start a relay to a port that holds everything back; give its own port."""
    relay = started(stack, [sys.executable, str(Path(__file__).parent / "relay.py")], os.environ)
    return tell(relay, {"port": port, "delay": delay_ms / 2000})


def cpu_seconds(pid: int) -> float:
    """Give the CPU time that a process has used, from /proc."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def resident_mib(pid: int) -> float:
    """Give the memory of a process that is in use, in MiB, from /proc."""
    status = Path(f"/proc/{pid}/status").read_text()
    return int(status.partition("VmRSS:")[2].split()[0]) / 1024


async def listening(port: int) -> None:
    """Wait until somebody listens."""
    for _ in range(200):
        with contextlib.suppress(OSError):
            _, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.close()
            return
        await asyncio.sleep(0.05)
    message = "the gateway did not start"
    raise RuntimeError(message)
