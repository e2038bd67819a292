"""A hostile server's values and error texts: nothing crashes, explodes or leaks."""

import datetime
from decimal import Decimal

import pytest
from altus4_mysql import (
    Driver,
    QueryFailed,
)
from altus4_mysql import protocol as p
from altus4_mysql.testing import HostileServer
from altus4_mysql.testing.hostile import answering, column, err, result, row

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
