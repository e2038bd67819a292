"""A hostile server after the login: lies in answers, in bounded time and memory, and nothing reaches the next."""

import asyncio
import tracemalloc
from contextlib import suppress

import pytest
from altus4_mysql import (
    ConnectionLost,
    Driver,
    Limits,
    MySQLError,
    Pool,
    PoolSettings,
    ProtocolError,
    QueryFailed,
    ResultTooLarge,
    make_driver,
)
from altus4_mysql import protocol as p
from altus4_mysql.testing import HostileServer, Peer
from altus4_mysql.testing.hostile import TWO, answering, column, eof, err, ok, result, row
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st


async def test_a_normal_answer(driver: Driver, options) -> None:
    async with HostileServer(answering(*result(TWO, row(b"x", b"1"), row(None, b"-2")))) as server:
        connection = await driver.connect(options(server.port))
        rows = await connection.query("SELECT 1")
        assert connection.is_usable
        assert rows.rows == [("x", 1), (None, -2)]
        assert rows.names == ("a", "b")
        assert rows.dicts()[1] == {"a": None, "b": -2}
        assert (rows.scalar(), rows.first(), len(rows)) == ("x", ("x", 1), 2)
        assert not rows.columns[0].is_binary
        assert rows.columns[1].type_code == p.TYPE_LONGLONG
        connection.close()
        await connection.wait_closed()


@pytest.mark.parametrize("size", [1, 3, 7, 100])
async def test_an_answer_in_pieces(driver: Driver, options, size: int) -> None:
    values = [row(f"text {number} äö".encode() * (number % 7 + 1), str(number).encode()) for number in range(300)]

    async def script(peer: Peer) -> None:
        await peer.login()
        await peer.read()
        whole = b"".join([peer.framed(payload) for payload in result(TWO, *values)])
        for start in range(0, len(whole), size):
            await peer.raw(whole[start : start + size])
            if start % 50 == 0:
                await asyncio.sleep(0)
        await peer.stall()

    async with HostileServer(script) as server:
        connection = await driver.connect(options(server.port))
        rows = await connection.query("SELECT 1")
        assert [each[1] for each in rows] == list(range(300))
        assert rows.rows[13][0] == "text 13 äö" * 7
        assert connection.is_usable
        connection.close()
        await connection.wait_closed()


async def test_local_file_is_refused(driver: Driver, options, fails) -> None:
    error, server = await fails(driver, answering(b"\xfb/etc/passwd"), options, ProtocolError)
    assert str(error) == "the MySQL server broke the protocol: it asks for a local file"
    assert len(server.peers[0].received) == 3, "nothing was sent after the request"
    assert b"root:" not in server.received


def endless(payload: bytes):
    async def script(peer: Peer) -> None:
        await peer.login()
        await peer.read()
        await peer.send(b"\x02", *TWO, eof())
        while True:
            await peer.send(*[payload] * 200)
            await asyncio.sleep(0)

    return script


@pytest.mark.parametrize(
    ("payload", "limits", "what"),
    [
        (row(b"", b"1"), Limits(max_rows=5_000), "rows"),
        (row(None, None), Limits(max_rows=5_000), "rows"),
        (row(b"x" * 1000, b"1"), Limits(max_response_bytes=1 << 20), "response bytes"),
        (row(None, None), Limits(max_cells=20_000), "cells"),
        (row(b"\xfe" * 20, b"1"), Limits(max_rows=5_000), "rows"),
        (row(b"\xc3", b"1"), Limits(max_rows=5_000), "rows"),
    ],
)
async def test_endless_rows(driver: Driver, options, bounded, payload: bytes, limits: Limits, what: str, fails) -> None:
    tracemalloc.start()
    try:
        with bounded(4.0):
            error, _ = await fails(driver, endless(payload), options, ResultTooLarge, limits)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert error.what == what
    assert peak < 8 << 20, f"{peak >> 10} KiB"


@pytest.mark.parametrize("count", [5_000, 4_999])
async def test_the_row_cap_is_exact(driver: Driver, options, count: int, fails) -> None:
    rows = [row(b"x", b"1")] * count
    script = answering(*result(TWO, *rows))
    if count > 4_999:
        await fails(driver, script, options, ResultTooLarge, Limits(max_rows=4_999))
        return
    async with HostileServer(script) as server:
        connection = await driver.connect(options(server.port))
        assert len(await connection.query("SELECT 1", Limits(max_rows=4_999))) == count
        connection.close()
        await connection.wait_closed()


@pytest.mark.parametrize(("count", "fits"), [(10_000, True), (10_001, False)])
async def test_the_cell_cap_is_exact(driver: Driver, options, count: int, fits: bool, fails) -> None:
    script = answering(*result(TWO, *[row(b"x", b"1")] * count))
    limits = Limits(max_cells=20_001)
    if not fits:
        error, _ = await fails(driver, script, options, ResultTooLarge, limits)
        assert error.what == "cells"
        return
    async with HostileServer(script) as server:
        connection = await driver.connect(options(server.port))
        assert len(await connection.query("SELECT 1", limits)) == count
        connection.close()
        await connection.wait_closed()


