"""Against real servers: deadlines, storms, cuts, kills, restarts."""

import asyncio
import random
import time
from collections.abc import AsyncIterator

import pytest
from altus4_mysql import (
    ConnectFailed,
    ConnectionLost,
    ConnectOptions,
    Driver,
    Limits,
    MySQLError,
    Pool,
    PoolSettings,
    QueryTimeout,
    ResultTooLarge,
    RetryBudget,
    SessionOptions,
    parse_url,
    read,
)
from altus4_mysql.testing import Proxy
from attrs import evolve

pytestmark = pytest.mark.mysql


@pytest.fixture
async def pool(driver: Driver, server: ConnectOptions, schema: str) -> AsyncIterator[Pool]:
    settings = PoolSettings(size=4, max_waiters=1000, acquire_timeout=30.0)
    made = Pool(driver, evolve(server, database=schema), settings)
    yield made
    await made.close()


async def threads(admin: Pool, schema: str) -> int:
    """Sessions of the test's schema on the server."""
    rows = await admin.fetch("SHOW FULL PROCESSLIST")
    return [each[3] for each in rows].count(schema)


async def running_threads(admin: Pool, schema: str) -> int:
    """Sleeping statements of the test's schema."""
    rows = await admin.fetch("SHOW FULL PROCESSLIST")
    return len([each for each in rows if each[3] == schema and "SLEEP(30)" in (each[7] or "")])


async def settle(pool: Pool, seconds: float = 10.0) -> None:
    ends = time.monotonic() + seconds
    while pool.stats.active or pool.stats.reaping or pool.stats.queued:
        assert time.monotonic() < ends, f"not settled: {pool.stats}"
        await asyncio.sleep(0.01)


async def test_a_deadline_ends_the_thread(
    driver: Driver, server: ConnectOptions, admin: Pool, schema: str, bounded
) -> None:
    pool = Pool(driver, evolve(server, database=schema, session=SessionOptions(read_only=True)))
    with bounded(1.5), pytest.raises(QueryTimeout):
        await pool.fetch("SELECT SLEEP(30)", deadline=0.5)
    await settle(pool, 3.0)
    with bounded(3.0):  # the side connection's own thread takes a moment to go
        while await threads(admin, schema):
            await asyncio.sleep(0.01)
    assert (await pool.fetch("SELECT 1")).scalar() == 1
    await pool.close()


async def test_a_thousand_clients_on_four_connections(pool: Pool, admin: Pool, schema: str) -> None:
    rows = await asyncio.gather(*[pool.fetch("SELECT %s", (number,)) for number in range(1000)])
    assert [each.scalar() for each in rows] == list(range(1000))
    assert pool.stats.total <= 4
    assert await threads(admin, schema) <= 4


async def test_a_storm_of_cancellations(pool: Pool, admin: Pool, schema: str) -> None:
    chance = random.Random(11)
    tasks = [asyncio.create_task(pool.fetch("SELECT SLEEP(0.05)")) for _ in range(200)]
    most = 0
    for task in chance.sample(tasks, 190):
        if chance.random() < 0.1:
            await asyncio.sleep(chance.random() * 0.02)
            most = max(most, await threads(admin, schema))
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    await settle(pool)
    assert most <= 2 * 4, "at most the slots and a side connection for each"
    assert pool._permits.free == 4
    assert await threads(admin, schema) <= 4
    results = await asyncio.gather(*[pool.fetch("SELECT 1") for _ in range(100)])
    assert {each.scalar() for each in results} == {1}


async def test_an_answer_too_large_ends_the_thread(pool: Pool, admin: Pool, schema: str) -> None:
    sql = "SELECT REPEAT('x', 1000) FROM information_schema.columns a, information_schema.columns b"
    with pytest.raises(ResultTooLarge):
        await pool.fetch(sql, limits=Limits(max_response_bytes=1 << 20))
    for _ in range(200):
        if await threads(admin, schema) == 0:
            break
        await asyncio.sleep(0.05)
    assert await threads(admin, schema) == 0
    assert (await pool.fetch("SELECT 1")).scalar() == 1


async def test_a_connection_killed_while_idle(pool: Pool, admin: Pool) -> None:
    thread = (await pool.fetch("SELECT CONNECTION_ID()")).scalar()
    await admin.fetch(f"KILL {thread}")
    await asyncio.sleep(0.1)
    assert (await pool.fetch("SELECT CONNECTION_ID()")).scalar() != thread


async def many(pool: Pool) -> None:
    for _ in range(500):
        await pool.fetch("SELECT REPEAT('x', 500)", deadline=3.0)


