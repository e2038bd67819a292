"""What a database server that lies can do: a row for each way, with its outcome, time, memory and the loop's lag.

    nox -s bench -- hostile [--driver aiomysql|asyncmy]

Each way is a scripted server that one target connects to as the gateway does; the last column is whether a good server
is asked and answers right afterwards with its own rows. Memory is by how much the process's peak rose; the lying server
runs in the same process and event loop, so its own work is part of memory, time and lag.
"""

import argparse
import asyncio
import resource
import time
from collections.abc import Mapping

from altus4_mysql import ConnectOptions, Limits, Pool, PoolSettings, TLSOptions, make_driver
from altus4_mysql import protocol as p
from altus4_mysql.errors import MySQLError
from altus4_mysql.testing import HostileServer, Peer, Script
from altus4_mysql.testing.hostile import answering, column, eof, err, result, row

DEADLINE = 2.0
TWO = (column("a"), column("b"))


async def silent(peer: Peer) -> None:
    """Accept and say nothing."""
    await peer.stall()


async def dripping(peer: Peer) -> None:
    """Greet a byte a second."""
    await peer.drip(peer.framed(peer.greeting()), 1.0)


async def garbage(peer: Peer) -> None:
    """Be something else."""
    await peer.raw(b"SSH-2.0-OpenSSH_9.2\r\n")
    await peer.stall()


async def clear_password(peer: Peer) -> None:
    """Ask for the password in clear."""
    await peer.send(peer.greeting(plugin="mysql_clear_password"))
    await peer.stall()


async def no_tls(peer: Peer) -> None:
    """Say that it cannot encrypt."""
    await peer.send(peer.greeting(capabilities=p.CLIENT_FLAGS & ~p.SSL))
    await peer.stall()


async def local_file(peer: Peer) -> None:
    """Ask for a file of the client's."""
    await peer.login()
    await peer.read()
    await peer.send(b"\xfb/etc/passwd")
    await peer.stall()


def endless(payload: bytes) -> Script:
    """Send rows without end."""

    async def script(peer: Peer) -> None:
        await peer.login()
        await peer.read()
        await peer.send(b"\x02", *TWO, eof())
        while True:
            await peer.send(*[payload] * 200)
            await asyncio.sleep(0)  # the lag to be seen is the client's, not that of making rows

    return script


async def huge_packet(peer: Peer) -> None:
    """Announce a row of 16 MiB."""
    await peer.login()
    await peer.read()
    await peer.send(b"\x02", *TWO, eof())
    await peer.raw(b"\xff\xff\xff" + bytes([peer.seq]) + b"x" * 100_000)
    await peer.stall()


async def dripping_rows(peer: Peer) -> None:
    """Answer a byte a second."""
    await peer.login()
    await peer.read()
    for payload in (b"\x02", *TWO, eof()):
        await peer.drip(peer.framed(payload), 1.0)


async def leftovers(peer: Peer) -> None:
    """Answer twice to one statement."""
    await peer.login()
    await peer.read()
    await peer.send(*result(TWO, row(b"1", b"2")), *result(TWO, row(b"somebody", b"else's")))
    await peer.stall()


WAYS: Mapping[str, Script] = {
    "silent": silent,
    "drips its greeting": dripping,
    "is no MySQL server": garbage,
    "asks for the password in clear": clear_password,
    "strips TLS": no_tls,
    "asks for a local file": local_file,
    "endless rows": endless(row(b"x" * 1000, b"1")),
    "endless NULLs": endless(row(None, None)),
    "a packet of 16 MiB": huge_packet,
    "100,000 columns": answering(b"\xfd\xa0\x86\x01"),
    "drips its answer": dripping_rows,
    "a second result": leftovers,
    "invalid UTF-8": answering(*result(TWO, row(b"\xff\xfe\xfd", b"1"))),
    "a decimal of 1,000,000 digits": answering(*result((column("a", p.TYPE_NEWDECIMAL),), row(b"9" * 1_000_000))),
    "an error of control characters": answering(err(1064, b"\x1b[2J\x00\r\nforged log line")),
    "hangs up in the middle": answering(b"\x02", TWO[0], stall=False),
}


async def lag_of(stopped: asyncio.Event) -> float:
    """Give the loop's longest lag in milliseconds until stopped."""
    worst = 0.0
    while not stopped.is_set():
        before = time.perf_counter()
        await asyncio.sleep(0.005)
        worst = max(worst, (time.perf_counter() - before - 0.005) * 1000)
    return worst


def peak_mib() -> float:
    """Give the largest resident size of this process so far."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def options(port: int, *, tls: bool = False) -> ConnectOptions:
    """Connect as the gateway does, with its caps."""
    return ConnectOptions(
        host="127.0.0.1",
        port=port,
        user="reader",
        password="secret",
        tls=TLSOptions("required" if tls else "disabled"),
        connect_timeout=DEADLINE,
        limits=Limits(max_response_bytes=4 << 20, max_rows=20_000),
    )


async def try_one(name: str, script: Script, driver: str) -> None:
    """Meet one server and print its row."""
    stopped = asyncio.Event()
    lag = asyncio.create_task(lag_of(stopped))
    before = peak_mib()
    started = time.perf_counter()
    async with HostileServer(script) as server:
        tls = name == "strips TLS"
        pool = Pool(make_driver(driver), options(server.port, tls=tls), PoolSettings(size=2, reap_timeout=1.0))
        try:
            rows = await pool.fetch("SELECT a, b FROM t", deadline=DEADLINE)
            outcome = f"answered: {str(list(rows))[:36]}"
        except MySQLError as error:
            outcome = type(error).__name__ + (f" ({error.reason})" if hasattr(error, "reason") else "")
        took = (time.perf_counter() - started) * 1000
        leaked = b"secret" in server.received
        await pool.close(0.2)
    peak = peak_mib() - before
    async with HostileServer(answering(*result(TWO, row(b"own", b"rows")))) as good:
        pool = Pool(make_driver(driver), options(good.port), PoolSettings(size=2))
        next_one = list(await pool.fetch("SELECT a, b FROM t", deadline=DEADLINE)) == [("own", "rows")]
        await pool.close(0.2)
    stopped.set()
    print(
        f"{name:32} {outcome:46} {took:7.0f} ms {peak:6.1f} MiB  lag {await lag:5.0f} ms"
        f"  password sent: {'YES' if leaked else 'no':3}  next: {'ok' if next_one else 'WRONG'}",
        flush=True,
    )


async def measure(driver: str) -> None:
    """Meet all of them."""
    print(f"driver {driver}, deadline {DEADLINE:g} s")
    async with HostileServer(answering(*result(TWO, row(b"own", b"rows")))) as good:  # what is imported late is now
        pool = Pool(make_driver(driver), options(good.port), PoolSettings(size=2))
        await pool.fetch("SELECT a, b FROM t", deadline=DEADLINE)
        await pool.close(0.2)
    for name, script in WAYS.items():
        await try_one(name, script, driver)


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--driver", default="aiomysql")
    asyncio.run(measure(parser.parse_args().driver))
