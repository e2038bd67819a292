"""Alternating rounds of load on several servers, so that a noisy machine is noisy for all of them alike."""

import argparse
import json
import statistics
from collections.abc import Mapping, Sequence
from typing import Any

import attrs
from load import load
from scene import cpu_seconds


@attrs.frozen
class Contender:
    """A server process to load, and the headers it wants."""

    name: str
    port: int
    pid: int
    headers: str = ""


def arguments(driver: str) -> argparse.ArgumentParser:
    """Make a parser of what every comparison can be told; `driver` is the one it takes when it is told none."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--driver", default=driver, choices=["aiomysql", "asyncmy"])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=4)
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--clients", type=int, default=32)
    parser.add_argument("--port", type=int, default=3977)
    return parser


async def compare(
    contenders: Sequence[Contender],
    body: Mapping[str, Any],
    watched: Mapping[str, int],
    *,
    clients: int,
    rounds: int,
    seconds: float,
) -> None:
    """Load each in turn and print rates, CPU a request, and the ratio of every one to the first.

    Args:
        contenders: The first one is what the others are compared with; those of one name are counted together.
        body: Of each search.
        watched: Other processes whose CPU is shown, by name.
        clients: Keep-alive connections.
        rounds: After one that warms up.
        seconds: Of a round.
    """
    payload = json.dumps(body).encode()
    rates: dict[str, list[float]] = {each.name: [] for each in contenders}
    costs: dict[str, list[float]] = {each.name: [] for each in contenders}
    for number in range(rounds + 1):
        for each in contenders:
            pids = {each.name: each.pid, **watched}
            before = {who: cpu_seconds(pid) for who, pid in pids.items()}
            result = await load(each.port, payload, each.headers, clients=clients, seconds=seconds)
            spent = {who: (cpu_seconds(pid) - before[who]) * 1e6 / result.requests for who, pid in pids.items()}
            if not number:
                continue
            rates[each.name].append(result.rate)
            costs[each.name].append(spent[each.name])
            shown = ", ".join(f"{who} {cost:.0f} us" for who, cost in spent.items())
            print(
                f"{each.name:16} {result.rate:6.0f} req/s  p50 {result.p50:6.2f} ms  p99 {result.p99:6.2f} ms"
                f"  cpu {shown}  failures {result.failures}",
                flush=True,
            )
    first = contenders[0].name
    for name, seen in rates.items():
        ratio = statistics.median(mine / its for mine, its in zip(seen, rates[first], strict=True))
        print(
            f"median: {name} {statistics.median(seen):.0f} req/s,"
            f" {statistics.median(costs[name]):.0f} us of CPU a request, {ratio:.2f} of {first}"
        )
