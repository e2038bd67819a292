"""A hostile server during the login: the outcome, in bounded time, and no secret to the wrong peer."""

import asyncio
import hashlib

import pytest
from altus4_mysql import ConnectFailed, Driver, TLSOptions
from altus4_mysql import protocol as p
from altus4_mysql.testing import HostileServer, Peer
from altus4_mysql.testing.hostile import CAPABILITIES, SALT, err, ok
from attrs import evolve

PASSWORD = "geheim-ÄÖ-password"
SECRET = PASSWORD.encode()


async def silent(peer: Peer) -> None:
    await peer.stall()


async def silent_after_greeting(peer: Peer) -> None:
    await peer.send(peer.greeting())
    await peer.stall()


async def silent_in_switch(peer: Peer) -> None:
    await peer.send(peer.greeting())
    await peer.read()
    await peer.send(b"\xfemysql_native_password\0" + SALT + b"\0")
    await peer.stall()


async def silent_after_fast_path(peer: Peer) -> None:
    await peer.send(peer.greeting())
    await peer.read()
    await peer.send(b"\x01\x03")
    await peer.stall()


async def silent_at_session(peer: Peer) -> None:
    await peer.send(peer.greeting())
    await peer.read()
    await peer.send(ok())
    await peer.stall()


async def dripping_greeting(peer: Peer) -> None:
    await peer.drip(peer.framed(peer.greeting()), 0.05)


async def dripping_login(peer: Peer) -> None:
    await peer.send(peer.greeting())
    await peer.read()
    await peer.drip(peer.framed(ok() + b"x" * 200), 0.02)


@pytest.mark.parametrize(
    "script",
    [
        silent,
        silent_after_greeting,
        silent_in_switch,
        silent_after_fast_path,
        silent_at_session,
        dripping_greeting,
        dripping_login,
    ],
)
async def test_one_deadline_covers_every_stall(driver: Driver, options, bounded, script, refused) -> None:
    await refused(driver, script, options, bounded, "unreachable")


async def test_deadline_covers_name_resolution(options, bounded) -> None:
    from altus4_mysql import make_driver

    async def resolve(host: str, port: int) -> list[str]:
        await asyncio.sleep(60)
        return ["127.0.0.1"]

    for name in ("aiomysql", "asyncmy"):
        with bounded(2.0), pytest.raises(ConnectFailed) as caught:
            await make_driver(name, resolve).connect(options(3306, connect_timeout=0.5))
        assert caught.value.reason == "unreachable"


@pytest.mark.parametrize(
    "first",
    [
        b"HTTP/1.1 400 Bad Request\r\n\r\n",
        b"SSH-2.0-OpenSSH_9.2p1\r\n" * 4,
        b"\xff" * 64,
        b"\0" * 64,
        b"\xff\xff\xff\x00" + b"a" * 64,
        b"\x00\x00\x00\x00",
        b"\x01\x00\x00\x00\x0a",
        b"\x05\x00\x00\x07\x0a9.7\x00",
    ],
)
async def test_garbage_for_a_greeting(driver: Driver, options, bounded, first: bytes) -> None:
    async def script(peer: Peer) -> None:
        await peer.raw(first)
        await peer.stall()

    async with HostileServer(script) as server:
        with bounded(2.0), pytest.raises(ConnectFailed) as caught:
            await driver.connect(options(server.port, connect_timeout=0.5))
    assert caught.value.reason in {"protocol", "unreachable"}


async def test_a_greeting_cut_anywhere(driver: Driver, options) -> None:
    async def script(peer: Peer) -> None:
        whole = peer.greeting()
        await peer.send(whole[: peer.number])
        await peer.raw(b"")

    async with HostileServer(script) as server:
        length = len(Peer(1, None, None).greeting()) - len("caching_sha2_password") - 2
        for _ in range(length):
            with pytest.raises(ConnectFailed):
                await driver.connect(options(server.port))
        assert server.received == b""


@pytest.mark.parametrize(
    "lie",
    [
        {"protocol": 9},
        {"protocol": 11},
        {"capabilities": CAPABILITIES & ~p.PLUGIN_AUTH},
        {"capabilities": CAPABILITIES & ~p.SECURE_CONNECTION},
        {"capabilities": CAPABILITIES & ~p.PROTOCOL_41},
        {"salt": b"abc\0" * 5},
    ],
)
async def test_a_lying_greeting(driver: Driver, options, bounded, lie: dict, refused) -> None:
    async def script(peer: Peer) -> None:
        await peer.send(peer.greeting(**lie))
        await peer.stall()

    _, server = await refused(driver, script, options, bounded, "protocol")
    assert server.received == b""


