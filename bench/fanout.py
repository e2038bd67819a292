"""What a search over many databases costs: 1, 4 and 16 at once against the slowest of them alone.

    nox -s bench -- fanout [--delay 20] [--alike] [--rows 20000] [--rounds 5] [--seconds 3] [--driver aiomysql|asyncmy]

The databases are schemas of one private server, behind relays that make round trips longer, as customers' servers are
elsewhere: the slowest one's by `--delay` milliseconds, the others' by equal steps less. With `--alike` all are as far
away as the slowest: their answers come at the same moment, to one thread, from one server on the same two cores, which
is the worst case. One client, one search after the other; medians of alternating rounds. Beside the
latencies is the CPU that a search costs the gateway: it is what the databases cannot share.
"""

import argparse
import asyncio
import json
import statistics
from collections.abc import Mapping, Sequence
from typing import Any

from aiohttp import ClientSession
from articles import SCHEMA
from load import Load, load
from processes import cpu_seconds
from rounds import arguments
from scene import BODY, scene

SIZES = (1, 4, 16)


async def check(port: int, key: str, body: Mapping[str, Any]) -> None:
    """Search once; raises unless every database took part."""
    async with (
        ClientSession(headers={"Authorization": f"Bearer {key}"}) as session,
        session.post(f"http://127.0.0.1:{port}/api/v1/search", json=body) as answer,
    ):
        told = await answer.json()
    states = [each["status"] for each in told["data"]["databases"]] if answer.status == 200 else []
    if states != ["ok"] * len(body["databases"]):
        raise RuntimeError(str(told)[:1000])


def delays(options: argparse.Namespace) -> Sequence[float]:
    """Give each database's delay in milliseconds, the longest last."""
    most = max(SIZES)
    return [options.delay if options.alike else options.delay * (place + 1) / most for place in range(most)]


async def measure(options: argparse.Namespace) -> None:
    """Run everything."""
    schemas = [f"{SCHEMA}{number}" for number in range(max(SIZES))]
    async with scene(options.driver, options.rows, schemas=schemas, delays_ms=delays(options)) as here:
        gateway = await here.gateway(options.port)
        alone: list[Sequence[str]] = [[each] for each in here.databases]
        groups = alone + [here.databases[-size:] for size in SIZES[1:]]
        loads: list[list[Load]] = [[] for _ in groups]
        costs: list[list[float]] = [[] for _ in groups]
        for number in range(options.rounds + 1):
            for ids, seen, spent in zip(groups, loads, costs, strict=True):
                body = BODY | {"databases": list(ids)}
                if not number:
                    await check(options.port, here.key, body)
                before = cpu_seconds(gateway.pid)
                payload = json.dumps(body).encode()
                seconds = options.seconds if len(ids) > 1 else options.seconds / 4
                result = await load(options.port, payload, here.headers, clients=1, seconds=seconds)
                if number:
                    seen.append(result)
                    spent.append((cpu_seconds(gateway.pid) - before) * 1000 / result.requests)
        away = f"{'all' if options.alike else 'the farthest'} {options.delay:g} ms away"
        print(f"driver {options.driver}, {options.rows} rows each, {away}, one client")
        print(
            f"{'databases':>9} {'p50 ms':>8} {'above the slowest':>18} {'p99 ms':>8} {'gateway cpu ms':>15}  failures"
        )
        medians = [statistics.median(each.p50 for each in seen) for seen in loads]
        for size in SIZES:
            slowest = max(range(len(alone) - size, len(alone)), key=medians.__getitem__)
            at = slowest if size == 1 else len(alone) + SIZES.index(size) - 1
            print(
                f"{size:9} {medians[at]:8.2f} {medians[at] - medians[slowest]:18.2f}"
                f" {statistics.median(each.p99 for each in loads[at]):8.2f} {statistics.median(costs[at]):12.2f}"
                f"  {sum(each.failures for each in loads[at])}"
            )


if __name__ == "__main__":
    parser = arguments("aiomysql")
    parser.add_argument("--delay", type=float, default=20, help="milliseconds of a round trip")
    parser.add_argument("--alike", action="store_true", help="all databases are as far away as the farthest")
    parser.set_defaults(rows=20_000, seconds=3)
    asyncio.run(measure(parser.parse_args()))