async def test_cut_anywhere(driver: Driver, server: ConnectOptions) -> None:
    """A connection cut after any number of bytes is one of our errors, in time, and the pool goes on."""
    async with Proxy(server.host, server.port) as proxy:
        # verify-identity is not meant here: the proxy has the server's certificate.
        pool = Pool(
            driver, evolve(server, host="127.0.0.1", port=proxy.port, connect_timeout=2.0), PoolSettings(size=2)
        )
        for cut in (*range(0, 120, 7), 500, 1000, 2000, 3000, 4000, 20_000):
            proxy.cut_after = cut
            with pytest.raises(MySQLError):
                await many(pool)
        proxy.cut_after = None
        assert (await pool.fetch("SELECT 1")).scalar() == 1
        await settle(pool)
        assert pool._permits.free == 2
        await pool.close()


async def test_dead_and_back(driver: Driver, server: ConnectOptions, bounded) -> None:
    async with Proxy(server.host, server.port) as proxy:
        pool = Pool(driver, evolve(server, host="127.0.0.1", port=proxy.port), PoolSettings(size=4, max_waiters=200))
        tasks = [asyncio.create_task(pool.fetch("SELECT SLEEP(0.2)")) for _ in range(20)]
        await asyncio.sleep(0.1)
        await proxy.stop()
        with bounded(2.0):
            results = await asyncio.gather(*tasks, return_exceptions=True)
        assert all(isinstance(each, MySQLError) for each in results)
        with bounded(1.0), pytest.raises(ConnectFailed):
            await pool.fetch("SELECT 1")
        await proxy.start()
        with bounded(2.0):
            assert (await pool.fetch("SELECT 1")).scalar() == 1
        await pool.close()


async def test_a_read_survives_a_dead_connection(driver: Driver, server: ConnectOptions) -> None:
    async with Proxy(server.host, server.port) as proxy:
        pool = Pool(driver, evolve(server, host="127.0.0.1", port=proxy.port), PoolSettings(size=1))
        await pool.fetch("SELECT 1")
        task = asyncio.create_task(read(pool, "SELECT SLEEP(0.2), 5", budget=RetryBudget()))
        await asyncio.sleep(0.05)
        proxy.reset()
        assert (await task).rows == [(0, 5)]
        await pool.close()


async def test_a_statement_whose_connection_is_reset_is_ended_and_counts_until_then(
    driver: Driver, server: ConnectOptions, admin: Pool, schema: str, bounded
) -> None:
    async with Proxy(server.host, server.port) as proxy:
        options = evolve(server, host="127.0.0.1", port=proxy.port, database=schema)
        pool = Pool(driver, options, PoolSettings(size=1))
        await pool.fetch("SELECT 1")
        running = asyncio.create_task(pool.fetch("SELECT SLEEP(30)"))
        while not await running_threads(admin, schema):
            await asyncio.sleep(0.01)
        proxy.reset()
        with pytest.raises(ConnectionLost):
            await running
        assert pool.stats.reaping == 1
        with bounded(3.0):
            assert (await pool.fetch("SELECT 2")).scalar() == 2  # waited for its turn
        assert await running_threads(admin, schema) == 0
        await pool.close()


async def test_frozen_killed_and_restarted(driver: Driver, own_server, bounded) -> None:
    options = evolve(parse_url(own_server.url), connect_timeout=1.0)
    pool = Pool(driver, options, PoolSettings(size=4, max_waiters=100, acquire_timeout=2.0))
    await asyncio.gather(*[pool.fetch("SELECT SLEEP(0.05)") for _ in range(4)])

    own_server.pause()
    await asyncio.sleep(0.1)  # the signal goes through another process
    for _ in range(2):
        with bounded(2.0):
            results = await asyncio.gather(
                *[pool.fetch("SELECT 1", deadline=0.5) for _ in range(20)], return_exceptions=True
            )
        assert all(isinstance(each, MySQLError) for each in results)
    assert pool.stats.total <= 4
    own_server.resume()
    with bounded(6.0):
        await settle(pool, 6.0)
        assert (await pool.fetch("SELECT 1")).scalar() == 1

    await asyncio.to_thread(own_server.kill)
    for _ in range(5):
        with bounded(1.0), pytest.raises(MySQLError):
            await pool.fetch("SELECT 1")
    await asyncio.to_thread(own_server.restart)
    with bounded(6.0):
        assert (await pool.fetch("SELECT 1")).scalar() == 1
    assert pool._permits.free == 4
    await pool.close()
