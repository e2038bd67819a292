"""Throughput of a rare-word search: the gateway against a bare handler with the same statement and driver, in one run.

    nox -s bench -- throughput [--driver aiomysql|asyncmy] [--rounds 5] [--seconds 4] [--rows 100000]

The statement is read from the server's own log while the gateway answers, so it is the same to the letter. Rounds
alternate, because machines are noisy; the medians are compared.
"""

import argparse
import asyncio
import contextlib
import json
import os
import random
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

from altus4_mysql import Pool, literal
from altus4_sandbox import PrivateServer, find_or_fetch
from altus4_sandbox.demo.accounts import admin_pool, create_accounts
from altus4_sandbox.demo.settings import demo_environment
from altus4_sandbox.demo.setup import EMAIL, Commands, set_up
from altus4_sandbox.progress import progress_for
from load import load

SCHEMA = "bench"
WORD = "quetzalcoatl"
HITS = 20
BODY = {"query": WORD, "limit": 20, "totals": "none", "categories": False}


async def fill(admin: Pool, rows: int) -> None:
    """Make one table of real words with exactly `HITS` rows that hold the rare one."""
    words = sorted(
        {
            w
            for p in Path(os.__file__).parent.glob("*.py")
            for w in p.read_text("utf-8", "ignore").split()
            if w.isalpha()
        }
    )
    chance = random.Random(4)
    weights = [1 / (rank + 10) for rank in range(len(words))]
    rare = set(chance.sample(range(rows), HITS))
    await admin.fetch(f"CREATE DATABASE {SCHEMA} CHARACTER SET utf8mb4")
    await admin.fetch(
        f"CREATE TABLE {SCHEMA}.articles (id INT PRIMARY KEY, title VARCHAR(200), body TEXT, published DATE,"
        " FULLTEXT ft (title, body)) ENGINE = InnoDB"
    )
    for start in range(0, rows, 1000):
        lines = []
        for number in range(start, min(start + 1000, rows)):
            text = chance.choices(words, weights, k=40)
            if number in rare:
                text[7] = WORD
            title, body = " ".join(text[:5])[:200], " ".join(text)[:300]
            lines.append(f"({number}, {literal(title)}, {literal(body)}, '2024-01-{number % 28 + 1:02d}')")
        await admin.fetch((f"INSERT INTO {SCHEMA}.articles VALUES " + ",".join(lines)).replace("%", "%%"))


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


def started(command: list[str], environment: dict[str, str]) -> subprocess.Popen[str]:
    """Start a server process."""
    return subprocess.Popen(command, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)


async def measure(options: argparse.Namespace) -> None:
    """Run everything."""
    with (
        tempfile.TemporaryDirectory() as folder,
        PrivateServer(find_or_fetch("mysql")) as server,
        contextlib.ExitStack() as stack,
    ):
        admin = admin_pool(server.address)
        await fill(admin, options.rows)
        reader = await create_accounts(admin, [SCHEMA])
        environment = demo_environment(server.address, options.port, Path(folder))
        environment |= {
            "ALTUS4_LOG_LEVEL": "warning",
            "ALTUS4_PLUGINS__DATABASES_MYSQL__DRIVER": options.driver,
            "ALTUS4_PLUGINS__METADATA_MYSQL__DRIVER": options.driver,
            "ALTUS4_SERVER__MAX_REQUESTS_PER_TENANT": "256",
        }
        commands = Commands(environment)
        await asyncio.to_thread(set_up, commands, server.address, [SCHEMA], reader, progress_for())
        limits = ("--requests-per-hour", "1000000000", "--burst", "1000000")
        made = await asyncio.to_thread(commands.run, "api-keys", "create", "--user", EMAIL, "--json", *limits)
        key = json.loads(made)["secretKey"]
        headers = f"Authorization: Bearer {key}\r\n"
        gateway = started([sys.executable, "-m", "altus4_core", "serve"], {**os.environ, **environment})
        stack.callback(gateway.wait)
        stack.callback(gateway.terminate)
        await _listening(options.port)
        statement = await statement_of(admin, options.port, headers)
        bare = started([sys.executable, str(Path(__file__).parent / "bare.py")], dict(os.environ))
        stack.callback(bare.wait)
        stack.callback(bare.kill)
        url = f"mysql://{reader[0]}:{reader[1]}@{server.host}:{server.port}/{SCHEMA}?tls=disabled&loopback-key=yes"
        told = {"url": url, "driver": options.driver, "statement": statement, "pool": 4}
        assert bare.stdin is not None
        assert bare.stdout is not None
        bare.stdin.write(json.dumps(told) + "\n")
        bare.stdin.flush()
        bare_port = int(bare.stdout.readline())
        print(f"driver {options.driver}, {options.rows} rows, {options.clients} clients\nstatement: {statement}")
        ports = {"bare": bare_port, "gateway": options.port}
        pids = {"bare": bare.pid, "gateway": gateway.pid, "mysqld": server.pid or 0}
        await compare(options, ports, pids, headers)
        await admin.close()


async def compare(options: argparse.Namespace, ports: Mapping[str, int], pids: Mapping[str, int], headers: str) -> None:
    """Alternate rounds and print medians; CPU is that of the process named, user and system, per request."""
    payload = json.dumps(BODY).encode()
    rates: dict[str, list[float]] = {name: [] for name in ports}
    costs: dict[str, list[float]] = {name: [] for name in ports}
    for number in range(options.rounds + 1):
        for name, port in ports.items():
            before = {who: cpu_seconds(pid) for who, pid in pids.items()}
            result = await load(port, payload, headers, clients=options.clients, seconds=options.seconds)
            spent = {who: (cpu_seconds(pid) - before[who]) * 1e6 / result.requests for who, pid in pids.items()}
            if not number:  # the first round warms up
                continue
            rates[name].append(result.rate)
            costs[name].append(spent[name])
            print(
                f"{name:8} {result.rate:6.0f} req/s  p50 {result.p50:6.2f} ms  p99 {result.p99:6.2f} ms"
                f"  cpu {spent[name]:4.0f} us, mysqld {spent['mysqld']:4.0f} us  failures {result.failures}"
            )
    bare, gateway = (statistics.median(rates[name]) for name in ("bare", "gateway"))
    cheap, dear = (statistics.median(costs[name]) for name in ("bare", "gateway"))
    print(f"median: bare {bare:.0f} req/s, gateway {gateway:.0f} req/s, ratio {gateway / bare:.2f}")
    print(f"median: bare {cheap:.0f} us, gateway {dear:.0f} us of CPU a request")


def cpu_seconds(pid: int) -> float:
    """Give the CPU time that a process has used, from /proc."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


async def _listening(port: int) -> None:
    for _ in range(200):
        with contextlib.suppress(OSError):
            _, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.close()
            return
        await asyncio.sleep(0.05)
    message = "the gateway did not start"
    raise RuntimeError(message)


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--driver", default="aiomysql")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=4)
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--clients", type=int, default=32)
    parser.add_argument("--port", type=int, default=3977)
    asyncio.run(measure(parser.parse_args()))
