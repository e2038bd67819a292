"""Against real servers: what a session is, what values become, who may log in."""

import asyncio
import datetime
import secrets
from collections.abc import AsyncIterator
from contextlib import suppress
from decimal import Decimal
from pathlib import Path

import pytest
from altus4_mysql import (
    ConnectFailed,
    ConnectOptions,
    Driver,
    Pool,
    PoolSettings,
    ProtocolError,
    QueryFailed,
    Rows,
    SessionOptions,
    TLSOptions,
    make_driver,
    quote_identifier,
    render,
)
from attrs import evolve
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

pytestmark = pytest.mark.mysql

MODES = [
    "STRICT_TRANS_TABLES",
    "",
    "NO_BACKSLASH_ESCAPES",
    "ANSI_QUOTES,NO_BACKSLASH_ESCAPES",
    "ANSI",
    "PIPES_AS_CONCAT",
]


@pytest.fixture
async def pool(driver: Driver, server: ConnectOptions, schema: str) -> AsyncIterator[Pool]:
    made = Pool(driver, evolve(server, database=schema), PoolSettings(size=4))
    yield made
    await made.close()


async def test_the_session(pool: Pool, driver: Driver, server: ConnectOptions) -> None:
    rows = await pool.fetch(
        "SELECT @@sql_mode, @@time_zone, @@autocommit, @@character_set_client, @@character_set_connection,"
        " @@character_set_results"
    )
    assert rows.rows == [("STRICT_TRANS_TABLES", "+00:00", 1, "utf8mb4", "utf8mb4", "utf8mb4")]
    connection = await driver.connect(server)
    version = (await connection.query("SELECT VERSION(), CONNECTION_ID()")).first()
    assert version is not None
    assert version[0].startswith(connection.version[:6])
    assert version[1] == connection.thread_id
    assert connection.flavour == ("mariadb" if "MariaDB" in version[0] else "mysql")
    connection.close()
    await connection.wait_closed()


async def test_read_only_sessions(pool: Pool, driver: Driver, server: ConnectOptions, schema: str) -> None:
    await pool.fetch("CREATE TABLE t (a INT)")
    reader = Pool(driver, evolve(server, database=schema, session=SessionOptions(read_only=True)))
    assert (await reader.fetch("SELECT COUNT(*) FROM t")).scalar() == 0
    with pytest.raises(QueryFailed) as caught:
        await reader.fetch("INSERT INTO t VALUES (1)")
    assert caught.value.errno == 1792
    await reader.close()


@pytest.mark.parametrize("mode", MODES)
def test_any_text_comes_back(server: ConnectOptions, mode: str) -> None:
    nasty = st.text(alphabet=st.sampled_from("'\"\\%s`\n\r\x1a\t;-#/*ä😀\u2028 x"), max_size=30)
    plain = st.text(st.characters(exclude_characters="\0", exclude_categories=("Cs",)), max_size=30)

    async def one(value: str) -> None:
        rows = await connection.query(render("SELECT %s, HEX(%s), CHAR_LENGTH(%s)", (value, value, value)))
        assert rows.rows == [(value, value.encode().hex().upper(), len(value))]

    @settings(max_examples=150, deadline=None, database=None, suppress_health_check=list(HealthCheck))
    @given(st.one_of(nasty, plain, st.binary(max_size=30)))
    def check(value: str | bytes) -> None:
        if isinstance(value, bytes):
            rows = runner.run(connection.query(render("SELECT %s", (value,))))
            assert rows.scalar() == value
        else:
            runner.run(one(value))

    with asyncio.Runner() as runner:
        connection = runner.run(make_driver().connect(evolve(server, session=SessionOptions(sql_mode=mode))))
        check()
        connection.close()
        runner.run(connection.wait_closed())


async def test_values_come_back(pool: Pool) -> None:
    await pool.fetch(
        "CREATE TABLE v (a BIGINT UNSIGNED, b BIGINT, c DOUBLE, d DECIMAL(65,30), e DATE, f DATETIME(6), g TIME(6),"
        " h VARBINARY(50), i TEXT, j TINYINT(1), k JSON, l CHAR(5) CHARACTER SET latin1, m YEAR, n BIT(10),"
        " o ENUM('x','ä'))"
    )
    values = (
        2**64 - 1,
        -(2**63),
        1.5e-7,
        Decimal("9" * 35 + "." + "1" * 30),
        datetime.date(2026, 2, 28),
        datetime.datetime(2026, 2, 28, 23, 59, 59, 123456),
        -datetime.timedelta(hours=838, minutes=59, seconds=58, microseconds=5),
        b"\x00\xff\xfe'\\",
        "text 😀 'quoted' \\ 100%",
        True,
        '{"ä": 1}',
        "é",
        2026,
        5,
        "ä",
    )
    for _ in range(2):
        done = await pool.fetch(f"INSERT INTO v VALUES ({', '.join(['%s'] * len(values))})", values)
        assert (done.affected_rows, len(done), done.columns) == (1, 0, ())
    rows = await pool.fetch("SELECT * FROM v")
    expected = list(values)
    expected[13] = b"\x00\x05"
    assert rows.first() == tuple(expected)
    assert [column.is_binary for column in rows.columns if column.name in "hik"] == [True, False, False]
    assert (
        await pool.fetch(
            "SELECT COUNT(*) FROM v WHERE i = %s AND h = %s AND f = %s AND d = %s",
            (values[8], values[7], values[5], values[3]),
        )
    ).scalar() == 2


