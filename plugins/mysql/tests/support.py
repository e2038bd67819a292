"""A scripted server that answers as real ones do, and waiting until a pool is quiet."""

import asyncio

import pytest
from altus4_mysql import Pool
from altus4_mysql import protocol as p
from altus4_mysql.testing import Peer
from altus4_mysql.testing.hostile import column, err, ok, row


async def friendly(peer: Peer) -> None:
    """Answers as real servers do; `SLEEP` takes 20 ms."""
    status = p.STATUS_AUTOCOMMIT
    await peer.login()
    while True:
        statement = (await peer.read())[1:]
        if statement.startswith(b"START"):
            status |= p.STATUS_IN_TRANSACTION
        elif statement in {b"COMMIT", b"ROLLBACK"}:
            status &= ~p.STATUS_IN_TRANSACTION
        if statement.startswith(b"SELECT"):
            if b"SLEEP" in statement:
                await asyncio.sleep(0.02)
            await peer.answer([column()], [row(str(peer.number).encode())], status=status)
        elif statement.startswith(b"SHOW"):
            await peer.answer([column(), column()], [row(b"Uptime", b"100000")])
        elif statement.startswith((b"KILL", b"BAD")):
            await peer.send(err(1094))
        else:
            await peer.send(ok(status))


async def settle(pool: Pool) -> None:
    for _ in range(300):
        if not (pool.stats.active or pool.stats.reaping or pool.stats.queued):
            return
        await asyncio.sleep(0.01)
    pytest.fail(f"not settled: {pool.stats}")
