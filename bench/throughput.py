"""Throughput of a rare-word search: the gateway against a bare handler with the same statement and driver, in one run.

    nox -s bench -- throughput [--driver aiomysql|asyncmy] [--log-elsewhere] [--rounds 5] [--seconds 4] [--rows 100000]

The statement is read from the server's own log while the gateway answers, so it is the same to the letter. Rounds
alternate, because machines are noisy; the medians are compared. Identical searches at the same time would share one
statement, so these ask for no sharing. With `--log-elsewhere` the search log is in a second server.
"""

import argparse
import asyncio
import json
import os
import sys
from pathlib import Path

from altus4_mysql import Pool
from load import load
from rounds import Contender, arguments, compare
from scene import BODY, scene


async def statement_of(admin: Pool, port: int, headers: str) -> str:
    """Let the gateway answer once and read from the server's log what it ran."""
    await load(port, json.dumps(BODY).encode(), headers, clients=1, seconds=0.5)
    await admin.fetch("SET GLOBAL log_output = 'TABLE'")
    await admin.fetch("SET GLOBAL general_log = ON")
    await load(port, json.dumps(BODY).encode(), headers, clients=1, seconds=0.1)
    await admin.fetch("SET GLOBAL general_log = OFF")
    rows = await admin.fetch(
        "SELECT CONVERT(argument USING utf8mb4) FROM mysql.general_log WHERE argument LIKE '%%MATCH%%'"
        " AND argument NOT LIKE '%%general_log%%' ORDER BY event_time DESC LIMIT 1"
    )
    return str(rows.scalar())


async def measure(options: argparse.Namespace) -> None:
    """Run everything."""
    async with scene(options.driver, options.rows, log_elsewhere=options.log_elsewhere) as here:
        gateway = await here.gateway(options.port)
        statement = await statement_of(here.admin, options.port, here.headers)
        bare = here.started([sys.executable, str(Path(__file__).parent / "bare.py")], os.environ)
        told = {"url": here.url, "driver": options.driver, "statement": statement, "pool": 4}
        assert bare.stdin is not None
        assert bare.stdout is not None
        bare.stdin.write(json.dumps(told) + "\n")
        bare.stdin.flush()
        bare_port = int(bare.stdout.readline())
        place = "in another server" if options.log_elsewhere else "in the same server"
        print(f"driver {options.driver}, {options.rows} rows, {options.clients} clients, the log {place}")
        print(f"statement: {statement}")
        watched = {"mysqld": here.server.pid or 0}
        if options.log_elsewhere:
            watched["log's mysqld"] = here.log_server.pid or 0
        await compare(
            [
                Contender("bare", bare_port, bare.pid),
                Contender("gateway", options.port, gateway.pid, here.headers),
            ],
            BODY,
            watched,
            clients=options.clients,
            rounds=options.rounds,
            seconds=options.seconds,
        )


if __name__ == "__main__":
    parser = arguments("aiomysql")
    parser.add_argument("--log-elsewhere", action="store_true")
    asyncio.run(measure(parser.parse_args()))
