"""Every type of MySQL and MariaDB comes out as honest JSON."""

import json
from collections.abc import AsyncIterator
from typing import Any

import pytest
from altus4_mysql import Pool
from altus4_sandbox.address import ServerAddress

from .support import Target, natural, opened, request

pytestmark = pytest.mark.mysql

COLUMNS: tuple[tuple[str, str, str, Any], ...] = (
    # name, type, SQL value, JSON value
    ("tiny", "TINYINT(1)", "1", 1),
    ("small", "SMALLINT UNSIGNED", "65535", 65535),
    ("whole", "INT", "-2147483648", -2147483648),
    ("safe", "BIGINT", "9007199254740992", 9007199254740992),
    ("unsafe", "BIGINT UNSIGNED", "18446744073709551615", "18446744073709551615"),
    ("unsafe_negative", "BIGINT", "-9007199254740993", "-9007199254740993"),
    ("money", "DECIMAL(20,2)", "123456789012345678.90", "123456789012345678.90"),
    ("nothing", "DECIMAL(30,10)", "0", "0.0000000000"),
    ("single", "FLOAT", "0.5", 0.5),
    ("twice", "DOUBLE", "1e300", 1e300),
    ("day", "DATE", "'2024-02-29'", "2024-02-29"),
    ("zero_day", "DATE", "'0000-00-00'", "0000-00-00"),
    ("half_day", "DATE", "'2024-00-00'", "2024-00-00"),
    ("moment", "DATETIME", "'2024-02-29 12:34:56'", "2024-02-29T12:34:56.000"),
    ("fine", "DATETIME(6)", "'2024-02-29 12:34:56.123456'", "2024-02-29T12:34:56.123456"),
    ("zero_moment", "DATETIME", "'0000-00-00 00:00:00'", "0000-00-00 00:00:00"),
    ("instant", "TIMESTAMP NULL", "'2024-02-29 12:34:56'", "2024-02-29T12:34:56.000Z"),
    ("instant_fine", "TIMESTAMP(3) NULL", "'2024-02-29 12:34:56.789'", "2024-02-29T12:34:56.789Z"),
    ("longest", "TIME", "'-838:59:59'", "-838:59:59"),
    ("short_time", "TIME(6)", "'00:00:01.5'", "00:00:01.500000"),
    ("annual", "YEAR", "2024", 2024),
    ("bits", "BIT(10)", "b'1000000001'", 513),
    ("all_bits", "BIT(64)", "b'" + "1" * 64 + "'", "18446744073709551615"),
    ("chosen", "ENUM('a','b,c')", "'b,c'", "b,c"),
    ("several", "SET('x','y','z')", "'x,z'", ["x", "z"]),
    ("none_of_them", "SET('x','y')", "''", []),
    ("letters", "CHAR(5)", "'ab'", "ab"),
    ("nothing_at_all", "VARCHAR(10)", "NULL", None),
    ("place", "POINT", "ST_GeomFromText('POINT(1.5 -2)')", {"type": "Point", "coordinates": [1.5, -2.0]}),
    (
        "area",
        "GEOMETRY",
        "ST_GeomFromText('POLYGON((0 0,1 0,1 1,0 0))')",
        {"type": "Polygon", "coordinates": [[[0, 0], [1, 0], [1, 1], [0, 0]]]},
    ),
    (
        "places",
        "GEOMETRY",
        "ST_GeomFromText('MULTIPOINT(1 2,3 4)')",
        {"type": "MultiPoint", "coordinates": [[1, 2], [3, 4]]},
    ),
    (
        "mixed",
        "GEOMETRY",
        "ST_GeomFromText('GEOMETRYCOLLECTION(POINT(1 2),LINESTRING(0 0,1 1))')",
        {
            "type": "GeometryCollection",
            "geometries": [
                {"type": "Point", "coordinates": [1, 2]},
                {"type": "LineString", "coordinates": [[0, 0], [1, 1]]},
            ],
        },
    ),
)
BINARY = (("raw", "VARBINARY(10)", "X'00FF'"), ("blob_value", "BLOB", "X'00FF'"), ("fixed", "BINARY(2)", "X'00FF'"))
DOCUMENT = '{"n": 12345678901234567890, "d": [1, 2.5, null, true], "s": "é"}'


async def _zoo(pool: Pool) -> None:
    mariadb = "mariadb" in (await pool.fetch("SELECT VERSION()")).scalar().lower()
    columns = [f"{name} {kind}" for name, kind, *_ in (*COLUMNS, *BINARY)]
    names = [name for name, *_ in (*COLUMNS, *BINARY)]
    values = [value for _, _, value, *_ in (*COLUMNS, *BINARY)]
    columns.append("document JSON")
    names.append("document")
    values.append(f"'{DOCUMENT}'")
    if mariadb:
        columns += ["address INET6", "unique_id UUID"]
        names += ["address", "unique_id"]
        values += ["'::1'", "'123e4567-e89b-12d3-a456-426655440000'"]
    else:
        columns.append("embedding VECTOR(2)")
        names.append("embedding")
        values.append("STRING_TO_VECTOR('[1,2]')")
    await pool.fetch(
        f"CREATE TABLE zoo (id INT PRIMARY KEY, body TEXT, {', '.join(columns)}, FULLTEXT KEY ft (body)) ENGINE=InnoDB"
    )
    statement = f"INSERT INTO zoo (id, body, {', '.join(names)}) VALUES (1, 'elephant', {', '.join(values)})"
    async with pool.lease() as lease:
        await lease.fetch("SET sql_mode = ''")
        await lease.fetch(statement)
        await lease.fetch("SET sql_mode = 'STRICT_TRANS_TABLES'")
    await pool.fetch("INSERT INTO zoo (id, body) VALUES (2, 'giraffe')")
    await pool.fetch(
        "CREATE TABLE by_uuid (id BINARY(2), part BIGINT UNSIGNED, day DATE, body TEXT, PRIMARY KEY (id, part, day),"
        " FULLTEXT KEY ft (body)) ENGINE=InnoDB"
    )
    await pool.fetch("INSERT INTO by_uuid VALUES (X'00FF', 18446744073709551615, '2024-02-29', 'lion')")


