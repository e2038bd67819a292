"""How long the discovery of a database takes, by its number of tables, on MySQL and MariaDB.

    nox -s bench -- discovery [--tables 1,100,1000]

Each table has ten columns, a primary key and a FULLTEXT index. The first reading is cold; the second one remembers the
FULLTEXT parsers, as every refresh does.
"""

import argparse
import asyncio
import logging
import time
from datetime import UTC, datetime

from altus4_databases_mysql.discovery import Discovery
from altus4_mysql import Pool, make_driver, parse_url
from altus4_sandbox import PrivateServer, find_or_fetch

LOGGER = logging.getLogger("bench")
COLUMNS = "id INT PRIMARY KEY, title VARCHAR(200), body TEXT, " + ", ".join(f"c{n} VARCHAR(50)" for n in range(7))


async def make(pool: Pool, schema: str, tables: int) -> None:
    """Make the tables, on several connections."""
    await pool.fetch(f"CREATE DATABASE {schema} CHARACTER SET utf8mb4")

    async def one(number: int) -> None:
        statement = f"CREATE TABLE {schema}.t{number} ({COLUMNS}, FULLTEXT KEY ft (title, body)) ENGINE=InnoDB"
        await pool.fetch(statement, deadline=600)

    for start in range(0, tables, 4):
        await asyncio.gather(*(one(number) for number in range(start, min(start + 4, tables))))


async def read(pool: Pool, schema: str, remembered: object = None) -> tuple[float, object, int]:
    """Read a schema once; give seconds, parsers and the number of tables."""
    discovery = Discovery(schema, LOGGER)
    async with pool.lease() as lease:
        lease.discard()
        started = time.perf_counter()
        found = await discovery.read(lease, datetime.now(UTC), remembered)
        return time.perf_counter() - started, found.parsers, len(found.schema.tables)


async def measure(counts: list[int]) -> None:
    """Measure on both servers."""
    print("server    tables   first reading   refresh")
    for flavour in ("mysql", "mariadb"):
        with PrivateServer(find_or_fetch(flavour)) as server:
            pool = Pool(make_driver(), parse_url(server.address.url))
            for count in counts:
                schema = f"s{count}"
                await make(pool, schema, count)
                first, parsers, tables = await read(pool, schema)
                again, _, _ = await read(pool, schema, parsers)
                assert tables == count
                print(f"{flavour:9} {tables:6} {first * 1000:12.0f} ms {again * 1000:6.0f} ms", flush=True)
            await pool.close()


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--tables", default="1,100,1000")
    asyncio.run(measure([int(text) for text in parser.parse_args().tables.split(",")]))