UNWANTED = [
    "mysql_clear_password",
    "mysql_old_password",
    "client_ed25519",
    "dialog",
    "auth_gssapi_client",
    "sha256_password",
    "evil\x1b[31m",
]


@pytest.mark.parametrize("plugin", UNWANTED)
async def test_unwanted_method_in_the_greeting(driver: Driver, options, bounded, plugin: str, refused) -> None:
    async def script(peer: Peer) -> None:
        await peer.send(peer.greeting(plugin=plugin))
        await peer.read()
        await peer.send(ok())

    error, server = await refused(driver, script, options, bounded, "not_allowed")
    assert server.received == b""
    assert "\x1b" not in str(error) + error.server_text


@pytest.mark.parametrize("password", [PASSWORD, ""])
@pytest.mark.parametrize("plugin", UNWANTED)
async def test_unwanted_method_in_a_switch(
    driver: Driver, options, bounded, plugin: str, password: str, refused
) -> None:
    async def script(peer: Peer) -> None:
        await peer.send(peer.greeting())
        await peer.read()
        await peer.send(b"\xfe" + plugin.encode() + b"\0" + SALT + b"\0")
        await peer.read()
        await peer.send(ok())

    _, server = await refused(driver, script, options, bounded, "not_allowed", password=password)
    assert SECRET not in server.received
    assert len(server.peers[0].received) == 1, "nothing was answered to the switch"


async def test_the_switch_of_mysql_4(driver: Driver, options, bounded, refused) -> None:
    async def script(peer: Peer) -> None:
        await peer.send(peer.greeting())
        await peer.read()
        await peer.send(b"\xfe")
        await peer.read()

    _, server = await refused(driver, script, options, bounded, "not_allowed")
    assert len(server.peers[0].received) == 1


async def test_switching_for_ever(driver: Driver, options, bounded, refused) -> None:
    async def script(peer: Peer) -> None:
        await peer.send(peer.greeting())
        await peer.read()
        for _ in range(100):
            await peer.send(b"\xfemysql_native_password\0" + SALT + b"\0")
            await peer.read()

    _, server = await refused(driver, script, options, bounded, "protocol")
    assert len(server.peers[0].received) == 2


async def test_endless_fast_path(driver: Driver, options, bounded, refused) -> None:
    async def script(peer: Peer) -> None:
        await peer.send(peer.greeting())
        await peer.read()
        while True:
            await peer.send(*[b"\x01\x03"] * 1000)
            await asyncio.sleep(0)

    await refused(driver, script, options, bounded, "protocol")


@pytest.mark.parametrize(
    ("payload", "reason"),
    [
        (b"\x01\x05", "protocol"),
        (b"\x01", "protocol"),
        (b"\xfb/etc/passwd", "protocol"),
        (b"\x03abc", "protocol"),
        (b"\xfe" + b"x" * 40, "protocol"),
        (b"\x00", "protocol"),
        (b"\xff\x15", "protocol"),
        (err(1045, state=b"28000"), "access_denied"),
        (err(1049, state=b"42000"), "unknown_database"),
        (err(1044, state=b"42000"), "unknown_database"),
        (err(3159), "tls"),
        (err(1040), "unreachable"),
    ],
)
async def test_answers_to_the_login(driver: Driver, options, bounded, payload: bytes, reason: str, refused) -> None:
    async def script(peer: Peer) -> None:
        await peer.send(peer.greeting())
        await peer.read()
        await peer.send(payload)
        await peer.stall()

    await refused(driver, script, options, bounded, reason)


async def test_an_error_instead_of_a_greeting(driver: Driver, options, bounded, refused) -> None:
    text = b"Host 'x' is blocked\r\n\x1b[2J" + b"A" * 5000

    async def script(peer: Peer) -> None:
        await peer.send(err(1129, text, b""))

    error, _ = await refused(driver, script, options, bounded, "unreachable")
    assert error.errno == 1129
    assert "blocked" not in str(error)
    assert error.server_text.startswith("Host 'x' is blocked\\r\\n\\x1b[2J")
    assert len(error.server_text) <= 300