@pytest.fixture
async def zoo(any_server: ServerAddress) -> AsyncIterator[Target]:
    async with opened(any_server, _zoo) as target:
        yield target


async def test_each_type_is_honest(zoo: Target) -> None:
    found = await natural().search(request("elephant", tables=("zoo",)), zoo)
    data = found[0].hits[0].data
    for name, _, _, expected in COLUMNS:
        assert data[name] == expected, name
        assert type(data[name]) is type(expected), name
    for name, *_ in BINARY:
        assert name not in data
    assert "embedding" not in data
    json.dumps(data, allow_nan=False)
    if zoo.known.server.flavour == "mysql":
        assert data["document"] == {"n": "12345678901234567890", "d": [1, 2.5, None, True], "s": "é"}
    else:  # an alias of LONGTEXT there
        assert json.loads(data["document"]) == json.loads(DOCUMENT)
        assert data["address"] == "::1"
        assert data["unique_id"] == "123e4567-e89b-12d3-a456-426655440000"


async def test_null_is_null_in_every_type(zoo: Target) -> None:
    found = await natural().search(request("giraffe", tables=("zoo",)), zoo)
    data = found[0].hits[0].data
    assert {name: value for name, value in data.items() if value is not None} == {"id": 2, "body": "giraffe"}


async def test_keys_are_ready_for_json(zoo: Target) -> None:
    found = await natural().search(request("lion", tables=("by_uuid",)), zoo)
    assert found[0].hits[0].key == ("00ff", "18446744073709551615", "2024-02-29")
    assert found[0].hits[0].data == {"part": "18446744073709551615", "day": "2024-02-29", "body": "lion"}


async def test_rows_are_found_again_by_keys_of_every_type(any_server: ServerAddress) -> None:
    async def fill(pool: Pool) -> None:
        await pool.fetch(
            "CREATE TABLE odd (share FLOAT, marks SET('m','n'), bits BIT(12), kind ENUM('p','q'), raw VARBINARY(8),"
            " price DECIMAL(10,3), span TIME(2), moment DATETIME(6), day YEAR, body TEXT,"
            " PRIMARY KEY (share, marks, bits, kind, raw, price, span, moment, day), FULLTEXT KEY ft (body))"
        )
        values = "1.5, '-25:00:00.5', '2024-01-02 03:04:05.678901', 2024, 'walrus'"
        await pool.fetch(f"INSERT INTO odd VALUES (0.1, 'm,n', b'101', 'q', X'00FF2C', {values})")
        await pool.fetch(f"INSERT INTO odd VALUES (-7.25, '', b'0', 'p', '', {values})")

    async with opened(any_server, fill) as target:
        asked = request("walrus", ranking="mysql")
        (found,) = await natural().search(asked, target)
        keys = {hit.key for hit in found.hits}  # they are hashed elsewhere, too
        assert {key[1] for key in keys} == {"m,n", ""}
        assert set((await natural().explain(asked, target, {"odd": [*keys]}))["odd"]) == keys
        for key in keys:
            text = ",".join(str(part).replace(",", "%2C") for part in key)
            assert (await natural().diagnose(asked, target, "odd", text)).reason == "MATCHES", key
        for text in ("x,,zz,,,,,,", "1e99,,-,,,,,,", ",,,,,,,,"):
            assert (await natural().diagnose(asked, target, "odd", text)).reason == "ROW_NOT_FOUND", text


async def test_rows_are_found_again_by_dates_that_are_none(any_server: ServerAddress) -> None:
    days = ("0000-00-00", "2024-00-00", "2024-02-00", "2023-02-29", "2024-02-31", "2024-11-31", "2024-02-28")

    async def fill(pool: Pool) -> None:
        async with pool.lease() as lease:
            await lease.fetch("SET SESSION sql_mode = 'ALLOW_INVALID_DATES'")
            for table, kind in (("dates", "DATE"), ("moments", "DATETIME(3)")):
                await lease.fetch(
                    f"CREATE TABLE {table} (day {kind}, raw VARBINARY(4), year YEAR, body TEXT,"
                    " PRIMARY KEY (day, raw, year), FULLTEXT KEY ft (body))"
                )
                for day in days:
                    await lease.fetch(f"INSERT INTO {table} VALUES ('{day}', X'00FF', 0, 'walrus')")

    async with opened(any_server, fill) as target:
        for table in ("dates", "moments"):
            asked = request("walrus", ranking="mysql", tables=(table,))
            (found,) = await natural().search(asked, target)
            keys = {hit.key for hit in found.hits}
            assert {key[0][:10] for key in keys} == {*days}
            assert set((await natural().explain(asked, target, {table: [*keys]}))[table]) == keys
            for key in keys:
                text = ",".join(map(str, key))
                assert (await natural().diagnose(asked, target, table, text)).reason == "MATCHES", key
                assert set((await natural().explain(asked, target, {table: [key]}))[table]) == {key}
            for text in ("2024-02-30,00ff,0", "2024-02-31,00ff,2000", "9999-12-32,00ff,0", "2024-13-31,,"):
                assert (await natural().diagnose(asked, target, table, text)).reason == "ROW_NOT_FOUND", text
