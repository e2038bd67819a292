import asyncio
import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from altus4_mysql import Pool, make_driver, parse_url
from altus4_sandbox import Flavour, ServerAddress, new_schema_name
from deployment import Deployment, settings_for
from world import World, run_sql

HERE = Path(__file__).parent

# What differs between the servers is tested with each plugin on both; here MariaDB's turn is `nox -s thorough`.
FLAVOURS = list(Flavour) if os.environ.get("ALTUS4_TEST_EVERY_SERVER") == "1" else [Flavour.MYSQL]


@pytest.fixture(scope="session", params=FLAVOURS, ids=str)
def any_server(request: pytest.FixtureRequest, server_of: Callable[[Flavour], ServerAddress]) -> ServerAddress:
    """Each of the servers that this run takes."""
    return server_of(Flavour(request.param))


@pytest.fixture(scope="session")
def world(any_server: ServerAddress, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    folder = tmp_path_factory.mktemp("gateway")
    metadata, shop, library = (new_schema_name(prefix) for prefix in ("meta", "shop", "library"))
    account = (f"r{shop[-8:]}", "rd only 'p@ss\\word %41")
    quoted = account[1].replace("\\", "\\\\").replace("'", "''")
    scripts = {shop: "products", library: "articles"}
    statements = [f"CREATE USER {account[0]}@'%' IDENTIFIED BY '{quoted}'"]
    for schema, script in scripts.items():
        statements += [f"CREATE DATABASE {schema} CHARACTER SET utf8mb4", f"USE {schema}"]
        text = (HERE / f"{script}.sql").read_text(encoding="utf-8")
        statements += [part.strip() for part in text.split(";\n") if part.strip()]
        statements.append(f"GRANT SELECT, SHOW VIEW ON {schema}.* TO {account[0]}@'%'")

    async def build() -> None:
        pool = Pool(make_driver(), parse_url(any_server.url))
        try:
            async with pool.lease() as lease:
                for statement in statements:
                    await lease.fetch(statement.replace("%", "%%"))
                lease.discard()
        finally:
            await pool.close()
            await asyncio.sleep(0.05)  # for the sockets to be gone, too, before the loop is

    asyncio.run(build())
    gateway = Deployment(settings_for(any_server, metadata, folder), folder)
    gateway.must("migrate", "up")
    ann, bob = gateway.user("ann@example.com"), gateway.user("bob@example.com")
    ids = [gateway.connect(ann, any_server, schema, account) for schema in (shop, library)]
    gateway.start()
    try:
        yield World(gateway, any_server, metadata, ids[0], ids[1], gateway.key(ann), gateway.key(bob), shop)
    finally:
        gateway.stop()
        run_sql(any_server, [f"DROP DATABASE IF EXISTS {schema}" for schema in (metadata, shop, library)])
        run_sql(any_server, [f"DROP USER {account[0]}@'%'"])
