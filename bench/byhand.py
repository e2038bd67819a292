"""One search written by hand: what the contract asks of any gateway, and no framework: the floor of what it costs.

Reads one JSON line from standard input: {url, driver, statement, pool, key, log}; prints its port; serves until killed.

It does, inlined and for this one kind of search alone, what a consumer can see of the gateway: the key is recognised,
its rate limited and told in headers, the body read and its known members checked, a deadline kept; rows get ids,
scores, the columns that match and a snippet; the envelope, the security headers, counters, and a row of the log in
batches of the gateway's size. It has no hooks, no plugins, no filters, sorts, cursors, fusions or modes, one table of
one database; nothing is checked that another part gave, and there are no breaker, lanes, slots of tenants, traces and
warnings.
"""

import asyncio
import json
import re
import sys
import time
import unicodedata
import uuid
from bisect import bisect_left
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any

import orjson
from aiohttp import web
from altus4_mysql import Pool, PoolSettings, literal, make_driver, parse_url

from altus4_core.loops import run

LIMIT, SECONDS, RATE, BURST = 1_000_000_000, 3600.0, 1e-6, 1_000_000
MEMBERS = {"query": str, "limit": int, "totals": str, "ranking": str, "categories": bool, "cache": str}
BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
SAFE = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
    "Server": "by hand",
}
BATCH_SECONDS = 0.04
LOGGED = "CREATE TABLE IF NOT EXISTS searches_by_hand LIKE searches"  # its indexes are what a row costs the server


class Search:
    """The handler and what it keeps."""

    def __init__(self, told: dict[str, Any], pool: Pool, log: Pool) -> None:
        self._pool, self._log = pool, log
        self._statement = told["statement"].replace("%", "%%")
        self._keys = {f"Bearer {told['key']}": (told["user"], sha256(told["key"].encode()).hexdigest())}
        self._arrival = 0.0
        self._words: dict[str, re.Pattern[str]] = {}
        self._rows: list[tuple[Any, ...]] = []
        self._counts = [0] * (len(BUCKETS) + 1)
        self._user, self._database = told["user"], told["database"]

    async def handle(self, request: web.Request) -> web.Response:
        """POST /api/v1/search."""
        begun = time.perf_counter()
        request_id = str(uuid.uuid4())
        who = self._keys.get(request.headers.get("Authorization", ""))
        if who is None:
            raise web.HTTPUnauthorized
        now = time.time()
        self._arrival = max(self._arrival, now) + RATE
        left = BURST - int((self._arrival - now) / RATE)
        if left < 0:
            raise web.HTTPTooManyRequests
        body = orjson.loads(await request.read())
        for name, value in body.items():
            if type(value) is not MEMBERS.get(name):
                raise web.HTTPBadRequest
        query = unicodedata.normalize("NFC", body["query"].strip())
        if not 0 < len(query) <= 500 or not 0 < body["limit"] <= 100:
            raise web.HTTPBadRequest
        async with asyncio.timeout(5):
            rows = await self._pool.fetch(self._statement)
        results = self._results(query, rows)
        took = time.perf_counter() - begun
        self._counts[bisect_left(BUCKETS, took)] += 1
        self._rows.append((request_id, who, query, len(results), round(took * 1000), datetime.now(UTC)))
        answer = {
            "success": True,
            "data": {
                "results": results,
                "totalCount": None,
                "totalRelation": "unknown",
                "limit": body["limit"],
                "offset": 0,
                "hasMore": False,
                "complete": True,
                "executionTime": took * 1000,
                "databases": [{"id": self._database, "name": "bench", "status": "ok", "took": took * 1000}],
                "categories": [],
                "suggestions": [],
                "warnings": [],
            },
            "meta": {"timestamp": datetime.now(UTC), "requestId": request_id, "version": "0"},
        }
        headers = {
            **SAFE,
            "X-Request-ID": request_id,
            "Server-Timing": f"total;dur={took * 1000:.2f}",
            "X-RateLimit-Limit": str(LIMIT),
            "X-RateLimit-Remaining": str(left),
            "X-RateLimit-Reset": str(int(now + SECONDS)),
            "RateLimit-Policy": f'"tier";q={LIMIT};w=3600',
            "RateLimit": f'"tier";r={left};t=3600',
        }
        return web.Response(body=orjson.dumps(answer), content_type="application/json", headers=headers)

    def _results(self, query: str, rows: Any) -> list[dict[str, Any]]:
        word = self._words.get(query)
        if word is None:
            word = self._words[query] = re.compile("|".join(map(re.escape, query.split())), re.IGNORECASE)
        found = []
        rank, previous = 0, None
        for place, (key, title, body, published, score) in enumerate(rows, 1):
            if score != previous:
                rank, previous = place, score
            matched, snippet = [], None
            for name, text in (("title", title), ("body", body)):
                hit = word.search(text)
                if hit is not None:
                    matched.append(name)
                    if snippet is None:
                        start = max(hit.start() - 80, 0)
                        snippet = text[start : start + 200]
            found.append(
                {
                    "id": f"{self._database}:articles:{key}",
                    "table": "articles",
                    "database": self._database,
                    "data": {"id": key, "title": title, "body": body, "published": published},
                    "relevanceScore": round(61 / (60 + rank), 6),
                    "sourceScore": score,
                    "matchedColumns": matched,
                    "snippet": snippet,
                }
            )
        return found

    async def write(self) -> None:
        """Write the log for ever."""
        await self._log.fetch(LOGGED)
        while True:
            await asyncio.sleep(BATCH_SECONDS)
            if self._rows:
                taken, self._rows = self._rows, []
                values = ",".join([self._row(*row) for row in taken])
                await self._log.fetch(
                    "INSERT INTO searches_by_hand (id, user_id, query, search_mode, result_count, execution_time_ms,"
                    f" created_at, request_id, environment) VALUES {values}".replace("%", "%%")
                )

    def _row(self, request_id: str, who: tuple[str, str], query: str, found: int, took: int, at: datetime) -> str:
        return (
            f"('{request_id}','{who[0]}',{literal(query)},'natural',{found},{took},'{at:%Y-%m-%d %H:%M:%S.%f}',"
            f"'{request_id}','live')"
        )


async def main() -> None:
    """Serve."""
    told = json.loads(sys.stdin.readline())
    driver = make_driver(told["driver"])
    pool = Pool(driver, parse_url(told["url"]), PoolSettings(size=told["pool"], max_waiters=1000))
    log = Pool(driver, parse_url(told["log"]), PoolSettings(size=2))
    search = Search(told, pool, log)
    writing = asyncio.create_task(search.write())
    app = web.Application(client_max_size=1024 * 1024)
    app.router.add_post("/api/v1/search", search.handle)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    print(runner.addresses[0][1], flush=True)
    await writing


if __name__ == "__main__":
    run(main())
