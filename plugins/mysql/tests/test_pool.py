"""The pool against a scripted server: permits, queue, closing."""

import asyncio
import random

import pytest
from altus4_mysql import (
    ConnectFailed,
    Driver,
    MySQLError,
    Pool,
    PoolClosed,
    PoolExhausted,
    PoolSettings,
    QueryFailed,
    QueryTimeout,
    UnsafeParameter,
)
from altus4_mysql.permits import Permits
from altus4_mysql.testing import HostileServer, Peer
from altus4_mysql.testing.hostile import column, err, ok, row

from .support import friendly, settle


async def test_a_thousand_clients_on_four_connections(driver: Driver, options) -> None:
    async with HostileServer(friendly) as server:
        pool = Pool(
            driver, options(server.port, query_timeout=30.0), PoolSettings(size=4, max_waiters=1000, acquire_timeout=30)
        )
        most = 0

        async def client() -> None:
            nonlocal most
            await pool.fetch("SELECT 1")
            most = max(most, pool.stats.total)

        await asyncio.gather(*[client() for _ in range(1000)])
        assert most <= 4
        assert len(server.peers) <= 4
        assert pool._permits.free == 4
        assert (pool.stats.active, pool.stats.queued) == (0, 0)
        await pool.close()


async def test_one_waiter_too_many(driver: Driver, options, bounded) -> None:
    async with HostileServer(friendly) as server:
        pool = Pool(driver, options(server.port), PoolSettings(size=1, max_waiters=3))
        tasks = [asyncio.create_task(pool.fetch("SELECT SLEEP(1)")) for _ in range(4)]
        await asyncio.sleep(0.005)
        assert pool.stats.queued == 3
        with bounded(0.5), pytest.raises(PoolExhausted):
            await pool.fetch("SELECT 1")
        await asyncio.gather(*tasks)
        await pool.close()


async def test_acquire_timeout(driver: Driver, options, bounded) -> None:
    async with HostileServer(friendly) as server:
        pool = Pool(driver, options(server.port), PoolSettings(size=1, acquire_timeout=0.1))
        async with pool.lease():
            with bounded(1.0), pytest.raises(PoolExhausted):
                await pool.fetch("SELECT 1")
            with bounded(0.5), pytest.raises(PoolExhausted):
                await pool.fetch("SELECT 1", deadline=0.05)
            assert pool.stats.queued == 0
        assert (await pool.fetch("SELECT 1")).scalar() == "1"
        await pool.close()


@pytest.mark.parametrize("seed", range(5))
async def test_a_storm_of_cancellations(driver: Driver, options, seed: int) -> None:
    chance = random.Random(seed)
    async with HostileServer(friendly) as server:
        settings = PoolSettings(size=4, max_waiters=400, acquire_timeout=5, reap_timeout=3)
        pool = Pool(driver, options(server.port, query_timeout=5.0, connect_timeout=5.0), settings)
        tasks = [asyncio.create_task(pool.fetch("SELECT SLEEP(1)")) for _ in range(300)]
        for task in chance.sample(tasks, 250):
            if chance.random() < 0.3:
                await asyncio.sleep(chance.random() * 0.003)
            task.cancel()
        results = await asyncio.gather(*tasks, return_exceptions=True)
        assert {type(each) for each in results} <= {asyncio.CancelledError, type(await pool.fetch("SELECT 1"))}
        await settle(pool)
        assert pool._permits.free == 4
        rows = await asyncio.gather(*[pool.fetch("SELECT 1") for _ in range(50)])
        assert len(rows) == 50
        assert pool.stats.total <= 4
        await pool.close()
        assert pool.stats.total == 0


async def test_the_slot_stays_taken_while_the_thread_lives(driver: Driver, options) -> None:
    alive = True

    async def script(peer: Peer) -> None:
        await peer.login()
        while True:
            statement = (await peer.read())[1:]
            if statement.startswith(b"SHOW"):
                await peer.answer([column(), column()], [row(b"Uptime", b"100000")])
            elif statement.startswith(b"KILL"):
                await peer.send(ok() if alive else err(1094))
            elif peer.number > 1:
                await peer.answer([column()], [row(b"x")])

    async with HostileServer(script) as server:
        pool = Pool(driver, options(server.port), PoolSettings(size=1, acquire_timeout=0.1))
        with pytest.raises(QueryTimeout):
            await pool.fetch("SELECT 1", deadline=0.05)
        for _ in range(3):
            with pytest.raises(PoolExhausted):
                await pool.fetch("SELECT 1")
        assert pool.stats.reaping == 1
        assert len(server.peers) == 2, "the victim and one side connection"
        alive = False
        await settle(pool)
        kills = [each for each in server.peers[1].received if each.startswith(b"\x03KILL")]
        assert kills[0] == b"\x03KILL QUERY 1"
        assert set(kills[1:]) == {b"\x03KILL 1"}
        assert (await pool.fetch("SELECT 1")).scalar() == "x"
        await pool.close()


