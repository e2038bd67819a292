"""Throughput and latency: the gateway against a bare handler with the same statement and driver, in one run.

    nox -s bench -- throughput [--driver aiomysql|asyncmy] [--log-elsewhere] [--rounds 5] [--seconds 4] [--rows 100000]
    nox -s bench -- throughput --words --rows 1000000 ...

The statement is read from the server's own log while the gateway answers, so it is the same to the letter. Rounds
alternate, because machines are noisy; the medians are compared. Identical searches at the same time would share one
statement, so these ask for no sharing. With `--log-elsewhere` the search log is in a second server.

A word in 20 rows is searched; with `--words` also one in about a thousandth and one in a twentieth of all rows, with
the latency of a single client, and a table at the end. With `--by-hand` the same search written by hand in one module
(`byhand.py`) takes part, the floor of what a gateway can cost.
"""

import argparse
import asyncio
import json
import os
import signal
import sys
from pathlib import Path

from altus4_mysql import Pool
from articles import SCHEMA, WORD, frequencies, nearest, text
from load import load
from processes import tell
from rounds import Contender, arguments, compare
from scene import BODY, check, scene

SHARES = (0.001, 0.05)  # of all rows: a middling and a common word


async def statement_of(admin: Pool, port: int, payload: bytes, headers: str) -> str:
    """Let the gateway answer for a while, and read from the server's log what it ran last."""
    await load(port, payload, headers, clients=1, seconds=0.5)
    await admin.fetch("SET GLOBAL log_output = 'TABLE'")
    await admin.fetch("TRUNCATE mysql.general_log")
    await admin.fetch("SET GLOBAL general_log = ON")
    await load(port, payload, headers, clients=1, seconds=0.1)
    await admin.fetch("SET GLOBAL general_log = OFF")
    rows = await admin.fetch(
        "SELECT CONVERT(argument USING utf8mb4) FROM mysql.general_log WHERE argument LIKE '%%MATCH%%'"
        " AND argument NOT LIKE '%%general_log%%' ORDER BY event_time DESC LIMIT 1"
    )
    return str(rows.scalar())


async def words_of(admin: Pool, *, several: bool) -> list[tuple[str, int]]:
    """Give the words to search, and in how many rows each is."""
    words = [WORD]
    if several:
        counts = await asyncio.to_thread(lambda: frequencies(text()))
        words += [nearest(counts, share) for share in SHARES]
    sql = f"SELECT COUNT(*) FROM {SCHEMA}.articles WHERE MATCH (title, body) AGAINST (%s)"
    return [(word, int(str((await admin.fetch(sql, (word,))).scalar()))) for word in words]


async def measure(options: argparse.Namespace) -> None:
    """Run everything."""
    async with scene(options.driver, options.rows, log_elsewhere=options.log_elsewhere) as here:
        gateway = await here.gateway(options.port)
        await check(options.port, here.headers)
        place = "in another server" if options.log_elsewhere else "in the same server"
        print(f"driver {options.driver}, {options.rows} rows, {options.clients} clients, the log {place}")
        watched = {"mysqld": here.server.pid or 0}
        if options.log_elsewhere:
            watched["log's mysqld"] = here.log_server.pid or 0
        table = []
        for word, rows in await words_of(here.admin, several=options.words):
            body = BODY | {"query": word}
            statement = await statement_of(here.admin, options.port, json.dumps(body).encode(), here.headers)
            print(f"{word}, in {rows} rows; statement: {statement}")
            bare = here.started([sys.executable, str(Path(__file__).parent / "bare.py")], os.environ)
            settings = {"url": here.url, "driver": options.driver, "statement": statement, "pool": 4}
            contenders = [
                Contender("bare", tell(bare, settings), bare.pid),
                Contender("gateway", options.port, gateway.pid, here.headers),
            ]
            if options.by_hand:
                ours = here.started([sys.executable, str(Path(__file__).parent / "byhand.py")], os.environ)
                more = {
                    "key": here.key,
                    "user": here.user_id,
                    "database": here.databases[0],
                    "log": here.environment["ALTUS4_METADATA_URL"],
                }
                contenders.insert(1, Contender("by hand", tell(ours, {**settings, **more}), ours.pid, here.headers))
            for clients in (1, options.clients) if options.words else (options.clients,):
                found = await compare(
                    contenders, body, watched, clients=clients, rounds=options.rounds, seconds=options.seconds
                )
                shown = " ".join(f"{each.p50:11.2f} {each.p99:7.2f} {each.rate:7.0f}" for each in found.values())
                table.append(f"{word:14} {rows:8} {clients:7} {shown} {found['gateway'].ratio:6.2f}")
            for each in contenders:
                if each.pid != gateway.pid:
                    os.kill(each.pid, signal.SIGTERM)
        if options.words:
            names = ("bare", "by hand", "gateway") if options.by_hand else ("bare", "gateway")
            columns = "".join(f" {each + ' p50':>11} {'p99 ms':>7} {'req/s':>7}" for each in names)
            print(f"{'word':14} {'rows':>8} {'clients':>7}{columns}  ratio")
            print("\n".join(table))


if __name__ == "__main__":
    parser = arguments("aiomysql")
    parser.add_argument("--log-elsewhere", action="store_true")
    parser.add_argument("--by-hand", action="store_true", help="let the floor take part")
    parser.add_argument("--words", action="store_true", help="search a middling and a common word, too")
    asyncio.run(measure(parser.parse_args()))
