"""What the end-to-end tests act on."""

import asyncio
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import attrs
from altus4_mysql import Pool, make_driver, parse_url
from altus4_sandbox import ServerAddress, new_schema_name
from deployment import Deployment, settings_for

SCRIPTS = Path(__file__).parents[1] / "e2e"
PASSWORD = "rd only 'p@ss\\word %41"
"""Of the account that the gateway reads with."""


@attrs.frozen
class World:
    """One served gateway with two tenants: ann has the shop and the library, bob nothing."""

    gateway: Deployment
    server: ServerAddress
    metadata: str
    shop: str
    library: str
    ann: str
    bob: str
    shop_schema: str
    library_schema: str

    def sql(self, statement: str) -> list[tuple[object, ...]]:
        return run_sql(self.server, [statement])


def run_sql(server: ServerAddress, statements: list[str]) -> list[tuple[object, ...]]:
    async def work() -> list[tuple[object, ...]]:
        pool = Pool(make_driver(), parse_url(server.url))
        try:
            for statement in statements:
                rows = await pool.fetch(statement.replace("%", "%%"))
            return list(rows)
        finally:
            await pool.close()
            await asyncio.sleep(0.05)  # for the sockets to be gone, too, before the loop is

    return asyncio.run(work())


@contextmanager
def a_world(server: ServerAddress, folder: Path, more: Mapping[str, str] | None = None) -> Iterator[World]:
    """Build the world on a server, with `more` settings of the gateway, and clear it away."""
    metadata, shop, library = (new_schema_name(prefix) for prefix in ("meta", "shop", "library"))
    account = (f"r{shop[-8:]}", PASSWORD)
    quoted = account[1].replace("\\", "\\\\").replace("'", "''")
    scripts = {shop: "products", library: "articles"}
    statements = [f"CREATE USER {account[0]}@'%' IDENTIFIED BY '{quoted}'"]
    for schema, script in scripts.items():
        statements += [f"CREATE DATABASE {schema} CHARACTER SET utf8mb4", f"USE {schema}"]
        text = (SCRIPTS / f"{script}.sql").read_text(encoding="utf-8")
        statements += [part.strip() for part in text.split(";\n") if part.strip()]
        statements.append(f"GRANT SELECT, SHOW VIEW ON {schema}.* TO {account[0]}@'%'")

    async def build() -> None:
        pool = Pool(make_driver(), parse_url(server.url))
        try:
            async with pool.lease() as lease:
                for statement in statements:
                    await lease.fetch(statement.replace("%", "%%"))
                lease.discard()
        finally:
            await pool.close()
            await asyncio.sleep(0.05)  # for the sockets to be gone, too, before the loop is

    asyncio.run(build())
    gateway = Deployment({**settings_for(server, metadata, folder), **(more or {})}, folder)
    gateway.must("migrate", "up")
    ann, bob = gateway.user("ann@example.com"), gateway.user("bob@example.com")
    ids = [gateway.connect(ann, server, schema, account) for schema in (shop, library)]
    gateway.start()
    try:
        yield World(gateway, server, metadata, ids[0], ids[1], gateway.key(ann), gateway.key(bob), shop, library)
    finally:
        gateway.stop()
        run_sql(server, [f"DROP DATABASE IF EXISTS {schema}" for schema in (metadata, shop, library)])
        run_sql(server, [f"DROP USER {account[0]}@'%'"])