async def test_side_connections_may_have_a_driver_of_their_own(driver: Driver, options) -> None:
    class Broken:
        name = "broken"
        connected = False

        async def connect(self, wanted: object, *, only: str | None = None) -> object:
            if self.connected:
                raise ConnectFailed("unreachable")
            self.connected = True
            return await driver.connect(wanted, only=only)

    async def script(peer: Peer) -> None:
        if peer.number > 1:
            await friendly(peer)
        await peer.login()
        await peer.stall()

    async with HostileServer(script) as server:
        pool = Pool(Broken(), options(server.port), PoolSettings(size=1), killer=driver)
        with pytest.raises(QueryTimeout):
            await pool.fetch("SELECT 1", deadline=0.05)
        await settle(pool)
        assert b"\x03KILL QUERY 1" in server.peers[1].received
        await pool.close()


async def test_giving_up_on_a_thread_is_bounded(driver: Driver, options) -> None:
    async def script(peer: Peer) -> None:
        await peer.login()
        while True:
            statement = (await peer.read())[1:]
            if statement.startswith(b"SHOW"):
                await peer.answer([column(), column()], [row(b"Uptime", b"100000")])
            elif statement.startswith(b"KILL"):
                await peer.send(ok())

    async with HostileServer(script) as server:
        pool = Pool(driver, options(server.port), PoolSettings(size=1, reap_timeout=0.3))
        with pytest.raises(QueryTimeout):
            await pool.fetch("SELECT 1", deadline=0.05)
        await asyncio.sleep(0.2)
        assert pool.stats.reaping == 1
        await asyncio.sleep(0.3)
        assert pool.stats.reaping == 0
        assert pool._permits.free == 1
        await pool.close()


async def test_a_dead_server_and_its_return(driver: Driver, options) -> None:
    async with HostileServer(friendly) as server:
        pool = Pool(driver, options(server.port), PoolSettings(size=4))
        await asyncio.gather(*[pool.fetch("SELECT SLEEP(1)") for _ in range(4)])
        assert pool.stats.idle == 4
    for _ in range(10):
        with pytest.raises(MySQLError):
            await pool.fetch("SELECT 1")
    with pytest.raises(ConnectFailed) as caught:
        await pool.fetch("SELECT 1")
    assert caught.value.reason == "unreachable"
    assert caught.value.nobody_there
    assert pool._permits.free == 4
    async with HostileServer(friendly, server.port):
        assert (await pool.fetch("SELECT 1")).scalar() == "1"
        await pool.close()


async def test_one_stalled_login_blocks_nobody_else(driver: Driver, options, bounded) -> None:
    async def script(peer: Peer) -> None:
        if peer.number == 1:
            await peer.stall()
        await friendly(peer)

    async with HostileServer(script) as server:
        pool = Pool(driver, options(server.port, connect_timeout=1.0), PoolSettings(size=4))
        first = asyncio.create_task(pool.fetch("SELECT 1"))
        await asyncio.sleep(0.01)
        with bounded(0.9):
            await asyncio.gather(*[pool.fetch("SELECT 1") for _ in range(20)])
        with pytest.raises(MySQLError):
            await first
        await pool.close()


async def test_errors_keep_the_connection(driver: Driver, options) -> None:
    async with HostileServer(friendly) as server:
        pool = Pool(driver, options(server.port), PoolSettings(size=1))
        for _ in range(5):
            with pytest.raises(QueryFailed):
                await pool.fetch("BAD")
            with pytest.raises(UnsafeParameter):
                await pool.fetch("SELECT %s", ([1],))
        assert len(server.peers) == 1
        await pool.close()


async def test_a_transaction_left_open_closes_the_connection(driver: Driver, options) -> None:
    async with HostileServer(friendly) as server:
        pool = Pool(driver, options(server.port), PoolSettings(size=1))
        async with pool.lease() as lease:
            await lease.fetch("START TRANSACTION")
        assert (await pool.fetch("SELECT 1")).scalar() == "2"
        async with pool.lease() as lease:
            lease.discard()
        assert (await pool.fetch("SELECT 1")).scalar() == "3"
        await pool.close()


