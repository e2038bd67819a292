"""A bare aiohttp handler that runs one statement through the same driver: what the gateway is measured against.

Reads one JSON line from standard input: {url, driver, statement, columns}; prints its port; serves until killed.
"""

import json
import sys

import orjson
from aiohttp import web
from altus4_mysql import Pool, PoolSettings, make_driver, parse_url

from altus4_core.loops import run


async def main() -> None:
    """Serve."""
    told = json.loads(sys.stdin.readline())
    pool = Pool(make_driver(told["driver"]), parse_url(told["url"]), PoolSettings(size=told["pool"], max_waiters=1000))
    statement = told["statement"].replace("%", "%%")

    async def search(request: web.Request) -> web.Response:
        orjson.loads(await request.read())
        rows = await pool.fetch(statement)
        names = rows.names
        results = [dict(zip(names, row, strict=True)) for row in rows]
        return web.Response(body=orjson.dumps({"results": results}, default=str), content_type="application/json")

    app = web.Application()
    app.router.add_post("/api/v1/search", search)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    print(runner.addresses[0][1], flush=True)
    import asyncio

    await asyncio.Event().wait()


if __name__ == "__main__":
    run(main())
