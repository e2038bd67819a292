"""How long each plugin takes to start and how much memory it takes, in processes of their own.

    nox -s bench -- startup [--rounds 5]

Alone: the core composes that plugin and nothing else, against the core without any. Running: the standard set with its
services started on a private MySQL, against the same without that plugin; some cannot be left out, because others need
what they offer. Rounds alternate between all of them, and the least of all counts. Differences are of CPU
time, which other programs on the machine change less.
"""

import argparse
import asyncio
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

import attrs
from scene import scene

from altus4_core.composing.discovery import installed, standard_names

CHILD = """
import json, sys, time
def resident():
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * 4
points = {"python": (time.time(), time.process_time(), resident())}
import asyncio, os
from pathlib import Path
from altus4_core.gateway import Gateway
from altus4_core.settings.loader import load_settings
points["core"] = (time.time(), time.process_time(), resident())
gateway = Gateway(load_settings(Path(sys.argv[1]), os.environ, strict=False))
points["composed"] = (time.time(), time.process_time(), resident())
async def run():
    await gateway.start()
    points["started"] = (time.time(), time.process_time(), resident())
    await gateway.stop()
if sys.argv[2] == "start" and not gateway.problems():
    asyncio.run(run())
print(json.dumps(points))
"""


@attrs.frozen
class Point:
    """Milliseconds since the process was started, those of CPU among them, and KiB resident then."""

    ms: float
    cpu: float
    kib: float


def measure(enable: Sequence[str], folder: Path, environ: Mapping[str, str], *, start: bool) -> dict[str, Point]:
    """Run one process; give what it saw at each point that it reached."""
    config = folder / "altus4.toml"
    config.write_text(f"enable = {json.dumps(list(enable))}\n")
    command = [sys.executable, "-c", CHILD, str(config), "start" if start else "compose"]
    begun = time.time()
    done = subprocess.run(command, env={**os.environ, **environ}, capture_output=True, text=True, check=True)
    told = json.loads(done.stdout.splitlines()[-1])
    return {name: Point((at - begun) * 1000, cpu * 1000, kib) for name, (at, cpu, kib) in told.items()}


def least(points: Sequence[Point]) -> Point:
    """Give the least time and memory: what other programs add is never less than nothing."""
    return Point(*(min(values) for values in zip(*map(attrs.astuple, points), strict=True)))


def difference(one: Point, other: Point) -> str:
    """Write by how much the first is more: milliseconds of CPU, and memory."""
    return f"{one.cpu - other.cpu:+.0f} ms, {(one.kib - other.kib) / 1024:+.1f} MiB"


def absolute(point: Point) -> str:
    """Write a point."""
    return f"{point.ms:.0f} ms ({point.cpu:.0f} of CPU), {point.kib / 1024:.1f} MiB"


async def main(rounds: int) -> None:
    """Measure and print a table."""
    standard = list(standard_names())
    names = [*standard, *(name for name in sorted(installed()) if name not in standard)]
    alone: dict[str, list[Point]] = {}
    running: dict[str, list[Point]] = {}
    first: dict[str, list[Point]] = {"python": [], "core": []}
    async with scene("asyncmy", 100) as at:
        environ = {name: text for name, text in at.environment.items() if not name.startswith("ALTUS4_PLUGINS__")}
        with tempfile.TemporaryDirectory() as text:
            folder = Path(text)
            for number in range(rounds + 1):
                for name in ("", *names):
                    seen = measure([name] if name else [], folder, environ, start=False)
                    if number:  # the first round warms the caches
                        alone.setdefault(name, []).append(seen["composed"])
                        for point, points in first.items():
                            points.append(seen[point])
                for name in ("", *standard):
                    seen = measure([each for each in standard if each != name], folder, environ, start=True)
                    if number and "started" in seen:
                        running.setdefault(name, []).append(seen["started"])
    print(f"python {absolute(least(first['python']))}; the core imported {absolute(least(first['core']))};")
    print(f"composed without plugins {absolute(least(alone['']))}; standard running {absolute(least(running['']))}\n")
    print("| plugin | alone, composed | in the running standard set |\n|---|---|---|")
    for name in names:
        within = "not in it"
        if name in running:
            within = difference(least(running[""]), least(running[name]))
        elif name in standard:
            within = "others need it"
        print(f"| `{name}` | {difference(least(alone[name]), least(alone['']))} | {within} |")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    asyncio.run(main(parser.parse_args().rounds))