async def test_session_statement_refused(driver: Driver, options, bounded, refused) -> None:
    async def script(peer: Peer) -> None:
        await peer.send(peer.greeting())
        await peer.read()
        await peer.send(ok())
        await peer.read()
        await peer.send(err(1231))

    await refused(driver, script, options, bounded, "protocol")


@pytest.mark.parametrize("plugin", ["caching_sha2_password", "mysql_native_password"])
async def test_an_empty_password(driver: Driver, options, plugin: str) -> None:
    async def script(peer: Peer) -> None:
        await peer.send(peer.greeting(plugin=plugin))
        response = await peer.read()
        assert response.endswith(b"someone\0\0" + plugin.encode() + b"\0")
        await peer.send(b"\xfemysql_native_password\0" + SALT + b"\0")
        assert await peer.read() == b""
        await peer.send(ok())
        await peer.read()
        await peer.send(ok())
        await peer.stall()

    async with HostileServer(script) as server:
        connection = await driver.connect(options(server.port, password=""))
        connection.close()
        await connection.wait_closed()


async def test_flags_and_session(driver: Driver, options) -> None:
    async def script(peer: Peer) -> None:
        await peer.login()
        await peer.stall()

    async with HostileServer(script) as server:
        wanted = options(server.port, database="some_schema")
        connection = await driver.connect(evolve(wanted, session=evolve(wanted.session, read_only=True)))
        assert (connection.thread_id, connection.flavour, connection.version) == (1, "mysql", "9.7.4")
        connection.close()
        await connection.wait_closed()
        login, session = server.peers[0].received[:2]
    flags = int.from_bytes(login[:4], "little")
    assert not flags & (p.LOCAL_FILES | p.MULTI_STATEMENTS | p.CONNECT_ATTRS | p.COMPRESS | p.SSL)
    assert flags & p.CONNECT_WITH_DB
    assert b"\0some_schema\0" in login[-40:] or b"some_schema\0" in login
    assert hashlib.sha256(SECRET).digest() not in login
    assert session == (
        b"\x03SET NAMES utf8mb4, sql_mode='STRICT_TRANS_TABLES', autocommit=1, time_zone='+00:00', "
        b"transaction_read_only=1"
    )


@pytest.mark.parametrize("version", ["5.5.5-10.11.6-MariaDB-1", "11.4.2-MariaDB"])
async def test_mariadb_is_known_by_its_version(driver: Driver, options, version: str) -> None:
    async def script(peer: Peer) -> None:
        await peer.login(version=version, plugin="mysql_native_password")
        await peer.stall()

    async with HostileServer(script) as server:
        connection = await driver.connect(options(server.port))
        assert connection.flavour == "mariadb"
        assert connection.version == version.removeprefix("5.5.5-")
        connection.close()
        await connection.wait_closed()


async def test_the_judge_decides(options) -> None:
    from altus4_mysql import make_driver

    async def never(host: str, port: int) -> list[str]:
        raise ConnectFailed("not_allowed")

    async def a_name(host: str, port: int) -> list[str]:
        return ["localhost"]

    async def nothing(host: str, port: int) -> list[str]:
        return []

    async with HostileServer(silent) as server:
        for resolve, reason in ((never, "not_allowed"), (a_name, "not_allowed"), (nothing, "unreachable")):
            with pytest.raises(ConnectFailed) as caught:
                await make_driver("aiomysql", resolve).connect(options(server.port))
            assert caught.value.reason == reason
        assert server.peers == []


async def test_the_next_address_is_tried(options) -> None:
    from altus4_mysql import make_driver

    async def script(peer: Peer) -> None:
        await peer.login()
        await peer.stall()

    async def resolve(host: str, port: int) -> list[str]:
        return ["127.0.0.9", "127.0.0.1"]

    async with HostileServer(script) as server:
        connection = await make_driver("aiomysql", resolve).connect(options(server.port))
        assert connection.address == "127.0.0.1"
        connection.close()
        await connection.wait_closed()


async def test_the_password_is_in_no_text(options) -> None:
    shown = repr(options(1, tls=TLSOptions(cert_pem="c", key_pem="very private")))
    assert PASSWORD not in shown
    assert "very private" not in shown
