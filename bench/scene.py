"""What the programs measure on: a private MySQL with one table of real words, a gateway over it, and its key."""

import asyncio
import contextlib
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import attrs
from aiohttp import ClientSession
from altus4_mysql import Pool
from altus4_sandbox import PrivateServer, ServerOptions, find_or_fetch
from altus4_sandbox.demo.accounts import admin_pool, create_accounts
from altus4_sandbox.demo.settings import demo_environment
from altus4_sandbox.demo.setup import EMAIL, Commands, connect, set_up
from articles import HITS, SCHEMA, WORD, fill, text
from processes import far_away, listening, started

from altus4_core.progress import progress_for

BODY = {
    "query": WORD,
    "limit": 20,
    "totals": "none",
    "ranking": "mysql",
    "categories": False,
    "cache": "bypass",  # all clients ask the same, and would share one statement
}


@attrs.define
class Scene:
    """A searched server, its administrator's pool, and how to start gateways over it.

    `log_server` has the metadata schema, and so the search log; it is `server` itself unless it was to be another.
    `databases` are the ids of the connected schemas.
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
    databases: Sequence[str]
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
        return started(self.stack, command, environment)


@asynccontextmanager
async def scene(
    driver: str,
    rows: int,
    *,
    schemas: Sequence[str] = (SCHEMA,),
    log_elsewhere: bool = False,
    delays_ms: Sequence[float] = (),
    buffer_pool: str = "1G",
) -> AsyncIterator[Scene]:
    """Set everything up: the tables, the metadata schema, a user whose key is hardly limited, the connections.

    Args:
        driver: For the gateway's connections, to all schemas.
        rows: Of each table.
        schemas: Databases to search, each with a table of its own.
        log_elsewhere: Whether the metadata schema, and so the search log, is in a second server of its own.
        delays_ms: What a round trip to each of the searched databases takes longer, as if they were far away.
        buffer_pool: The searched server's, as MySQL writes sizes.
    """
    options = ServerOptions(extra_args=(f"--innodb-buffer-pool-size={buffer_pool}",))
    with (
        tempfile.TemporaryDirectory() as folder,
        PrivateServer(find_or_fetch("mysql"), options=options) as server,
        PrivateServer(find_or_fetch("mysql")) if log_elsewhere else contextlib.nullcontext(server) as log_server,
        contextlib.ExitStack() as stack,
    ):
        admin = admin_pool(server.address)
        log_admin = admin_pool(log_server.address)
        words = text()
        for schema in schemas:
            await fill(admin, words, rows, schema)
        reader = await create_accounts(admin, schemas)
        if log_elsewhere:
            await create_accounts(log_admin, [])
        ways = [attrs.evolve(server.address, port=far_away(stack, server.address.port, delay)) for delay in delays_ms]
        ways = ways or [server.address] * len(schemas)
        environment = demo_environment(log_server.address, 3977, Path(folder)) | {
            "ALTUS4_PLUGINS__DATABASES_MYSQL__ALLOWED_PORTS": ",".join({str(way.port) for way in ways}),
            "ALTUS4_LOG_LEVEL": "warning",
            "ALTUS4_PLUGINS__DATABASES_MYSQL__DRIVER": driver,
            "ALTUS4_PLUGINS__METADATA_MYSQL__DRIVER": driver,
            "ALTUS4_SERVER__MAX_REQUESTS_PER_TENANT": "256",
        }
        commands = Commands(environment)
        await asyncio.to_thread(set_up, commands, server.address, [], reader, progress_for())
        databases = [
            await asyncio.to_thread(connect, commands, way, schema, reader)
            for way, schema in zip(ways, schemas, strict=True)
        ]

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
            databases=[each.id for each in databases],
            stack=stack,
        )
        await admin.close()
        await log_admin.close()


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