async def test_asyncmy_never_sees_an_eight_byte_length(options, monkeypatch) -> None:
    from altus4_mysql import asyncmy_driver

    stretches = []
    parse = asyncmy_driver.parse_rows_from_buffer

    def watched(buffer: bytearray, pos: int, end: int, *rest: object) -> tuple[int, int]:
        stretches.append(bytes(buffer[pos:end]))
        assert len(buffer) - end >= 3, "it reads up to three bytes past a truncated length"
        return parse(buffer, pos, end, *rest)

    monkeypatch.setattr(asyncmy_driver, "parse_rows_from_buffer", watched)
    columns = (column("a", charset=63), column("b"))
    rows = [row(bytes((n % 256,)) * (n % 300), b"t") for n in range(2_000)]
    async with HostileServer(answering(*result(columns, *rows))) as server:
        connection = await make_driver("asyncmy").connect(options(server.port, query_timeout=5.0))
        answer = await connection.query("SELECT 1")
        connection.close()
        await connection.wait_closed()
    assert [each[0] for each in answer] == [bytes((n % 256,)) * (n % 300) for n in range(2_000)]
    assert not any(b"\xfe" in stretch for stretch in stretches)
    assert sum(map(len, stretches)) > 100_000, "most rows went through it"


async def test_a_huge_packet_is_refused_by_its_header(driver: Driver, options, bounded, fails) -> None:
    async def script(peer: Peer) -> None:
        await peer.login()
        await peer.read()
        await peer.send(b"\x02", *TWO, eof())
        await peer.raw(b"\xff\xff\xff" + bytes((peer.seq,)) + b"x")
        await peer.stall()

    with bounded(1.0):
        error, _ = await fails(driver, script, options, ResultTooLarge)
    assert error.what == "packet bytes"


async def test_a_huge_packet_that_has_arrived(driver: Driver, options, fails) -> None:
    script = answering(*result(TWO, row(b"x" * 3000, b"1")))
    error, _ = await fails(driver, script, options, ResultTooLarge, Limits(max_packet_bytes=2000))
    assert error.what == "packet bytes"


@pytest.mark.parametrize(
    ("header", "kind"),
    [
        (b"\xfc\x00\x10", ResultTooLarge),
        (b"\xfd\xff\xff\xff", ResultTooLarge),
        (b"\xfe" + b"\xff" * 8, ResultTooLarge),
        (b"\xfc\x00", ProtocolError),
        (b"\x02\x02", ProtocolError),
        (b"\xfc\x00\x00", ProtocolError),
    ],
)
async def test_too_many_columns(driver: Driver, options, header: bytes, kind: type[MySQLError], fails) -> None:
    await fails(driver, answering(header), options, kind)


@pytest.mark.parametrize(
    "payloads",
    [
        (b"\x02", TWO[0], eof()),
        (b"\x01", *TWO, eof()),
        (b"\x01", column()[:-8], eof()),
        (b"\x01", b"\x03def\x00\x00\x00\xfc\x60\xeaname", eof()),
        (b"\x01", b"\x03def\x00\x00\x00\xfe" + b"\xff" * 8 + b"name", eof()),
        (b"\x01", column(), row(b"a"), eof()),
        (b"\x01", column(), eof(), b"\x05abc"),
        (b"\x01", column(), eof(), b"\xfc\x05"),
        (b"\x01", column(), eof(), b"\xfd\x05\x00"),
        (b"\x01", column(), eof(), b"\xfe" + b"\xff" * 8 + b"abc"),
        (b"\x02", *TWO, eof(), b"\x01a\xfe" + (2**64 - 11).to_bytes(8, "little")),
        (b"\x02", *TWO, eof(), b"\x01a"),
        (b"\x02", *TWO, eof(), b"\xfb\xff"),
        (b"\x00",),
        (b"\x00\xfe",),
        (b"\xff",),
        (b"\xfe",),
    ],
)
async def test_lies_about_lengths(driver: Driver, options, payloads: tuple[bytes, ...], fails) -> None:
    await fails(driver, answering(*payloads), options, ProtocolError)


@pytest.mark.parametrize("place", ["first", "column", "row", "end"])
async def test_wrong_sequence(driver: Driver, options, place: str, fails) -> None:
    async def script(peer: Peer) -> None:
        await peer.login()
        await peer.read()
        for name, payload in (
            ("first", b"\x01"),
            ("column", column()),
            ("", eof()),
            ("row", row(b"x")),
            ("end", eof()),
        ):
            if name == place:
                peer.seq += 3
            await peer.send(payload)
        await peer.stall()

    await fails(driver, script, options, ProtocolError)


