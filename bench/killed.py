"""What a gateway that is killed (kill -9) loses of the search log: how old the oldest answer is that has no row.

    nox -s bench -- killed [--kills 10] [--clients 8]

The log is in a server of its own, which is well, stopped (SIGSTOP: it accepts and does not answer) or killed a moment
before the gateway is, while searches are still answered. After each kill everything is started again, what lies on disk
is written, and rows are compared with the answers that clients had.
"""

import argparse
import asyncio
import contextlib
import json
import os
import random
import statistics
import time
from pathlib import Path

import attrs
from aiohttp import ClientError, ClientSession
from altus4_sandbox.demo.accounts import admin_pool
from rounds import arguments
from scene import BODY, Scene, check, scene

SITUATIONS = ("well", "stopped", "killed")
AHEAD = (0.15, 0.4)  # seconds that the log is away before the kill: longer than an event may be in memory
ENVIRON = {
    "ALTUS4_LOG_LEVEL": "error",
    "ALTUS4_SEARCH__DIRECTORY_TTL": "2",
    "ALTUS4_PLUGINS__API_KEYS__CACHE_TTL": "2",
}


@attrs.define
class Answered:
    """When which request was answered."""

    at: dict[str, float] = attrs.field(factory=dict)


async def search(port: int, key: str, seen: Answered, ended: asyncio.Event) -> None:
    """Search until the gateway is gone."""
    url = f"http://127.0.0.1:{port}/api/v1/search"
    async with ClientSession(headers={"Authorization": f"Bearer {key}"}) as session:
        while not ended.is_set():
            with contextlib.suppress(ClientError, OSError):
                async with session.post(url, json=BODY) as answer:
                    told = await answer.read()
                    if answer.status == 200:
                        seen.at[json.loads(told)["meta"]["requestId"]] = time.monotonic()
                continue
            return


async def logged(here: Scene) -> set[str]:
    """Read the ids of all requests that have a row."""
    schema = here.environment["ALTUS4_METADATA_URL"].partition("?")[0].rpartition("/")[2]
    pool = admin_pool(here.log_server.address)
    try:
        return {str(row[0]) for row in await pool.fetch(f"SELECT request_id FROM `{schema}`.searches")}
    finally:
        await pool.close()


async def settled(here: Scene, spill: Path) -> set[str]:
    """Wait until nothing lies on disk, then read."""
    async with asyncio.timeout(60):
        while any(spill.rglob("*.spill")):
            await asyncio.sleep(0.1)
    await asyncio.sleep(0.5)
    return await logged(here)


async def one(here: Scene, options: argparse.Namespace, situation: str, chance: random.Random) -> tuple[int, ...]:
    """Kill once; gives answers, those of the last 50 ms, lost ones and the age of the oldest lost one in ms."""
    spill = here.folder / "killed-events"
    environ = {**ENVIRON, "ALTUS4_EVENTS__SPILL": str(spill)}
    gateway = await here.gateway(options.port, environ=environ)
    await check(options.port, here.headers)
    seen, ended = Answered(), asyncio.Event()
    clients = [asyncio.create_task(search(options.port, here.key, seen, ended)) for _ in range(options.clients)]
    await asyncio.sleep(options.seconds / 4 + chance.random())
    if situation != "well":
        await asyncio.to_thread(here.log_server.pause if situation == "stopped" else here.log_server.kill)
        await asyncio.sleep(chance.uniform(*AHEAD))
    killed = time.monotonic()
    os.kill(gateway.pid, 9)
    ended.set()
    await asyncio.gather(*clients)
    await asyncio.to_thread(gateway.wait)
    if situation == "stopped":
        here.log_server.resume()
    elif situation == "killed":
        await asyncio.to_thread(here.log_server.restart)
    gateway = await here.gateway(options.port, environ=environ)
    rows = await settled(here, spill)
    gateway.terminate()
    await asyncio.to_thread(gateway.wait)
    lost = [killed - at for request, at in seen.at.items() if request not in rows]
    latest = sum(killed - at < 0.05 for at in seen.at.values())
    return len(seen.at), latest, len(lost), round(max(lost, default=0.0) * 1000)


async def measure(options: argparse.Namespace) -> None:
    """Run everything."""
    chance = random.Random(11)
    async with scene(options.driver, options.rows, log_elsewhere=True) as here:
        for situation in SITUATIONS:
            found = [await one(here, options, situation, chance) for _ in range(options.kills)]
            answers, latest, lost, ages = zip(*found, strict=True)
            print(
                f"log {situation:8} {options.kills} kills, {sum(map(bool, latest))} while searches were answered;"
                f" {sum(answers)} answers, {sum(lost)} without a row; the oldest of them was answered"
                f" {statistics.median(ages):.0f} ms before the kill (median), {max(ages)} ms (worst)",
                flush=True,
            )


if __name__ == "__main__":
    parser = arguments("asyncmy")
    parser.add_argument("--kills", type=int, default=10)
    parser.set_defaults(rows=5000, clients=8)
    asyncio.run(measure(parser.parse_args()))