async def test_transactions(driver: Driver, options) -> None:
    async with HostileServer(friendly) as server:
        pool = Pool(driver, options(server.port), PoolSettings(size=1))
        async with pool.lease() as lease, lease.transaction():
            await lease.fetch("INSERT 1")
        with pytest.raises(RuntimeError):
            async with pool.lease() as lease, lease.transaction():
                raise RuntimeError
        said = [each[1:] for each in server.peers[0].received[2:]]
        assert said == [b"START TRANSACTION", b"INSERT 1", b"COMMIT", b"START TRANSACTION", b"ROLLBACK"]
        assert pool.stats.idle == 1
        with pytest.raises(PoolClosed):
            await lease.fetch("SELECT 1")
        await pool.close()


async def test_idle_and_old_connections_are_replaced(driver: Driver, options) -> None:
    async with HostileServer(friendly) as server:
        pool = Pool(driver, options(server.port), PoolSettings(size=2, idle_timeout=0.1))
        await pool.fetch("SELECT 1")
        assert pool.stats.idle == 1
        await asyncio.sleep(0.25)
        assert pool.stats.idle == 0, "closed without anybody asking"
        await pool.close()
        pool = Pool(driver, options(server.port), PoolSettings(size=2, max_lifetime=0.05))
        await pool.fetch("SELECT 1")
        await asyncio.sleep(0.06)
        await pool.fetch("SELECT 1")
        assert len(server.peers) == 3
        await pool.close()


async def test_a_connection_closed_by_the_server_is_noticed(driver: Driver, options) -> None:
    async def script(peer: Peer) -> None:
        await peer.login()
        await peer.read()
        await peer.answer([column()], [row(str(peer.number).encode())])

    async with HostileServer(script) as server:
        pool = Pool(driver, options(server.port), PoolSettings(size=1))
        for number in range(1, 5):
            assert (await pool.fetch("SELECT 1")).scalar() == str(number)
            await asyncio.sleep(0.02)
        await pool.close()


async def test_close_never_hangs(driver: Driver, options, bounded) -> None:
    async def script(peer: Peer) -> None:
        await peer.login()
        await peer.stall()

    async with HostileServer(script) as server:
        pool = Pool(driver, options(server.port, query_timeout=30.0), PoolSettings(size=2, acquire_timeout=30.0))
        tasks = [asyncio.create_task(pool.fetch("SELECT 1")) for _ in range(5)]
        await asyncio.sleep(0.05)
        with bounded(1.5):
            await pool.close(timeout=0.2)
        results = await asyncio.gather(*tasks, return_exceptions=True)
        assert all(isinstance(each, MySQLError) for each in results)
        assert sum(isinstance(each, PoolClosed) for each in results) == 3
        with pytest.raises(PoolClosed):
            await pool.fetch("SELECT 1")
        with pytest.raises(PoolClosed):
            async with pool.lease():
                pass
        with bounded(0.5):
            await pool.close()
        assert pool.stats.total == 0


async def test_close_while_connecting(driver: Driver, options) -> None:
    async def script(peer: Peer) -> None:
        await asyncio.sleep(0.1)
        await friendly(peer)

    async with HostileServer(script) as server:
        pool = Pool(driver, options(server.port), PoolSettings(size=2))
        task = asyncio.create_task(pool.fetch("SELECT 1"))
        await asyncio.sleep(0.02)
        await pool.close()
        with pytest.raises(PoolClosed):
            await task
        assert pool.stats.total == 0


async def test_close_lets_borrowers_finish(driver: Driver, options) -> None:
    async with HostileServer(friendly) as server:
        pool = Pool(driver, options(server.port), PoolSettings(size=1))
        task = asyncio.create_task(pool.fetch("SELECT SLEEP(1)"))
        await asyncio.sleep(0.01)
        await pool.close()
        assert (await task).scalar() == "1"


async def test_permits_are_fair_and_never_lost() -> None:
    permits = Permits(2, 50)
    order: list[int] = []
    chance = random.Random(7)

    async def user(number: int) -> None:
        await permits.acquire(5)
        order.append(number)
        try:
            await asyncio.sleep(chance.random() * 0.002)
        finally:
            permits.release()

    tasks = [asyncio.create_task(user(number)) for number in range(40)]
    await asyncio.sleep(0)
    for task in chance.sample(tasks, 20):
        await asyncio.sleep(0)
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    assert order == sorted(order)
    assert (permits.free, permits.queued) == (2, 0)


async def test_a_permit_handed_over_to_the_dead_is_passed_on() -> None:
    permits = Permits(1, 5)
    await permits.acquire(1)
    waiting = asyncio.create_task(permits.acquire(1))
    await asyncio.sleep(0)
    permits.release()  # handed to `waiting`, which has not run yet
    waiting.cancel()
    await asyncio.gather(waiting, return_exceptions=True)
    assert permits.free == 1
