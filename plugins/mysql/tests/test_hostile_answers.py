"""A hostile server after the login: lies in answers, in bounded time and memory, and nothing reaches the next."""

import asyncio
import datetime
import tracemalloc
from contextlib import suppress
from decimal import Decimal

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
    QueryTimeout,
    ResultTooLarge,
    RetryBudget,
    make_driver,
    read,
)
from altus4_mysql import protocol as p
from altus4_mysql.testing import HostileServer, Peer
from altus4_mysql.testing.hostile import column, eof, err, ok, row
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

TWO = (column("a"), column("b", p.TYPE_LONGLONG, p.BINARY_CHARSET))


def answering(*raw: bytes, stall: bool = True):
    """A script that answers one statement with these payloads, in one segment."""

    async def script(peer: Peer) -> None:
        await peer.login()
        await peer.read()
        await peer.send(*raw)
        if stall:
            await peer.stall()

    return script


def result(columns: tuple[bytes, ...], *rows: bytes) -> tuple[bytes, ...]:
    return (bytes((len(columns),)), *columns, eof(), *rows, eof())


async def fails(driver: Driver, script, options, kind: type[MySQLError], limits: Limits | None = None, **changes):
    """Run a statement, expect `kind` and an unusable connection; the error and the server."""
    async with HostileServer(script) as server:
        connection = await driver.connect(options(server.port, **changes))
        with pytest.raises(kind) as caught:
            async with asyncio.timeout(2):
                await connection.query("SELECT 1", limits)
        assert not connection.is_usable
        with pytest.raises(MySQLError):
            await connection.query("SELECT 2")
        connection.close()
        await connection.wait_closed()
    return caught.value, server


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


async def test_local_file_is_refused(driver: Driver, options) -> None:
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
async def test_endless_rows(driver: Driver, options, bounded, payload: bytes, limits: Limits, what: str) -> None:
    tracemalloc.start()
    try:
        with bounded(2.0):
            error, _ = await fails(driver, endless(payload), options, ResultTooLarge, limits)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert error.what == what
    assert peak < 8 << 20, f"{peak >> 10} KiB"


@pytest.mark.parametrize("count", [5_000, 4_999])
async def test_the_row_cap_is_exact(driver: Driver, options, count: int) -> None:
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
async def test_the_cell_cap_is_exact(driver: Driver, options, count: int, fits: bool) -> None:
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


async def test_a_huge_packet_is_refused_by_its_header(driver: Driver, options, bounded) -> None:
    async def script(peer: Peer) -> None:
        await peer.login()
        await peer.read()
        await peer.send(b"\x02", *TWO, eof())
        await peer.raw(b"\xff\xff\xff" + bytes((peer.seq,)) + b"x")
        await peer.stall()

    with bounded(0.5):
        error, _ = await fails(driver, script, options, ResultTooLarge)
    assert error.what == "packet bytes"


async def test_a_huge_packet_that_has_arrived(driver: Driver, options) -> None:
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
async def test_too_many_columns(driver: Driver, options, header: bytes, kind: type[MySQLError]) -> None:
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
async def test_lies_about_lengths(driver: Driver, options, payloads: tuple[bytes, ...]) -> None:
    await fails(driver, answering(*payloads), options, ProtocolError)


@pytest.mark.parametrize("place", ["first", "column", "row", "end"])
async def test_wrong_sequence(driver: Driver, options, place: str) -> None:
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


async def test_a_shutdown_notice_is_a_lost_connection(driver: Driver, options) -> None:
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


async def test_more_results_are_refused(driver: Driver, options) -> None:
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


MONSTER = b"9" * 100_000


