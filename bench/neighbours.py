"""What is left of cheap searches beside heavy ones in the same database, with and without the slow lane.

    nox -s bench -- neighbours [--heavy 16] [--clients 4] [--rows 1000000] [--rounds 5] [--seconds 4] [--share 0.15]

A cheap search is for a word in 20 rows, a heavy one for a word in a large share of all. Each round loads a gateway with
cheap searches alone, and then beside the heavy clients; a second gateway the same, whose `slow_after_ms` is out of
reach, so that heavy searches may hold all connections. Every heavy statement that runs takes one of the machine's
processors, too. So there is a third pair: one heavy statement after the other, sent straight to the server as the
slow lane would let them through: what cheap searches lose there, no gateway could keep for them.
"""

import argparse
import asyncio
import contextlib
import json
import statistics
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any

from altus4_mysql import Pool, PoolSettings, make_driver, parse_url
from articles import SCHEMA, frequencies, nearest, text
from load import Load, load
from rounds import arguments
from scene import BODY, Scene, check, scene

NEVER = {"ALTUS4_PLUGINS__SEARCH_FULLTEXT__SLOW_AFTER_MS": "1000000"}
SLOW = 1  # connections of the slow lane: a quarter of a database's four
STATEMENT = (
    f"SELECT id, MATCH (title, body) AGAINST (%s) AS score FROM {SCHEMA}.articles"
    " WHERE MATCH (title, body) AGAINST (%s) ORDER BY score DESC LIMIT 21"
)


@asynccontextmanager
async def straight(here: Scene, word: str, driver: str) -> AsyncIterator[None]:
    """Run heavy statements on the server without a gateway, as many at a time as the slow lane would."""
    pool = Pool(make_driver(driver), parse_url(here.url), PoolSettings(size=SLOW))

    async def again() -> None:
        while True:
            await pool.fetch(STATEMENT, (word, word))

    tasks = [asyncio.create_task(again()) for _ in range(SLOW)]
    yield
    for task in tasks:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task
    await pool.close()


async def beside(port: int, here: Scene, heavy: Mapping[str, Any], options: argparse.Namespace) -> tuple[Load, Load]:
    """Load a gateway with cheap and heavy searches at once; the heavy ones begin a second earlier."""
    payload = json.dumps(heavy).encode()
    running = asyncio.create_task(load(port, payload, here.headers, clients=options.heavy, seconds=options.seconds + 1))
    await asyncio.sleep(1)
    cheap = await load(port, json.dumps(BODY).encode(), here.headers, clients=options.clients, seconds=options.seconds)
    return cheap, await running


async def measure(options: argparse.Namespace) -> None:
    """Run everything."""
    async with scene(options.driver, options.rows) as here:
        word = nearest(frequencies(text()), options.share)
        heavy = {name: value for name, value in BODY.items() if name != "totals"} | {"query": word}
        lane, none = options.port, options.port + 1
        await here.gateway(lane)
        await here.gateway(none, environ=NEVER)
        found: dict[str, list[tuple[Load, Load, Load | None]]] = {}

        async def alone(port: int) -> Load:
            payload = json.dumps(BODY).encode()
            return await load(port, payload, here.headers, clients=options.clients, seconds=options.seconds)

        for port in (lane, none):
            await check(port, here.headers)
            await load(port, json.dumps(heavy).encode(), here.headers, clients=1, seconds=2)  # learns the cost
        for _ in range(options.rounds):
            for name, port in (("slow lane", lane), ("no slow lane", none)):
                before = await alone(port)
                found.setdefault(name, []).append((before, *await beside(port, here, heavy, options)))
            before = await alone(lane)
            async with straight(here, word, options.driver):
                found.setdefault("no gateway", []).append((before, await alone(lane), None))
        how = f"driver {options.driver}, {options.rows} rows, {options.clients} clients with cheap searches"
        print(f"{how}, {options.heavy} with '{word}'")
        print(f"{'':14} {'alone':>22} {'beside heavy ones':>23}")
        print(f"{'':14}{'  req/s  p50 ms  p99 ms' * 2}  kept  heavy: answered/s  not answered")
        for name, rounds in found.items():
            show(name, rounds)


def show(name: str, rounds: Sequence[tuple[Load, Load, Load | None]]) -> None:
    """Print a row: the medians of cheap searches alone, beside heavy ones, and of those."""
    alone, busy = [first for first, _, _ in rounds], [second for _, second, _ in rounds]
    others = [third for _, _, third in rounds if third is not None]

    def medians(loads: Sequence[Load]) -> str:
        figures = ([getattr(each, what) for each in loads] for what in ("rate", "p50", "p99"))
        rate, p50, p99 = map(statistics.median, figures)
        return f" {rate:6.0f} {p50:7.2f} {p99:7.2f}"

    kept = statistics.median(second.rate / first.rate for first, second in zip(alone, busy, strict=True))
    answered = [(each.requests - each.failures) / each.seconds for each in others]
    told = f"{statistics.median(answered):.1f} {sum(each.failures for each in others):13}" if others else "-"
    failures = sum(each.failures for each in (*alone, *busy))
    if failures:
        told += f"   {failures} cheap ones failed"
    print(f"{name:14}{medians(alone)}{medians(busy)} {kept:5.2f} {told:>17}")


if __name__ == "__main__":
    parser = arguments("aiomysql")
    parser.add_argument("--heavy", type=int, default=16, help="clients with heavy searches")
    parser.add_argument("--share", type=float, default=0.15, help="of all rows that have the heavy word")
    parser.set_defaults(rows=1_000_000, clients=4)
    asyncio.run(measure(parser.parse_args()))