async def test_both_drivers_agree(server: ConnectOptions, schema: str) -> None:
    answers: list[Rows] = []
    for name in ("aiomysql", "asyncmy"):
        pool = Pool(make_driver(name), evolve(server, database="information_schema"))
        answers.append(
            await pool.fetch("SELECT * FROM COLUMNS WHERE TABLE_SCHEMA = 'information_schema' ORDER BY 3, 4")
        )
        await pool.close()
    assert len(answers[0]) > 300
    assert answers[0] == answers[1]


async def test_what_cannot_be_represented_stays_text(pool: Pool) -> None:
    await pool.fetch("CREATE TABLE z (a DATE, b DATETIME, c YEAR, d TIMESTAMP NULL)")
    await pool.fetch(
        "INSERT INTO z VALUES ('0000-00-00', '0000-00-00 00:00:00', 0, NULL), ('2026-02-00', NULL, NULL, NULL)"
    )
    rows = (await pool.fetch("SELECT * FROM z")).rows
    assert rows[0] == ("0000-00-00", "0000-00-00 00:00:00", 0, None)
    assert rows[1] == ("2026-02-00", None, None, None)


async def test_awkward_names(pool: Pool) -> None:
    for name in ("p%s", "a`b", "50%", "%%", "`%`", "sel ect", "ä", "%(x)s"):
        table = quote_identifier(name)
        await pool.fetch(f"CREATE TABLE {table} ({table} INT)")
        await pool.fetch(f"INSERT INTO {table} ({table}) VALUES (%s)", (7,))
        rows = await pool.fetch(f"SELECT {table} FROM {table} WHERE {table} = %s", (7,))
        assert rows.rows == [(7,)]
        assert rows.names == (name,)
        assert (
            await pool.fetch(
                "SELECT COUNT(*) FROM information_schema.tables WHERE table_schema = DATABASE() AND table_name = %s",
                (name,),
            )
        ).scalar() == 1


async def test_fulltext_with_any_words(pool: Pool) -> None:
    await pool.fetch("CREATE TABLE f (id INT PRIMARY KEY, body TEXT, FULLTEXT KEY (body)) ENGINE=InnoDB")
    await pool.fetch("INSERT INTO f VALUES (1, 'path C:\\\\temp and it''s database')")
    for words in ("database", "C:\\temp database", 'it\'s "database" \\', "datab%s database"):
        rows = await pool.fetch(
            "SELECT id, MATCH (body) AGAINST (%s IN NATURAL LANGUAGE MODE) AS s FROM f"
            " WHERE MATCH (body) AGAINST (%s IN NATURAL LANGUAGE MODE)",
            (words, words),
        )
        assert [each[0] for each in rows] == [1]


async def test_one_statement_at_a_time(pool: Pool) -> None:
    with pytest.raises(QueryFailed) as caught:
        await pool.fetch("SELECT 1; SELECT 2")
    assert caught.value.errno == 1064
    await pool.fetch("CREATE PROCEDURE two() BEGIN SELECT 1; SELECT 2; END")
    with pytest.raises(ProtocolError):
        await pool.fetch("CALL two()")
    assert (await pool.fetch("SELECT 3")).scalar() == 3


async def test_local_files_stay_here(pool: Pool, tmp_path: Path) -> None:
    file = tmp_path / "secret"
    file.write_text("secret\n")
    await pool.fetch("CREATE TABLE l (a TEXT)")
    with pytest.raises((QueryFailed, ProtocolError)):
        await pool.fetch("LOAD DATA LOCAL INFILE %s INTO TABLE l", (str(file),))
    assert (await pool.fetch("SELECT COUNT(*) FROM l")).scalar() == 0


async def test_errors_have_numbers(pool: Pool) -> None:
    for sql, errno, state in (
        ("SELECT * FROM nowhere", 1146, "42S02"),
        ("SELEC 1", 1064, "42000"),
        ("SELECT 1 FROM information_schema.tables WHERE nope = 1", 1054, "42S22"),
    ):
        with pytest.raises(QueryFailed) as caught:
            await pool.fetch(sql)
        assert (caught.value.errno, caught.value.sqlstate) == (errno, state)
        assert "now" not in str(caught.value)
    assert pool.stats.total == 1