@pytest.mark.parametrize(
    ("type_code", "charset", "sent", "got"),
    [
        (253, 45, b"caf\xc3\xa9", "café"),
        (253, 45, b"caf\xe9 \xff\xfe", "caf\ufffd \ufffd\ufffd"),
        (253, 45, b"\xed\xa0\x80", "\ufffd\ufffd\ufffd"),
        (253, 63, b"\xff\xfe\x00", b"\xff\xfe\x00"),
        (p.TYPE_JSON, 63, b'{"a": "\xc3\xa9"}', '{"a": "é"}'),
        (p.TYPE_LONGLONG, 63, b"18446744073709551615", 18446744073709551615),
        (p.TYPE_LONGLONG, 63, b"-9223372036854775808", -9223372036854775808),
        (p.TYPE_LONG, 63, b"abc", "abc"),
        (p.TYPE_LONG, 63, b"", ""),
        (p.TYPE_LONG, 63, MONSTER, MONSTER.decode()),
        (p.TYPE_DOUBLE, 63, b"1.5e3", 1500.0),
        (p.TYPE_DOUBLE, 63, b"x", "x"),
        (p.TYPE_DOUBLE, 63, MONSTER, MONSTER.decode()),
        (p.TYPE_NEWDECIMAL, 63, b"-12.340", Decimal("-12.340")),
        (p.TYPE_NEWDECIMAL, 63, b"1E999999999", "1E999999999"),
        (p.TYPE_NEWDECIMAL, 63, b"NaN", "NaN"),
        (p.TYPE_NEWDECIMAL, 63, MONSTER, MONSTER.decode()),
        (p.TYPE_NEWDECIMAL, 63, "٣".encode(), "٣"),
        (p.TYPE_DATE, 63, b"2026-02-28", datetime.date(2026, 2, 28)),
        (p.TYPE_DATE, 63, b"0000-00-00", "0000-00-00"),
        (p.TYPE_DATE, 63, b"2026-02-31", "2026-02-31"),
        (p.TYPE_DATE, 63, b"2026-W01-1", "2026-W01-1"),
        (p.TYPE_DATETIME, 63, b"2026-02-28 01:02:03", datetime.datetime(2026, 2, 28, 1, 2, 3)),
        (p.TYPE_DATETIME, 63, b"2026-02-28 01:02:03.5", datetime.datetime(2026, 2, 28, 1, 2, 3, 500_000)),
        (p.TYPE_DATETIME, 63, b"0000-00-00 00:00:00", "0000-00-00 00:00:00"),
        (p.TYPE_DATETIME, 63, b"2026-02-28 01:02:03+01:00", "2026-02-28 01:02:03+01:00"),
        (p.TYPE_TIME, 63, b"-838:59:59.25", -datetime.timedelta(hours=838, minutes=59, seconds=59.25)),
        (p.TYPE_TIME, 63, b"99:99:99", "99:99:99"),
        (p.TYPE_YEAR, 63, b"2026", 2026),
        (p.TYPE_BIT, 63, b"\x05", b"\x05"),
        (p.TYPE_VECTOR, 63, b"\0\0\x80?", b"\0\0\x80?"),
        (99, 45, b"?", "?"),
    ],
)
async def test_values(driver: Driver, options, type_code: int, charset: int, sent: bytes, got: object) -> None:
    columns = (column("v", type_code, charset), column("after"))
    async with HostileServer(answering(*result(columns, row(sent, b"x"), row(None, b"y")))) as server:
        connection = await driver.connect(options(server.port))
        rows = await connection.query("SELECT 1")
        assert rows.rows == [(got, "x"), (None, "y")]
        assert type(rows.rows[0][0]) is type(got)
        assert connection.is_usable
        connection.close()
        await connection.wait_closed()


async def test_error_text_stays_out_of_messages(driver: Driver, options) -> None:
    text = b"Table 'a\r\nX-Evil: 1\x00\x1b[31m\xff' of password=hunter2"
    async with HostileServer(answering(err(1146, text, b"42S02"))) as server:
        connection = await driver.connect(options(server.port))
        with pytest.raises(QueryFailed) as caught:
            await connection.query("SELECT 1")
        assert connection.is_usable
        connection.close()
        await connection.wait_closed()
    error = caught.value
    assert (error.errno, error.sqlstate) == (1146, "42S02")
    assert "hunter2" not in str(error) + repr(error)
    assert "hunter2" in error.server_text
    assert error.server_text.isprintable()


async def test_a_bad_sqlstate(driver: Driver, options) -> None:
    async with HostileServer(answering(err(1, b"x", b"\x1b[31m"))) as server:
        connection = await driver.connect(options(server.port))
        with pytest.raises(QueryFailed) as caught:
            await connection.query("SELECT 1")
        assert caught.value.sqlstate == "HY000"
        connection.close()
        await connection.wait_closed()


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
        with bounded(0.4), pytest.raises(QueryTimeout):
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


async def test_lost_before_and_after_the_first_byte(driver: Driver, options) -> None:
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
        if peer.number == 2:
            await peer.answer([column()], [row(b"second")])
            await peer.stall()

    async with HostileServer(script) as server:
        pool = Pool(driver, options(server.port), PoolSettings(size=1))
        rows = await read(pool, "SELECT 1", budget=RetryBudget())
        assert rows.scalar() == "second"
        assert len(server.peers) == 2
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
        assert len(server.peers) == 11 + 3, "one saved up and a fifth of the requests"
        await pool.close()


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
