"""A table that cannot answer, beside others that can."""

import time

import attrs
import pytest
from altus4_mysql import Pool
from altus4_mysql.drivers import make_driver
from altus4_sandbox.address import ServerAddress

from altus4_core.errors import TargetFailed

from .support import Target, natural, opened, options, request

pytestmark = pytest.mark.mysql


async def locked(address: ServerAddress, target: Target, tables: str, query: str):
    """Search for something while another connection holds tables."""
    pool = Pool(make_driver(), options(address, target.name))
    try:
        async with pool.lease() as lease:
            await lease.fetch(f"LOCK TABLES {tables}")
            started = time.monotonic()
            try:
                found = await natural().search(request(query, timeout_ms=700), target)
            finally:
                took = time.monotonic() - started
                await lease.fetch("UNLOCK TABLES")
        return found, took
    finally:
        await pool.close()


async def test_a_table_that_is_late_takes_nothing_from_the_others(shop: Target, any_server: ServerAddress):
    found, took = await locked(any_server, shop, "products WRITE", "coffee mysql")
    articles, products = found
    assert took < 0.9
    assert (articles.table, len(articles.hits), articles.failure) == ("articles", 2, None)
    assert (products.table, products.hits, products.total, products.exhausted) == ("products", (), None, False)
    assert products.failure is not None
    assert products.failure.code == "TIMEOUT"


async def test_when_all_are_late_the_database_is(shop: Target, any_server: ServerAddress):
    with pytest.raises(TargetFailed) as late:
        await locked(any_server, shop, "products WRITE, articles WRITE", "coffee mysql")
    assert late.value.error_code == "TIMEOUT"


async def test_a_server_that_refuses_is_not_asked_for_each_table(any_server: ServerAddress):
    async def fill(pool: Pool) -> None:
        for number in range(12):
            await pool.fetch(f"CREATE TABLE t{number:02} (id INT PRIMARY KEY, body TEXT, FULLTEXT KEY ft (body))")

    async with opened(any_server, fill) as target:
        await target.pool.close()
        wrong = attrs.evolve(options(any_server, target.name), password="not this one")
        target.pool = Pool(make_driver(), wrong)
        with pytest.raises(TargetFailed) as refused:
            await natural().search(request("coffee"), target)
    assert refused.value.error_code == "ACCESS_DENIED"
    assert len(target.statements) <= 4