async def test_transactions(pool: Pool) -> None:
    await pool.fetch("CREATE TABLE t (a INT) ENGINE=InnoDB")
    async with pool.lease() as lease, lease.transaction():
        await lease.fetch("INSERT INTO t VALUES (1)")
        assert lease.connection.in_transaction
    with suppress(ZeroDivisionError):
        async with pool.lease() as lease, lease.transaction():
            await lease.fetch("INSERT INTO t VALUES (2)")
            raise ZeroDivisionError
    async with pool.lease() as lease:
        await lease.fetch("START TRANSACTION")
        await lease.fetch("INSERT INTO t VALUES (3)")
    async with pool.lease() as lease:
        await lease.fetch("SET autocommit = 0")
        await lease.fetch("INSERT INTO t VALUES (4)")
    assert [each[0] for each in await pool.fetch("SELECT a FROM t")] == [1]
    assert (await pool.fetch("SELECT @@autocommit")).scalar() == 1


@pytest.fixture
async def account(admin: Pool, schema: str) -> AsyncIterator[tuple[str, str]]:
    """An account with a password that latin-1 cannot hold."""
    name, password = "u_" + secrets.token_hex(4), "pä😀ss'\"%"
    await admin.fetch("CREATE USER %s@'%%' IDENTIFIED BY %s", (name, password))
    await admin.fetch(f"GRANT ALL ON {schema}.* TO %s@'%%'", (name,))
    yield name, password
    await admin.fetch("DROP USER %s@'%%'", (name,))


async def test_logins(driver: Driver, server: ConnectOptions, schema: str, account: tuple[str, str]) -> None:
    mine = evolve(server, user=account[0], password=account[1], database=schema)
    for _ in range(2):  # the full login, then from the server's cache
        connection = await driver.connect(mine)
        assert (await connection.query("SELECT CURRENT_USER()")).scalar().startswith(account[0])
        connection.close()
        await connection.wait_closed()
    for changes, reason in (
        ({"password": "wrong"}, "access_denied"),
        ({"password": ""}, "access_denied"),
        ({"user": "nobody_at_all"}, "access_denied"),
        ({"database": "mysql"}, "unknown_database"),
    ):
        with pytest.raises(ConnectFailed) as caught:
            await driver.connect(evolve(mine, **changes))
        assert caught.value.reason == reason
        assert account[0] not in str(caught.value)
    with pytest.raises(ConnectFailed) as caught:
        await driver.connect(evolve(server, database="no_such_schema"))
    assert caught.value.reason == "unknown_database"


async def test_the_full_login_without_tls(
    driver: Driver, server: ConnectOptions, admin: Pool, schema: str, account: tuple[str, str]
) -> None:
    mine = evolve(server, user=account[0], password=account[1], database=schema, tls=TLSOptions(mode="disabled"))
    connection = await driver.connect(server)
    connection.close()
    await connection.wait_closed()
    if connection.flavour == "mysql":
        await admin.fetch("FLUSH PRIVILEGES")  # empties the cache of password hashes
        with pytest.raises(ConnectFailed) as caught:
            await driver.connect(mine)
        assert caught.value.reason == "not_allowed"
    connection = await driver.connect(evolve(mine, loopback_key=True))
    assert (await connection.query("SELECT 1")).scalar() == 1
    connection.close()
    await connection.wait_closed()


async def test_tls_modes(driver: Driver, server: ConnectOptions, admin: Pool) -> None:
    folder, ca_name = (await admin.fetch("SELECT @@datadir, @@ssl_ca")).first() or ("", "")
    if not ca_name:
        with pytest.raises(ConnectFailed) as caught:
            await driver.connect(evolve(server, tls=TLSOptions(mode="required")))
        assert caught.value.reason == "tls"
        return
    ca = (Path(folder) / ca_name).read_text()
    for tls, accepted in (
        (TLSOptions(mode="required"), True),
        (TLSOptions(mode="verify-ca", ca_pem=ca), True),
        (TLSOptions(mode="verify-ca"), False),
        (TLSOptions(mode="verify-identity", ca_pem=ca), False),  # MySQL's own certificate names nobody
    ):
        if accepted:
            connection = await driver.connect(evolve(server, tls=tls))
            assert (await connection.query("SHOW STATUS LIKE 'Ssl_cipher'")).rows[0][1]
            connection.close()
            await connection.wait_closed()
        else:
            with pytest.raises(ConnectFailed) as caught:
                await driver.connect(evolve(server, tls=tls))
            assert caught.value.reason == "tls"
