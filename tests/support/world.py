"""What the end-to-end tests act on."""

import asyncio

import attrs
from altus4_mysql import Pool, make_driver, parse_url
from altus4_sandbox import ServerAddress
from deployment import Deployment


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
