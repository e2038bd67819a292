"""A hostile server that stalls, drips or hangs up in the middle: deadlines, kills, repetitions."""

import asyncio

import pytest
from altus4_mysql import (
    ConnectionLost,
    Driver,
    Pool,
    PoolSettings,
    QueryTimeout,
    RetryBudget,
    make_driver,
    read,
)
from altus4_mysql.testing import HostileServer, Peer
from altus4_mysql.testing.hostile import TWO, answering, column, eof, err, ok, row


async def dripping(peer: Peer) -> None:
    await peer.login()
    if (await peer.read()).startswith(b"\x03KILL"):
        await peer.send(err(1094))
        return
    await peer.send(b"\x02", *TWO, eof())
    await peer.drip(b"".join([peer.framed(row(b"x", b"1")) for _ in range(100)]), 0.01)


async def mute(peer: Peer) -> None:
    await peer.login()
    while (await peer.read()).startswith(b"\x03S"):
        if peer.received[-1].startswith(b"\x03SHOW"):
            await peer.answer([column(), column()], [row(b"Uptime", b"1000")])
    await peer.send(err(1094))
    await peer.stall()


@pytest.mark.parametrize("script", [dripping, mute])
async def test_a_deadline_holds_and_the_thread_is_killed(driver: Driver, options, bounded, script) -> None:
    async with HostileServer(script) as server:
        pool = Pool(driver, options(server.port), PoolSettings(size=1, reap_timeout=1.0))
        with bounded(1.0), pytest.raises(QueryTimeout):
            await pool.fetch("SELECT 1", deadline=0.2)
        assert pool.stats.reaping == 1
        for _ in range(200):
            if not pool.stats.reaping:
                break
            await asyncio.sleep(0.01)
        assert pool.stats.total == 0
        if script is mute:
            assert server.peers[1].received[-1] == b"\x03KILL QUERY 1"
        await pool.close()


async def test_a_side_connection_to_a_new_life_kills_nobody(driver: Driver, options) -> None:
    async def script(peer: Peer) -> None:
        await peer.login()
        while (await peer.read()).startswith(b"\x03S"):
            if peer.received[-1].startswith(b"\x03SHOW"):
                await peer.answer([column(), column()], [row(b"Uptime", b"0")])
        await peer.send(ok())

    async with HostileServer(script) as server:
        pool = Pool(driver, options(server.port), PoolSettings(size=1))
        await pool.fetch("SHOW 1")
        for slot in pool._idle:
            slot.born -= 100  # connected long before the server says it started
        with pytest.raises(QueryTimeout):
            await pool.fetch("SELECT 1", deadline=0.05)
        for _ in range(200):
            if not pool.stats.reaping:
                break
            await asyncio.sleep(0.01)
        assert pool.stats.total == 0
        assert b"KILL" not in server.received
        await pool.close()


async def gone(pool: Pool) -> None:
    for _ in range(200):
        if not pool.stats.reaping:
            break
        await asyncio.sleep(0.01)
    assert pool.stats.total == 0


async def test_thread_ids_that_begin_anew_are_somebody_elses(driver: Driver, options) -> None:
    async def script(peer: Peer) -> None:
        if len(server.peers) == 1:
            peer.number = 100
        await mute(peer)

    async with HostileServer(script) as server:
        pool = Pool(driver, options(server.port), PoolSettings(size=1))
        with pytest.raises(QueryTimeout):
            await pool.fetch("SELECT 1", deadline=0.1)
        await gone(pool)
        assert len(server.peers) == 2
        assert b"KILL" not in server.received
        await pool.close()


@pytest.mark.parametrize("name", ["aiomysql", "asyncmy"])
async def test_a_name_that_leads_elsewhere_is_not_followed_to_kill(name: str, options) -> None:
    addresses = [["127.0.0.1"], ["127.0.0.2"]]

    async def resolve(host: str, port: int) -> list[str]:
        return addresses.pop(0)

    async with HostileServer(mute) as server:
        pool = Pool(make_driver(name, resolve), options(server.port), PoolSettings(size=1))
        with pytest.raises(QueryTimeout):
            await pool.fetch("SELECT 1", deadline=0.1)
        await gone(pool)
        assert len(server.peers) == 1
        assert addresses == []
        await pool.close()


async def test_lost_before_and_after_the_first_byte(driver: Driver, options, fails) -> None:
    async def before(peer: Peer) -> None:
        await peer.login()
        await peer.read()

    error, _ = await fails(driver, before, options, ConnectionLost)
    assert error.before_first_row
    error, _ = await fails(
        driver, answering(b"\x02", *TWO, eof(), row(b"x", b"1"), stall=False), options, ConnectionLost
    )
    assert not error.before_first_row


async def test_a_read_is_repeated_once_on_a_new_connection(driver: Driver, options) -> None:
    async def script(peer: Peer) -> None:
        await peer.login()
        await peer.read()
        if peer.number == 3:  # the second asks what became of the first one's statement
            await peer.answer([column()], [row(b"second")])
            await peer.stall()

    async with HostileServer(script) as server:
        pool = Pool(driver, options(server.port), PoolSettings(size=1))
        rows = await read(pool, "SELECT 1", budget=RetryBudget())
        assert rows.scalar() == "second"
        assert len(server.peers) == 3
        await pool.close()


async def test_the_repetition_does_not_meet_another_dead_connection(driver: Driver, options) -> None:
    async def script(peer: Peer) -> None:
        await peer.login()
        await peer.read()
        await asyncio.sleep(0.02)
        await peer.answer([column()], [row(b"of %d" % peer.number)])
        await peer.read()  # and the second statement kills the connection

    async with HostileServer(script) as server:
        pool = Pool(driver, options(server.port), PoolSettings(size=2))
        await asyncio.gather(pool.fetch("SELECT 1"), pool.fetch("SELECT 1"))
        assert pool.stats.idle == 2
        rows = await read(pool, "SELECT 1", budget=RetryBudget())
        # Another new one may come first: it asks what became of the first statement.
        assert rows.scalar() in {"of 3", "of 4"}
        assert pool.stats.total <= 2
        await pool.close()


async def test_nothing_is_repeated_after_the_first_byte(driver: Driver, options) -> None:
    async with HostileServer(answering(b"\x02", *TWO, eof(), row(b"x", b"1"), stall=False)) as server:
        pool = Pool(driver, options(server.port), PoolSettings(size=1))
        with pytest.raises(ConnectionLost):
            await read(pool, "SELECT 1", budget=RetryBudget())
        assert len(server.peers) == 1
        await pool.close()


async def test_repetitions_have_a_budget(driver: Driver, options) -> None:
    async def script(peer: Peer) -> None:
        await peer.login()
        await peer.read()

    async with HostileServer(script) as server:
        pool = Pool(driver, options(server.port), PoolSettings(size=1))
        budget = RetryBudget(share=0.2, reserve=1.0)
        for _ in range(11):
            with pytest.raises(ConnectionLost):
                await read(pool, "SELECT 1", budget=budget)
        # Each is followed by a connection that asks what became of the statement.
        assert server.received.count(b"SELECT 1") == 11 + 3, "one saved up and a fifth of the requests"
        await pool.close()
