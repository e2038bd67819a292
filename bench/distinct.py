"""Whether memory stays flat: 100,000 distinct searches in a row, and what the gateway and the server hold meanwhile.

    nox -s bench -- distinct [--count 100000] [--rows 100000] [--clients 8] [--driver aiomysql|asyncmy]

Each is for two words of the texts that no search before had together; natural mode with `bm25` and with the server's
order, and boolean mode, take turns, all else is as a request that says nothing about it. The server's buffer pool is
smaller than the table, so it is full before the first search. A row for each twentieth; the last line is what was added
after the first quarter.
"""

import argparse
import asyncio
import itertools
import json
import random
from collections.abc import Iterator

from articles import frequencies, text
from load import load_all
from processes import resident_mib
from rounds import arguments
from scene import check, scene

PARTS = 20
WAYS = (
    {"searchMode": "natural", "ranking": "bm25"},
    {"searchMode": "natural", "ranking": "mysql"},
    {"searchMode": "boolean"},
)
LEAST, MOST = 2, 200  # of 20,000 passages: neither too rare for a hit nor a heavy search


def searches() -> Iterator[bytes]:
    """Give bodies, each with a query of its own, in a mixed order."""
    words = sorted(word for word, count in frequencies(text()).items() if LEAST <= count <= MOST)
    random.Random(4).shuffle(words)
    ways = itertools.cycle(WAYS)
    for distance in range(1, len(words)):
        for first, second in zip(words, words[distance:], strict=False):
            yield json.dumps({"query": f"{first} {second}", **next(ways)}).encode()


async def measure(options: argparse.Namespace) -> None:
    """Run everything."""
    async with scene(options.driver, options.rows, buffer_pool="32M") as here:
        gateway = await here.gateway(options.port)
        await check(options.port, here.headers)
        pids = {"gateway": gateway.pid, "mysqld": here.server.pid or 0}
        bodies = searches()
        print(f"driver {options.driver}, {options.rows} rows, {options.clients} clients, {options.count} searches")
        print(f"{'searches':>9} {'req/s':>6} {'p50 ms':>7} {'p99 ms':>7} {'gateway MiB':>12} {'mysqld MiB':>11}")
        seen: list[dict[str, float]] = []
        for part in range(1, PARTS + 1):
            number = options.count * part // PARTS - options.count * (part - 1) // PARTS
            result = await load_all(
                options.port, itertools.islice(bodies, number), here.headers, clients=options.clients
            )
            if result.failures:
                message = f"{result.failures} of {number} searches were not answered with 200"
                raise RuntimeError(message)
            memory = {name: resident_mib(pid) for name, pid in pids.items()}
            seen.append(memory)
            print(
                f"{options.count * part // PARTS:9} {result.rate:6.0f} {result.p50:7.2f} {result.p99:7.2f}"
                f" {memory['gateway']:12.1f} {memory['mysqld']:11.1f}",
                flush=True,
            )
        warm, end = seen[PARTS // 4 - 1], seen[-1]
        print(
            "added after the first quarter: " + ", ".join(f"{name} {end[name] - warm[name]:+.1f} MiB" for name in pids)
        )


if __name__ == "__main__":
    parser = arguments("aiomysql")
    parser.add_argument("--count", type=int, default=100_000)
    parser.set_defaults(clients=8)
    asyncio.run(measure(parser.parse_args()))
