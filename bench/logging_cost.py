"""The CPU of our process that the log takes of a search: event, queue, batch and statement, without the search itself.

    nox -s bench -- logging_cost [--driver asyncmy] [--rate 1000] [--seconds 10]

Emits events as searches do, at a steady rate, through the core's queue and the sink `searches` into a private MySQL.
What the same loop takes without an event is taken off. What a request itself waits for, the making and queueing of the
event, is shown apart; the rest is done beside requests. Unlike the difference of two loaded gateways (`logged`) this is
no difference of large numbers, so a noisy machine matters less.
"""

import argparse
import asyncio
import logging
import tempfile
import time
from pathlib import Path

from altus4_analytics.sink import SearchLog
from altus4_metadata_mysql.link import Link, options_of
from altus4_metadata_mysql.store import MySQLMetadataStore
from altus4_sandbox import PrivateServer, find_or_fetch
from altus4_sandbox.demo.settings import demo_environment
from altus4_sandbox.demo.setup import Commands

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
from altus4_core.stored import User

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
    with tempfile.TemporaryDirectory() as folder, PrivateServer(find_or_fetch("mysql")) as server:
        environment = demo_environment(server.address, 3977, Path(folder))
        await asyncio.to_thread(Commands(environment).run, "migrate", "up")
        link = Link(
            options_of(Secret(environment["ALTUS4_METADATA_URL"]), query_timeout=60),
            options.driver, 4, logging.getLogger("bench"), read_timeout=60,
        )  # fmt: skip
        store = MySQLMetadataStore(link)
        user = User(new_id(), email="bench@example.org", name="Bench", password="none")
        await store.users.add(user)
        sink = SearchLog(lambda: store, Counters().of("analytics"))
        entry = Entry("analytics-sink", "analytics", "searches", sink)
        composition = Composition((), {"analytics-sink": (entry,)})
        bus = EventBus(composition, Dispatch(), EventSettings(), 5.0, Path(folder) / "events")
        bus.start()
        figures = bus.figures()["searches"]
        reporter = Reporter(bus, SystemClock())
        identity = Identity(user.id, "api-key", new_id(), environment="live")
        outcome = DatabaseOutcome(
            new_id(), "shop", DatabaseStatus.OK, 9.0, (TableHits("articles", "ft", (), 20, "eq"),)
        )
        answer = SearchAnswer(SearchRequest("quetzalcoatl"), (), (outcome,), 20, "eq", False, 9.0, found=20)
        await run(reporter, identity, answer, options.rate, 1)
        for _ in range(options.rounds):
            idle, _ = await run(None, identity, answer, options.rate, options.seconds)
            written, journaled = figures.written, figures.spilled
            busy, within = await run(reporter, identity, answer, options.rate, options.seconds)
            emitted = round(options.rate * TICK) * int(options.seconds / TICK)
            print(
                f"{options.driver}: {(busy - idle) / emitted * 1e6:.1f} us of CPU a search,"
                f" {within / emitted * 1e6:.1f} us of it within the request"
                f" ({emitted} events, {figures.written - written} written meanwhile,"
                f" {figures.spilled - journaled} of them journaled)",
                flush=True,
            )
        await bus.stop()
        await link.close()


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--driver", default="asyncmy", choices=["aiomysql", "asyncmy"])
    parser.add_argument("--rate", type=int, default=1000)
    parser.add_argument("--seconds", type=float, default=10)
    parser.add_argument("--rounds", type=int, default=3)
    asyncio.run(measure(parser.parse_args()))
