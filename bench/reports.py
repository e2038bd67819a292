"""How fast reports answer over a month of a million searches, rolled up and not, and what a row of the log costs.

    nox -s bench -- reports [--rows 1000000] [--server mysql|mariadb]

Makes the log through the repository, as the gateway would: 200,000 texts with Zipf's frequencies, log-normal times.
 Each report is asked for three times; the slowest is shown.
"""

import argparse
import asyncio
import logging
import random
import tempfile
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from altus4_analytics.admin import AdminReports
from altus4_analytics.period import Days, span_of
from altus4_analytics.reader import FigureReader
from altus4_analytics.reports import Reports
from altus4_analytics.roller import Roller
from altus4_metadata_mysql.link import Link, options_of
from altus4_metadata_mysql.store import MySQLMetadataStore
from altus4_sandbox import PrivateServer, find_or_fetch
from altus4_sandbox.demo.settings import demo_environment
from altus4_sandbox.demo.setup import Commands
from processes import cpu_seconds

from altus4_core.clock import SystemClock
from altus4_core.identifiers import new_id, ordered_id
from altus4_core.settings import Secret
from altus4_core.stored import SearchRow, User

TEXTS = 200_000
BATCH = 500
DAYS = 30


async def fill(store: MySQLMetadataStore, user_id: str, rows: int, pid: int) -> None:
    """Write the log, oldest first."""
    chance = random.Random(7)
    texts = [f"{chance.choice(['kettle', 'spoon', 'lamp', 'chair'])} {number}" for number in range(TEXTS)]
    weights: list[float] = []
    total = 0.0
    for rank in range(TEXTS):
        total += 1 / (rank + 5)
        weights.append(total)
    begin = datetime.now(UTC) - timedelta(days=DAYS - 1)
    keys = [new_id() for _ in range(3)]
    begun, cpu = time.perf_counter(), cpu_seconds(pid)
    for start in range(0, rows, BATCH):
        picked = chance.choices(texts, cum_weights=weights, k=min(BATCH, rows - start))
        at = begin + timedelta(seconds=start / rows * (DAYS - 1) * 86_400)
        await store.searches.add_many(
            [
                SearchRow(
                    id=ordered_id(), user_id=user_id, query=text, search_mode=chance.choice(("natural", "boolean")),
                    created_at=at, search_params={"limit": 20, "offset": 0},
                    result_count=chance.choice((0, 3, 40, 900)),
                    execution_time_ms=int(chance.lognormvariate(3, 1)), api_key_id=chance.choice(keys),
                    request_id=new_id(), environment="live",
                )
                for text in picked
            ]
        )  # fmt: skip
    took = time.perf_counter() - begun
    print(
        f"{rows} rows written in {took:.0f} s; the server's CPU a row: {(cpu_seconds(pid) - cpu) / rows * 1e6:.0f} us"
    )


async def ask(name: str, work: Callable[[], Awaitable[Any]]) -> None:
    """Time a report."""
    times = []
    for _ in range(3):
        begun = time.perf_counter()
        await work()
        times.append((time.perf_counter() - begun) * 1000)
    print(f"  {name:20} {max(times):7.0f} ms  (first {times[0]:.0f}, best {min(times):.0f})", flush=True)


async def measure(options: argparse.Namespace) -> None:
    """Run everything."""
    with tempfile.TemporaryDirectory() as folder, PrivateServer(find_or_fetch(options.server)) as server:
        environment = demo_environment(server.address, 3977, Path(folder))
        await asyncio.to_thread(Commands(environment).run, "migrate", "up")
        options_ = options_of(Secret(environment["ALTUS4_METADATA_URL"]), query_timeout=60)
        link = Link(options_, "aiomysql", 4, logging.getLogger("bench"), read_timeout=60)
        store = MySQLMetadataStore(link)
        user = User(new_id(), email="bench@example.org", name="Bench", password="none")
        await store.users.add(user)
        await fill(store, user.id, options.rows, server.pid or 0)
        clock = SystemClock()
        today = clock.now().date()
        month = Days(today - timedelta(days=DAYS - 1), today)
        reader = FigureReader(lambda: store, clock)
        reports, admin = Reports(reader), AdminReports(reader)
        span = span_of(month.first, month.last)

        async def all_reports() -> None:
            mine = user.id
            await ask("trends", lambda: reports.trend(mine, month, "live", "month", full=True))
            await ask("performance", lambda: reports.performance(mine, month, "live"))
            for empty, name in ((False, "popular queries"), (True, "no results")):
                await ask(name, lambda empty=empty: reports.queries(  # type: ignore[misc]
                    mine, month, "live", empty=empty, limit=100, offset=0))  # fmt: skip
            await ask("insights", lambda: reports.insights(mine, month, "live"))
            await ask("usage", lambda: reports.usage(mine, month, "live"))
            await ask("dashboard", lambda: reports.dashboard(mine, month, "live", "month"))
            await ask("system overview", lambda: admin.overview(month, "live"))
            rows = store.searches.list
            await ask("history", lambda: rows(mine, limit=100, offset=0, span=span))
            await ask("history of a word", lambda: rows(mine, limit=100, offset=0, text="12345", span=span))
            await ask("count of the log", lambda: store.searches.count(mine))

        if options.raw:
            print("not rolled up:")
            await all_reports()
        begun = time.perf_counter()
        done = await Roller(lambda: store, clock, 0, 0).roll_up(month.first, month.last)
        print(f"{done} days rolled up in {time.perf_counter() - begun:.1f} s; then:")
        await all_reports()
        await link.close()


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--server", default="mysql")
    parser.add_argument("--raw", action="store_true", help="ask before anything is rolled up, too")
    asyncio.run(measure(parser.parse_args()))
