"""Alternating rounds of load on several servers, so that a noisy machine is noisy for all of them alike."""

import argparse
import json
import statistics
from collections.abc import Mapping, Sequence
from typing import Any

import attrs
from load import Load, load
from processes import cpu_seconds


@attrs.frozen
class Contender:
    """A server process to load, and the headers it wants."""

    name: str
    port: int
    pid: int
    headers: str = ""


@attrs.frozen
class Summary:
    """The medians of one contender's rounds: requests per second, milliseconds, microseconds, a ratio of rates."""

    rate: float
    p50: float
    p99: float
    cpu: float
    ratio: float


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
) -> Mapping[str, Summary]:
    """Load each in turn and print rates, CPU a request, and the ratio of every one to the first; give these, too.

    Args:
        contenders: The first one is what the others are compared with; those of one name are counted together.
        body: Of each search.
        watched: Other processes whose CPU is shown, by name.
        clients: Keep-alive connections.
        rounds: After one that warms up.
        seconds: Of a round.
    """
    payload = json.dumps(body).encode()
    loads: dict[str, list[Load]] = {each.name: [] for each in contenders}
    costs: dict[str, list[float]] = {each.name: [] for each in contenders}
    for number in range(rounds + 1):
        for each in contenders:
            pids = {each.name: each.pid, **watched}
            before = {who: cpu_seconds(pid) for who, pid in pids.items()}
            result = await load(each.port, payload, each.headers, clients=clients, seconds=seconds)
            spent = {who: (cpu_seconds(pid) - before[who]) * 1e6 / result.requests for who, pid in pids.items()}
            if not number:
                continue
            loads[each.name].append(result)
            costs[each.name].append(spent[each.name])
            shown = ", ".join(f"{who} {cost:.0f} us" for who, cost in spent.items())
            print(
                f"{each.name:16} {result.rate:6.0f} req/s  p50 {result.p50:6.2f} ms  p99 {result.p99:6.2f} ms"
                f"  cpu {shown}  failures {result.failures}",
                flush=True,
            )
    first = contenders[0].name
    found = {}
    for name, seen in loads.items():
        found[name] = summary = Summary(
            rate=statistics.median(it.rate for it in seen),
            p50=statistics.median(it.p50 for it in seen),
            p99=statistics.median(it.p99 for it in seen),
            cpu=statistics.median(costs[name]),
            ratio=statistics.median(mine.rate / its.rate for mine, its in zip(seen, loads[first], strict=True)),
        )
        print(
            f"median: {name} {summary.rate:.0f} req/s, {summary.cpu:.0f} us of CPU a request,"
            f" {summary.ratio:.2f} of {first}",
            flush=True,
        )
    return found
