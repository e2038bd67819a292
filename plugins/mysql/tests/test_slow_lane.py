"""Slow statements in a pool: few at once, so that quick ones find a connection beside them."""

import asyncio
from collections import Counter

import pytest
from altus4_mysql import ConnectFailed, Driver, Pool, PoolExhausted, PoolSettings, QueryFailed, QueryTimeout
from altus4_mysql.testing import HostileServer, Peer
from altus4_mysql.testing.hostile import column, err, ok, row

from .support import friendly, settle


async def test_slow_statements_leave_connections_to_quick_ones(driver: Driver, options) -> None:
    async with HostileServer(friendly) as server:
        pool = Pool(driver, options(server.port), PoolSettings(size=8, max_waiters=64))
        most = 0

        async def slow() -> None:
            nonlocal most
            await pool.fetch("SELECT SLEEP(1)", slow=True)
            most = max(most, pool.stats.slow)

        async def quick() -> None:
            while not all(task.done() for task in tasks):
                await pool.fetch("SELECT 1", deadline=0.5)
                assert pool.stats.slow <= 2

        tasks = [asyncio.create_task(slow()) for _ in range(16)]
        await asyncio.gather(quick(), *tasks)
        assert 1 <= most <= 2
        assert pool._slow.free == 2
        assert pool._permits.free == 8
        await pool.close()


async def test_a_slow_statement_that_is_killed_holds_its_lane(driver: Driver, options) -> None:
    alive = True

    async def script(peer: Peer) -> None:
        await peer.login()
        while True:
            statement = (await peer.read())[1:]
            if statement.startswith(b"SHOW"):
                await peer.answer([column(), column()], [row(b"Uptime", b"100000")])
            elif statement.startswith(b"KILL"):
                await peer.send(ok() if alive else err(1094))
            elif b"HANG" not in statement:
                await peer.answer([column()], [row(b"x")])

    async with HostileServer(script) as server:
        pool = Pool(driver, options(server.port), PoolSettings(size=4, acquire_timeout=0.1))
        with pytest.raises(QueryTimeout):
            await pool.fetch("SELECT HANG", deadline=0.05, slow=True)
        with pytest.raises(PoolExhausted):
            await pool.fetch("SELECT 1", slow=True)
        assert (await pool.fetch("SELECT 1")).scalar() == "x"
        alive = False
        await settle(pool)
        assert (await pool.fetch("SELECT 1", slow=True)).scalar() == "x"
        assert pool._slow.free == 1
        await pool.close()


async def test_nobody_keeps_the_lane_after_failures(driver: Driver, options) -> None:
    async with HostileServer(friendly) as server:
        pool = Pool(driver, options(server.port), PoolSettings(size=2, max_waiters=8, acquire_timeout=0.05))
        tasks = [asyncio.create_task(pool.fetch("SELECT SLEEP(1)", slow=True)) for _ in range(6)]
        await asyncio.sleep(0.01)
        for task in tasks[1::2]:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        with pytest.raises(QueryFailed):
            await pool.fetch("BAD", slow=True)
        await settle(pool)
        assert (pool._slow.free, pool._permits.free) == (1, 2)
        await pool.close()
    pool = Pool(driver, options(server.port), PoolSettings(size=2))  # nobody listens there any more
    with pytest.raises(ConnectFailed):
        await pool.fetch("SELECT 1", slow=True)
    assert (pool._slow.free, pool._permits.free) == (1, 2)
    await pool.close()


async def test_slow_statements_that_would_end_too_late_are_not_sent(driver: Driver, options) -> None:
    """A killed statement may work on (FULLTEXT does), so one that cannot end in time costs another its turn."""
    busy: dict[int, float] = {}
    clock = asyncio.get_running_loop().time

    async def script(peer: Peer) -> None:
        await peer.login()
        while True:
            statement = (await peer.read())[1:]
            if statement.startswith(b"SHOW"):
                await peer.answer([column(), column()], [row(b"Uptime", b"100000")])
            elif statement.startswith(b"KILL"):
                ends = busy.get(int(statement.split()[-1]), 0.0)
                await peer.send(ok() if clock() < ends else err(1094))
            else:
                busy[peer.number] = clock() + 0.05
                await asyncio.sleep(0.05)
                await peer.answer([column()], [row(b"x")])

    outcomes: Counter[str] = Counter()

    async def client() -> None:
        while clock() < ends:
            try:
                await pool.fetch("SELECT HEAVY", deadline=0.2, slow=True)
                outcomes["answered"] += 1
            except PoolExhausted:
                outcomes["refused"] += 1
            except (QueryTimeout, ConnectFailed):
                outcomes["in vain"] += 1

    async with HostileServer(script) as server:
        pool = Pool(driver, options(server.port), PoolSettings(size=4))
        await pool.fetch("SELECT HEAVY", slow=True)
        ends = clock() + 1.5
        await asyncio.gather(*(client() for _ in range(16)))
        await settle(pool)
        await pool.close()
    assert outcomes["answered"] >= 15, outcomes  # there is time for 30
    assert outcomes["in vain"] <= 3, outcomes
    assert outcomes["refused"] < 200, "who is refused at once comes again at once"
