"""Two nodes with workers of their own, which share a metadata database and a Redis, and a database that both search."""

import asyncio
import secrets
from collections.abc import Iterator
from pathlib import Path

import pytest
from altus4_mysql import Pool, make_driver, parse_url
from altus4_sandbox import PrivateRedis, ServerAddress, find_or_fetch_redis, new_schema_name
from deployment import Deployment, free_port, settings_for
from nodes import EMAIL, Nodes
from world import run_sql

ARTICLES = Path(__file__).parents[1] / "e2e" / "articles.sql"
SETTINGS = """enable = ["standard", "redis"]
[prefer]
"limiter.default" = "redis"
[server]
drain_delay = 0.5
[plugins.redis]
connect_timeout_ms = 4000
operation_timeout_ms = 4000
[deadlines]
limiter = 9.0
"""  # so that a machine that is busy with other things counts in Redis all the same


def fill(server: ServerAddress, schema: str, account: tuple[str, str]) -> None:
    text = ARTICLES.read_text(encoding="utf-8")
    statements = [
        f"CREATE USER {account[0]}@'%' IDENTIFIED BY '{account[1]}'",
        f"CREATE DATABASE {schema} CHARACTER SET utf8mb4",
        f"USE {schema}",
        *(part.strip() for part in text.split(";\n") if part.strip()),
        f"GRANT SELECT, SHOW VIEW ON {schema}.* TO {account[0]}@'%'",
    ]

    async def work() -> None:
        pool = Pool(make_driver(), parse_url(server.url))
        try:
            async with pool.lease() as lease:
                for statement in statements:
                    await lease.fetch(statement.replace("%", "%%"))
                lease.discard()
        finally:
            await pool.close()
            await asyncio.sleep(0.05)

    asyncio.run(work())


@pytest.fixture(scope="module", params=[1, 2], ids=["one-worker", "two-workers"])
def nodes(
    request: pytest.FixtureRequest, mysql_server: ServerAddress, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Nodes]:
    folder = tmp_path_factory.mktemp("nodes")
    metadata, library = new_schema_name("meta"), new_schema_name("library")
    account = (f"r{library[-8:]}", secrets.token_urlsafe(12))
    fill(mysql_server, library, account)
    (folder / "altus4.toml").write_text(SETTINGS)
    with PrivateRedis(find_or_fetch_redis()) as redis:
        settings = {
            **settings_for(mysql_server, metadata, folder),
            "ALTUS4_PLUGINS__REDIS__URL": redis.url,
            "ALTUS4_WORKERS": str(request.param),
        }
        pair = [Deployment({**settings, "ALTUS4_PORT": str(free_port())}, folder) for _ in range(2)]
        pair[0].must("migrate", "up")
        pair[0].connect(pair[0].user(EMAIL), mysql_server, library, account)
        try:
            for node in pair:
                node.start()
            yield Nodes(pair[0], pair[1], redis, mysql_server, metadata)
        finally:
            for node in pair:
                node.stop()
            run_sql(mysql_server, [f"DROP DATABASE {schema}" for schema in (metadata, library)])
            run_sql(mysql_server, [f"DROP USER {account[0]}@'%'"])
