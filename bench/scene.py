"""What the programs measure on: a private MySQL with one table of real words, a gateway over it, and its key."""

import asyncio
import contextlib
import json
import os
import random
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import attrs
from aiohttp import ClientSession
from altus4_mysql import Pool, literal
from altus4_sandbox import PrivateServer, find_or_fetch
from altus4_sandbox.demo.accounts import admin_pool, create_accounts
from altus4_sandbox.demo.settings import demo_environment
from altus4_sandbox.demo.setup import EMAIL, Commands, set_up

from altus4_core.progress import progress_for

SCHEMA = "bench"
WORD = "quetzalcoatl"
HITS = 20
BODY = {
    "query": WORD,
    "limit": 20,
    "totals": "none",
    "ranking": "mysql",
    "categories": False,
    "cache": "bypass",  # all clients ask the same, and would share one statement
}


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


@attrs.define
class Scene:
    """A searched server, its administrator's pool, and how to start gateways over it.

    `log_server` has the metadata schema, and so the search log; it is `server` itself unless it was to be another.
    """

    server: PrivateServer
    log_server: PrivateServer
    admin: Pool
    reader: tuple[str, str]
    environment: Mapping[str, str]
    folder: Path
    key: str
    admin_key: str
    user_id: str
    stack: contextlib.ExitStack

    @property
    def headers(self) -> str:
        """Give the header of an authenticated request."""
        return f"Authorization: Bearer {self.key}\r\n"

    @property
    def url(self) -> str:
        """Give the address of the searched schema for the account that reads."""
        user, password = self.reader
        return f"mysql://{user}:{password}@{self.server.host}:{self.server.port}/{SCHEMA}?tls=disabled&loopback-key=yes"

    async def gateway(
        self, port: int, *arguments: str, environ: Mapping[str, str] | None = None
    ) -> "subprocess.Popen[str]":
        """Start a gateway and wait until it listens."""
        environment = {**os.environ, **self.environment, "ALTUS4_PORT": str(port), **(environ or {})}
        process = self.started([sys.executable, "-m", "altus4_core", "serve", *arguments], environment)
        await listening(port)
        return process

    def started(self, command: Sequence[str], environment: Mapping[str, str]) -> "subprocess.Popen[str]":
        """Start a process that ends with the scene."""
        process = subprocess.Popen(command, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.stack.callback(process.wait)
        self.stack.callback(process.terminate)
        return process


@asynccontextmanager
async def scene(driver: str, rows: int, *, log_elsewhere: bool = False) -> AsyncIterator[Scene]:
    """Set everything up: the table, the metadata schema, a user whose key is hardly limited, the connection.

    Args:
        driver: For the gateway's connections, to both schemas.
        rows: Of the table.
        log_elsewhere: Whether the metadata schema, and so the search log, is in a second server of its own.
    """
    with (
        tempfile.TemporaryDirectory() as folder,
        PrivateServer(find_or_fetch("mysql")) as server,
        PrivateServer(find_or_fetch("mysql")) if log_elsewhere else contextlib.nullcontext(server) as log_server,
        contextlib.ExitStack() as stack,
    ):
        admin = admin_pool(server.address)
        log_admin = admin_pool(log_server.address)
        await fill(admin, rows)
        reader = await create_accounts(admin, [SCHEMA])
        if log_elsewhere:
            await create_accounts(log_admin, [])
        environment = demo_environment(log_server.address, 3977, Path(folder)) | {
            "ALTUS4_PLUGINS__DATABASES_MYSQL__ALLOWED_PORTS": str(server.port),
            "ALTUS4_LOG_LEVEL": "warning",
            "ALTUS4_PLUGINS__DATABASES_MYSQL__DRIVER": driver,
            "ALTUS4_PLUGINS__METADATA_MYSQL__DRIVER": driver,
            "ALTUS4_SERVER__MAX_REQUESTS_PER_TENANT": "256",
        }
        commands = Commands(environment)
        await asyncio.to_thread(set_up, commands, server.address, [SCHEMA], reader, progress_for())

        async def key_for(permission: str) -> str:
            limits = ("--requests-per-hour", "1000000000", "--burst", "1000000", "--environment", "live")
            wanted = ("--user", EMAIL, "--permissions", permission, "--json", *limits)
            return str(json.loads(await asyncio.to_thread(commands.run, "api-keys", "create", *wanted))["secretKey"])

        schema = environment["ALTUS4_METADATA_URL"].partition("?")[0].rpartition("/")[2]
        user_id = str((await log_admin.fetch(f"SELECT id FROM `{schema}`.users LIMIT 1")).scalar())
        yield Scene(
            server=server,
            log_server=log_server,
            admin=admin,
            reader=reader,
            environment=environment,
            folder=Path(folder),
            key=await key_for("search"),
            admin_key=await key_for("admin"),
            user_id=user_id,
            stack=stack,
        )
        await admin.close()
        await log_admin.close()


def cpu_seconds(pid: int) -> float:
    """Give the CPU time that a process has used, from /proc."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


async def listening(port: int) -> None:
    """Wait until somebody listens."""
    for _ in range(200):
        with contextlib.suppress(OSError):
            _, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.close()
            return
        await asyncio.sleep(0.05)
    message = "the gateway did not start"
    raise RuntimeError(message)


async def check(port: int, headers: str) -> None:
    """Search once; raises when that is not answered as it should be."""
    named = dict(line.split(": ", 1) for line in headers.splitlines())
    async with (
        ClientSession(headers=named) as session,
        session.post(f"http://127.0.0.1:{port}/api/v1/search", json=BODY) as answer,
    ):
        found = await answer.json()
        if answer.status != 200 or len(found["data"]["results"]) != HITS:
            raise RuntimeError(str(found)[:1000])
