"""How long a revoked key works on, under load, in the process that revokes it and in another one.

    nox -s bench -- revocation [--keys 10] [--clients 8]

Two gateways serve one metadata database, first alone, then with Redis between them. Each key searches on both, from
`clients` connections each, until it is revoked over HTTP on the first. Times are milliseconds from the answer to the
revocation to the last search that was still answered with 200 (negative: before it).
"""

import argparse
import asyncio
import statistics
import time

from aiohttp import ClientSession
from altus4_sandbox.redis import PrivateRedis, find_or_fetch_redis
from scene import BODY, Scene, scene

from altus4_core.composing.discovery import standard_names

GIVE_UP = 5.0


async def search_until_refused(session: ClientSession, port: int, key: str, seen: list[tuple[float, int]]) -> None:
    """Search again and again; note when each answer came and its status."""
    headers = {"Authorization": f"Bearer {key}"}
    ends = time.perf_counter() + GIVE_UP
    while time.perf_counter() < ends:
        async with session.post(f"http://127.0.0.1:{port}/api/v1/search", json=BODY, headers=headers) as answer:
            await answer.read()
            seen.append((time.perf_counter(), answer.status))
            if answer.status == 401:
                return


async def revoke_one(session: ClientSession, ports: tuple[int, int], admin: str, clients: int) -> list[float]:
    """Make a key, use it, revoke it; give for each process how long it still worked."""
    headers = {"Authorization": f"Bearer {admin}"}
    keys = f"http://127.0.0.1:{ports[0]}/api/v1/keys"
    wanted = {"name": "To be revoked", "permissions": ["search"], "environment": "live"}
    async with session.post(keys, json=wanted, headers=headers) as answer:
        made = (await answer.json())["data"]
    seen: tuple[list[tuple[float, int]], list[tuple[float, int]]] = ([], [])
    loads = [
        asyncio.create_task(search_until_refused(session, port, made["secretKey"], notes))
        for port, notes in zip(ports, seen, strict=True)
        for _ in range(clients)
    ]
    await asyncio.sleep(0.4)
    async with session.delete(f"{keys}/{made['id']}", headers=headers) as answer:
        assert answer.status == 200, await answer.text()
        revoked = time.perf_counter()
    await asyncio.gather(*loads)
    statuses = {status for notes in seen for _, status in notes}
    assert statuses <= {200, 401, 429}, statuses
    assert all(any(status == 401 for _, status in notes) for notes in seen), "it works on"
    return [(max(at for at, status in notes if status == 200) - revoked) * 1000 for notes in seen]


async def table(here: Scene, title: str, ports: tuple[int, int], options: argparse.Namespace) -> None:
    """Revoke all keys and print a row for each process."""
    async with ClientSession() as session:
        rows = [await revoke_one(session, ports, here.admin_key, options.clients) for _ in range(options.keys)]
    for place, name in enumerate(("the one that revokes", "the other one")):
        times = sorted(row[place] for row in rows)
        print(
            f"{title:14} {name:21} {len(times):4}  median {statistics.median(times):7.1f}  longest {times[-1]:7.1f}",
            flush=True,
        )


async def measure(options: argparse.Namespace) -> None:
    """Run everything."""
    port = options.port
    async with scene("aiomysql", 5000) as here:
        print("setup          process               keys  milliseconds after the revocation's answer")
        first, second = await here.gateway(port), await here.gateway(port + 1)
        await table(here, "alone", (port, port + 1), options)
        for process in (first, second):
            process.terminate()
            await asyncio.to_thread(process.wait)
        with PrivateRedis(find_or_fetch_redis()) as redis:
            configuration = here.folder / "redis.toml"
            plugins = [name for name in standard_names() if name != "rate-limit"]
            configuration.write_text(f"enable = {[*plugins, 'redis']}\n")
            environ = {"ALTUS4_CONFIG": str(configuration), "ALTUS4_PLUGINS__REDIS__URL": redis.url}
            shared = [await here.gateway(port + number, environ=environ) for number in (0, 1)]
            await table(here, "with Redis", (port, port + 1), options)
            for process in shared:
                process.terminate()
                await asyncio.to_thread(process.wait)


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--keys", type=int, default=10)
    parser.add_argument("--clients", type=int, default=8)
    parser.add_argument("--port", type=int, default=3977)
    asyncio.run(measure(parser.parse_args()))