async def test_a_shutdown_notice_is_a_lost_connection(driver: Driver, options, fails) -> None:
    async def script(peer: Peer) -> None:
        await peer.login()
        await peer.read()
        peer.seq = 0
        await peer.send(err(1053, b"Server shutdown in progress"))

    error, _ = await fails(driver, script, options, ConnectionLost)
    assert error.before_first_row


@pytest.mark.parametrize(
    ("answer", "leftover"),
    [
        (result(TWO, row(b"x", b"1")), (ok(),)),
        (result(TWO, row(b"x", b"1")), result(TWO, row(b"secret", b"1"))),
        ((ok(),), (ok(),)),
        ((err(1064),), (err(1064),)),
    ],
)
@pytest.mark.parametrize("late", [False, True])
async def test_leftovers_reach_nobody(
    driver: Driver, options, answer: tuple[bytes, ...], leftover: tuple[bytes, ...], late: bool
) -> None:
    async def script(peer: Peer) -> None:
        await peer.login()
        await peer.read()
        if peer.number > 1:
            await peer.answer([column()], [row(b"of connection %d" % peer.number)])
            await peer.stall()
        elif late:
            await peer.send(*answer)
            await asyncio.sleep(0.02)
            await peer.send(*leftover)
        else:
            await peer.send(*answer, *leftover)
        await peer.stall()

    async with HostileServer(script) as server:
        pool = Pool(driver, options(server.port), PoolSettings(size=1))
        with suppress(QueryFailed):
            await pool.fetch("SELECT 1")
        await asyncio.sleep(0.05)
        rows = await pool.fetch("SELECT 2")
        assert rows.rows == [("of connection 2",)]
        await pool.close()


async def test_more_results_are_refused(driver: Driver, options, fails) -> None:
    status = p.STATUS_AUTOCOMMIT | p.STATUS_MORE_RESULTS
    await fails(driver, answering(b"\x01", column(), eof(), row(b"x"), eof(status)), options, ProtocolError)
    await fails(driver, answering(ok(status)), options, ProtocolError)


async def test_unasked_bytes_while_idle(driver: Driver, options) -> None:
    async def script(peer: Peer) -> None:
        await peer.login()
        await asyncio.sleep(0.02)
        await peer.raw(b"\x07\0\0\x01" + ok())
        await peer.stall()

    async with HostileServer(script) as server:
        connection = await driver.connect(options(server.port))
        assert connection.is_usable
        await asyncio.sleep(0.1)
        assert not connection.is_usable
        await connection.wait_closed()


@pytest.mark.parametrize("name", ["aiomysql", "asyncmy"])
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    noise=st.lists(
        st.one_of(
            st.binary(max_size=40),
            st.sampled_from([*TWO, eof(), ok(), b"\x02", b"\x01", row(b"x", b"1"), b"\xfb", b"\xff", b"\xfe" * 9]),
        ),
        max_size=8,
    ),
    framed=st.booleans(),
)
def test_noise(name: str, options, noise: list[bytes], framed: bool) -> None:
    async def script(peer: Peer) -> None:
        await peer.login()
        await peer.read()
        await peer.raw(b"".join([peer.framed(each) for each in noise]) if framed else b"".join(noise))

    async def main() -> None:
        async with HostileServer(script) as server:
            connection = await make_driver(name).connect(options(server.port, connect_timeout=5.0))
            try:
                async with asyncio.timeout(3):
                    await connection.query("SELECT 1")
            except MySQLError:
                pass
            connection.abort()
            await connection.wait_closed()

    asyncio.run(main())


async def test_an_idle_connection_keeps_no_large_buffer(driver: Driver, options) -> None:
    async with HostileServer(answering(*result(TWO, row(b"x" * 3_000_000, b"1")))) as server:
        connection = await driver.connect(options(server.port, query_timeout=5.0))
        assert len((await connection.query("SELECT 1")).scalar()) == 3_000_000
        assert connection.is_usable
        assert len(connection._wire.buffer) < 300_000
        connection.close()
        await connection.wait_closed()


async def test_both_drivers_read_alike(options) -> None:
    columns = (
        column("a"),
        column("b", p.TYPE_LONGLONG, 63),
        column("c", p.TYPE_BIT, 63),
        column("d", p.TYPE_NEWDECIMAL, 63),
    )
    rows = [
        row(b"\xfe" * (n % 3) + b"t" * (n * 37 % 700), str(n).encode(), bytes((n % 256,)) * 5, b"%d.5" % n)
        for n in range(2_000)
    ]
    answers = []
    for name in ("aiomysql", "asyncmy"):
        async with HostileServer(answering(*result(columns, *rows))) as server:
            connection = await make_driver(name).connect(options(server.port))
            answers.append(await connection.query("SELECT 1"))
            connection.close()
            await connection.wait_closed()
    assert answers[0] == answers[1]
    assert len(answers[0]) == 2_000
