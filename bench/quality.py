"""How good the order of results is: nDCG@10 and recall@100 through the HTTP API on collections with judgements.

    nox -s bench -- quality FOLDER [NAME ...] [--flavour mysql|mariadb] [--driver aiomysql|asyncmy]

FOLDER has a folder for each collection with `docs.jsonl` ({id, title, text}), `queries.jsonl` ({id, text}) and
`qrels.jsonl` ({query_id, doc_id, relevance}). Each becomes a database of a private server, with one table and one
FULLTEXT index over title and text; every query is sent as it stands, in natural mode, with each ranking. Gains are
binary (any relevance above 0); queries without a relevant document do not count. Times are of one request after the
other.
"""

import argparse
import asyncio
import json
import math
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import attrs
from aiohttp import ClientSession
from altus4_mysql import Pool
from altus4_sandbox import PrivateServer, find_or_fetch
from altus4_sandbox.demo.accounts import admin_pool, create_accounts
from altus4_sandbox.demo.settings import demo_environment, free_port
from altus4_sandbox.demo.setup import Commands, set_up
from processes import cpu_seconds, listening

from altus4_core.progress import progress_for

RANKINGS = ("mysql", "bm25")
DEEPEST = 100
LONGEST = 500  # characters of a query


@attrs.frozen
class Collection:
    """Documents, and queries with the documents that answer them."""

    name: str
    docs: Sequence[Mapping[str, Any]]
    queries: Sequence[tuple[str, frozenset[str]]]


def read(folder: Path) -> Collection:
    """Read a collection."""

    def lines(name: str) -> list[dict[str, Any]]:
        return [json.loads(line) for line in (folder / name).read_text(encoding="utf-8").splitlines() if line.strip()]

    relevant: dict[str, set[str]] = {}
    for judged in lines("qrels.jsonl"):
        if judged["relevance"] > 0:
            relevant.setdefault(str(judged["query_id"]), set()).add(str(judged["doc_id"]))
    queries = [
        (str(query["text"]), frozenset(relevant[str(query["id"])]))
        for query in lines("queries.jsonl")
        if str(query["id"]) in relevant
    ]
    return Collection(folder.name, lines("docs.jsonl"), queries)


async def load(admin: Pool, collection: Collection) -> None:
    """Make a database of a collection."""
    schema = collection.name
    await admin.fetch(f"CREATE DATABASE `{schema}` CHARACTER SET utf8mb4")
    await admin.fetch(
        f"CREATE TABLE `{schema}`.docs (number INT PRIMARY KEY AUTO_INCREMENT, id VARCHAR(64), title TEXT, text TEXT,"
        " FULLTEXT ft (title, text)) ENGINE = InnoDB"
    )
    docs = collection.docs
    for start in range(0, len(docs), 100):
        part = docs[start : start + 100]
        values = [value for doc in part for value in (str(doc["id"]), doc["title"], doc["text"])]
        rows = ", ".join(["(%s, %s, %s)"] * len(part))
        await admin.fetch(f"INSERT INTO `{schema}`.docs (id, title, text) VALUES {rows}", values)


def ndcg(found: Sequence[str], relevant: frozenset[str], depth: int = 10) -> float:
    """Give the normalized discounted cumulative gain of a list."""
    gain = sum(1 / math.log2(place + 2) for place, each in enumerate(found[:depth]) if each in relevant)
    return gain / sum(1 / math.log2(place + 2) for place in range(min(depth, len(relevant))))


