"""What the log takes of a search's CPU: event, queue, batch and statement, without the search, and with it.

    nox -s bench -- logging_cost [--driver aiomysql|asyncmy] [--rate 1000] [--seconds 4] [--rounds 5]

Emits events as searches do, at a steady rate, through the core's queue and the sink `searches` into a private MySQL.
What the same loop takes without an event is taken off. What a request itself waits for, the making and queueing of the
event, is shown apart, and as a share of what a search takes in a loaded gateway, in the same round; the rest is done
beside requests. Unlike the difference of two loaded gateways (`logged`) this is no difference of large numbers, so a
noisy machine matters less.
"""

import argparse
import asyncio
import json
import logging
import statistics
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from altus4_analytics.sink import SearchLog
from altus4_metadata_mysql.link import Link, options_of
from altus4_metadata_mysql.store import MySQLMetadataStore
from load import load
from processes import cpu_seconds
from rounds import arguments
from scene import BODY, Scene, check, scene

from altus4_core.clock import SystemClock
from altus4_core.composing.composition import Composition, Entry
from altus4_core.counters import Counters
from altus4_core.dispatch import Dispatch
from altus4_core.events import EventBus
from altus4_core.identifiers import new_id
from altus4_core.records import DatabaseOutcome, DatabaseStatus, Identity, SearchRequest, TableHits
from altus4_core.search.answer import SearchAnswer
from altus4_core.search.reporting import Reporter
from altus4_core.settings import Secret
from altus4_core.settings.core import EventSettings
from altus4_core.sinkqueue import SinkFigures

TICK = 0.005


async def run(
    reporter: Reporter | None, identity: Identity, answer: SearchAnswer, rate: int, seconds: float
) -> tuple[float, float]:
    """Report at a rate, or only keep time; gives the CPU seconds of all, and those within requests."""
    before, ends, within = time.process_time(), time.monotonic() + seconds, 0.0
    for number in range(int(seconds / TICK)):
        begun = time.thread_time()
        for _ in range(round(rate * TICK)) if reporter else ():
            reporter.report(identity, answer, f"r{number}", 12.0)
        within += time.thread_time() - begun
        await asyncio.sleep(max(ends - seconds + (number + 1) * TICK - time.monotonic(), 0))
    return time.process_time() - before, within


async def measure(options: argparse.Namespace) -> None:
    """Run everything."""
    payload = json.dumps(BODY).encode()
    async with (
        scene(options.driver, options.rows) as here,
        emitting(here, options.driver) as (reporter, figures, about),
    ):
        gateway = await here.gateway(options.port)
        await check(options.port, here.headers)
        await load(options.port, payload, here.headers, clients=options.clients, seconds=options.seconds)
        await run(reporter, *about, options.rate, 1)
        shares = []
        for _ in range(options.rounds):
            before = cpu_seconds(gateway.pid)
            loaded = await load(options.port, payload, here.headers, clients=options.clients, seconds=options.seconds)
            search = (cpu_seconds(gateway.pid) - before) * 1e6 / loaded.requests
            idle, _ = await run(None, *about, options.rate, options.seconds)
            written, journaled = figures.written, figures.spilled
            busy, within = await run(reporter, *about, options.rate, options.seconds)
            emitted = round(options.rate * TICK) * int(options.seconds / TICK)
            each = within / emitted * 1e6
            shares.append(each / search)
            print(
                f"{options.driver}: {(busy - idle) / emitted * 1e6:.1f} us of CPU a search,"
                f" {each:.1f} us of it within the request, {each / search:.1%} of the {search:.0f} us of a search"
                f" ({emitted} events, {figures.written - written} written meanwhile,"
                f" {figures.spilled - journaled} of them journaled)",
                flush=True,
            )
        print(f"median: {statistics.median(shares):.1%} of what a search takes is its log, within the request")


@asynccontextmanager
async def emitting(
    here: Scene, driver: str
) -> AsyncIterator[tuple[Reporter, SinkFigures, tuple[Identity, SearchAnswer]]]:
    """Give who emits events into the scene's search log, the figures of its sink, and what to report."""
    link = Link(
        options_of(Secret(here.environment["ALTUS4_METADATA_URL"]), query_timeout=60),
        driver, 4, logging.getLogger("bench"), read_timeout=60,
    )  # fmt: skip
    store = MySQLMetadataStore(link)
    sink = SearchLog(lambda: store, Counters().of("analytics"))
    entry = Entry("analytics-sink", "analytics", "searches", sink)
    composition = Composition((), {"analytics-sink": (entry,)})
    bus = EventBus(composition, Dispatch(), EventSettings(), 5.0, here.folder / "emitted")
    bus.start()
    outcome = DatabaseOutcome(new_id(), "shop", DatabaseStatus.OK, 9.0, (TableHits("articles", "ft", (), 20, "eq"),))
    answer = SearchAnswer(SearchRequest("quetzalcoatl"), (), (outcome,), 20, "eq", False, 9.0, found=20)
    identity = Identity(here.user_id, "api-key", new_id(), environment="live")
    yield Reporter(bus, SystemClock()), bus.figures()["searches"], (identity, answer)
    await bus.stop()
    await link.close()


if __name__ == "__main__":
    parser = arguments("asyncmy")
    parser.add_argument("--rate", type=int, default=1000)
    parser.set_defaults(rows=30_000)
    asyncio.run(measure(parser.parse_args()))
