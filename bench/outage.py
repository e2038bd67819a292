"""A database server that is stopped, killed and started again under load, and a second one that must not notice.

    nox -s bench -- outage [--clients 8]

One gateway over HTTP; the patient is a database on a server of its own, the neighbour and the friend are two on
another. Patient and neighbour are searched by clients of their own, and all three together, with `timeoutMs` 500.
A row for each phase: how these searches were answered (by how many databases), their median and longest time.
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
from articles import SCHEMA, WORD, fill, text
from scene import Scene, scene

FRIEND = "friend"
Seen = list[tuple[float, str]]


async def search(session: ClientSession, url: str, databases: list[str], seen: Seen, stopped: asyncio.Event) -> None:
    """Search these databases again and again."""
    body = {"query": WORD, "databases": databases, "timeoutMs": 500, "totals": "none", "cache": "bypass"}
    while not stopped.is_set():
        started = time.perf_counter()
        async with session.post(url, json=body) as answer:
            told = await answer.json()
        if answer.status == 200:
            states = Counter(each["status"] for each in told["data"]["databases"])
            outcome = " and ".join(f"{count} {state}" for state, count in sorted(states.items()))
        else:
            details = told["error"].get("details") or [{}]
            outcome = str(details[0].get("status", told["error"]["code"])) if isinstance(details, list) else "error"
        seen.append(((time.perf_counter() - started) * 1000, f"{answer.status} {outcome}"))
        await asyncio.sleep(0.02)


async def phase(here: Scene, port: int, name: str, ids: dict[str, list[str]], clients: int, seconds: float) -> None:
    """Search for a while and print a row for each of what is searched."""
    seen: dict[str, Seen] = {each: [] for each in ids}
    stopped = asyncio.Event()
    headers = {"Authorization": f"Bearer {here.key}"}
    async with ClientSession(headers=headers) as session:
        url = f"http://127.0.0.1:{port}/api/v1/search"
        tasks = [
            asyncio.create_task(search(session, url, databases, seen[each], stopped))
            for each, databases in ids.items()
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
    async with scene("aiomysql", 5000, schemas=[SCHEMA, FRIEND]) as here:
        with PrivateServer(find_or_fetch("mysql")) as patient:
            admin = admin_pool(patient.address)
            await fill(admin, text(), 5000)
            reader = await create_accounts(admin, [SCHEMA])
            await admin.close()
            ports = f"{here.server.port},{patient.port}"
            more = {"ALTUS4_PLUGINS__DATABASES_MYSQL__ALLOWED_PORTS": ports}
            environ = {**os.environ, **here.environment, **more}
            patient_id = await asyncio.to_thread(connect, environ, patient.port, reader)
            await here.gateway(options.port, environ=more)
            neighbour, friend = here.databases
            ids = {"patient": [patient_id], "neighbour": [neighbour], "all three": [patient_id, neighbour, friend]}

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
