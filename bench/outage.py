"""A database server that is stopped, killed and started again under load, and a second one that must not notice.

    nox -s bench -- outage [--clients 8]

One gateway over HTTP; the patient and the neighbour are databases on two private servers, searched at the same time
with `timeoutMs` 500. A row for each phase: how each database's searches were answered, their median and longest time.
"""

import argparse
import asyncio
import json
import os
import statistics
import subprocess
import sys
import time
from collections import Counter

from aiohttp import ClientSession
from altus4_sandbox import PrivateServer, find_or_fetch
from altus4_sandbox.demo.accounts import admin_pool, create_accounts
from altus4_sandbox.demo.setup import EMAIL
from scene import SCHEMA, WORD, Scene, fill, scene

Seen = list[tuple[float, str]]


async def search(session: ClientSession, url: str, database: str, seen: Seen, stopped: asyncio.Event) -> None:
    """Search one database again and again."""
    body = {"query": WORD, "databases": [database], "timeoutMs": 500, "totals": "none", "cache": "bypass"}
    while not stopped.is_set():
        started = time.perf_counter()
        async with session.post(url, json=body) as answer:
            told = await answer.json()
        if answer.status == 200:
            outcome = told["data"]["databases"][0]["status"]
        else:
            details = told["error"].get("details") or [{}]
            outcome = str(details[0].get("status", told["error"]["code"])) if isinstance(details, list) else "error"
        seen.append(((time.perf_counter() - started) * 1000, f"{answer.status} {outcome}"))
        await asyncio.sleep(0.02)


async def phase(here: Scene, port: int, name: str, ids: dict[str, str], clients: int, seconds: float) -> None:
    """Search both databases for a while and print a row for each."""
    seen: dict[str, Seen] = {each: [] for each in ids}
    stopped = asyncio.Event()
    headers = {"Authorization": f"Bearer {here.key}"}
    async with ClientSession(headers=headers) as session:
        url = f"http://127.0.0.1:{port}/api/v1/search"
        tasks = [
            asyncio.create_task(search(session, url, database, seen[each], stopped))
            for each, database in ids.items()
            for _ in range(clients)
        ]
        await asyncio.sleep(seconds)
        stopped.set()
        await asyncio.gather(*tasks)
    for each, answers in seen.items():
        times = [took for took, _ in answers]
        told = ", ".join(f"{outcome}: {count}" for outcome, count in Counter(o for _, o in answers).most_common())
        print(f"{name:22} {each:10} median {statistics.median(times):6.1f} ms  longest {max(times):6.1f} ms  {told}")


def connect(environ: dict[str, str], port: int, reader: tuple[str, str]) -> str:
    """Connect the patient from the command line; give its id."""
    command = [
        sys.executable, "-m", "altus4_core", "databases", "add", "--user", EMAIL, "--name", "patient",
        "--host", "127.0.0.1", "--port", str(port), "--database", SCHEMA, "--username", reader[0], "--password-stdin",
        "--json",
    ]  # fmt: skip
    done = subprocess.run(command, input=reader[1], env=environ, capture_output=True, text=True, check=True)
    return str(json.loads(done.stdout)["id"])


async def measure(options: argparse.Namespace) -> None:
    """Run everything."""
    async with scene("aiomysql", 5000) as here:
        with PrivateServer(find_or_fetch("mysql")) as patient:
            admin = admin_pool(patient.address)
            await fill(admin, 5000)
            reader = await create_accounts(admin, [SCHEMA])
            await admin.close()
            ports = f"{here.server.port},{patient.port}"
            more = {"ALTUS4_PLUGINS__DATABASES_MYSQL__ALLOWED_PORTS": ports}
            environ = {**os.environ, **here.environment, **more}
            patient_id = await asyncio.to_thread(connect, environ, patient.port, reader)
            await here.gateway(options.port, environ=more)
            schema = here.environment["ALTUS4_METADATA_URL"].partition("?")[0].rpartition("/")[2]
            rows = await here.admin.fetch(f"SELECT id FROM `{schema}`.`databases` WHERE id <> %s", (patient_id,))
            ids = {"patient": patient_id, "neighbour": str(rows.scalar())}

            async def run(name: str, seconds: float) -> None:
                await phase(here, options.port, name, ids, options.clients, seconds)

            await run("all is well", 3)
            patient.pause()
            await run("stopped (SIGSTOP)", 8)
            patient.resume()
            await run("first seconds after", 6)
            await run("resumed", 3)
            await asyncio.to_thread(patient.kill)
            await run("killed (SIGKILL)", 8)
            await asyncio.to_thread(patient.restart)
            await run("first seconds after", 6)
            await run("restarted", 3)


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--clients", type=int, default=8)
    parser.add_argument("--port", type=int, default=3977)
    asyncio.run(measure(parser.parse_args()))