class Caller:
    """Searches one database through the API."""

    def __init__(self, session: ClientSession, url: str, database: str) -> None:
        self._session = session
        self._url = url
        self._database = database

    async def search(self, query: str, ranking: str, limit: int = DEEPEST) -> tuple[list[str], float, set[str]]:
        """Give the ids found, the milliseconds it took, and the codes of the warnings."""
        asked = {
            "query": query[:LONGEST],
            "databases": [self._database],
            "searchMode": "natural",
            "ranking": ranking,
            "limit": limit,
            "totals": "none",
            "categories": False,
            "timeoutMs": 10_000,
        }
        started = time.perf_counter()
        async with self._session.post(self._url, json=asked) as answer:
            body = await answer.json()
        took = (time.perf_counter() - started) * 1000
        if answer.status != 200 or not body["data"]["complete"]:
            raise RuntimeError(str(body)[:1000])
        data = body["data"]
        return [hit["data"]["id"] for hit in data["results"]], took, {each["code"] for each in data["warnings"]}

    async def until_sampled(self, query: str) -> None:
        """Search until the table's sample is there."""
        for _ in range(500):
            if "RANKED_BY_SERVER" not in (await self.search(query, "bm25"))[2]:
                return
            await asyncio.sleep(0.02)
        message = "the table was not sampled"
        raise RuntimeError(message)


async def judge(caller: Caller, collection: Collection, pid: int) -> None:
    """Print the figures of one collection."""
    await caller.until_sampled(collection.queries[0][0])
    for ranking in RANKINGS:
        gains, recalls, times, firsts = [], [], [], []
        for query, relevant in collection.queries:
            found, took, _ = await caller.search(query, ranking)
            gains.append(ndcg(found, relevant))
            recalls.append(len(relevant.intersection(found)) / len(relevant))
            times.append(took)
        before = cpu_seconds(pid)
        for query, _ in collection.queries:
            firsts.append((await caller.search(query, ranking, 20))[1])
        cpu = (cpu_seconds(pid) - before) / len(collection.queries) * 1000
        print(
            f"{collection.name:12} {ranking:6} nDCG@10 {statistics.mean(gains):.3f}"
            f"  recall@100 {statistics.mean(recalls):.3f}"
            f"  {len(gains)} queries; 20 rows: median {statistics.median(firsts):.1f} ms, gateway's CPU {cpu:.1f} ms;"
            f" 100 rows: median {statistics.median(times):.1f} ms",
            flush=True,
        )


async def measure(options: argparse.Namespace) -> None:
    """Run everything."""
    folders = sorted(path.parent for path in options.folder.glob("*/qrels.jsonl"))
    collections = [read(folder) for folder in folders if not options.names or folder.name in options.names]
    with tempfile.TemporaryDirectory() as folder, PrivateServer(find_or_fetch(options.flavour)) as server:
        admin = admin_pool(server.address)
        for collection in collections:
            await load(admin, collection)
        names = [collection.name for collection in collections]
        reader = await create_accounts(admin, names)
        port = free_port(3977)
        environment = demo_environment(server.address, port, Path(folder)) | {
            "ALTUS4_LOG_LEVEL": "warning",
            "ALTUS4_PLUGINS__DATABASES_MYSQL__DRIVER": options.driver,
        }
        key, databases = await asyncio.to_thread(
            set_up, Commands(environment), server.address, names, reader, progress_for()
        )
        gateway = subprocess.Popen([sys.executable, "-m", "altus4_core", "serve"], env={**os.environ, **environment})
        try:
            await listening(port)
            async with ClientSession(headers={"Authorization": f"Bearer {key}"}) as session:
                url = f"http://127.0.0.1:{port}/api/v1/search"
                for collection, database in zip(collections, databases, strict=True):
                    await judge(Caller(session, url, database.id), collection, gateway.pid)
        finally:
            gateway.terminate()
            gateway.wait()
            await admin.close()


def main() -> None:
    """Read the command line."""
    parser = argparse.ArgumentParser(prog="quality")
    parser.add_argument("folder", type=Path)
    parser.add_argument("names", nargs="*")
    parser.add_argument("--flavour", default="mysql", choices=["mysql", "mariadb"])
    parser.add_argument("--driver", default="aiomysql", choices=["aiomysql", "asyncmy"])
    asyncio.run(measure(parser.parse_args()))


if __name__ == "__main__":
    main()
