"""A hostile server during the login: the outcome, in bounded time, and no secret to the wrong peer."""

import asyncio
import hashlib
import ssl

import pytest
from altus4_mysql import ConnectFailed, ConnectOptions, Driver, TLSOptions
from altus4_mysql import protocol as p
from altus4_mysql.auth import scramble_caching_sha2, scramble_native
from altus4_mysql.testing import HostileServer, Peer
from altus4_mysql.testing.hostile import CAPABILITIES, SALT, err, ok
from attrs import evolve

PASSWORD = "geheim-ÄÖ-password"
SECRET = PASSWORD.encode()


def assert_no_secret(received: bytes) -> None:
    assert SECRET not in received
    assert PASSWORD.encode("latin-1") not in received
    assert scramble_native(SECRET, SALT) not in received
    assert scramble_caching_sha2(SECRET, SALT) not in received


async def refused(driver: Driver, script, options, bounded, reason: str, **changes: object) -> tuple:
    """Connect, expect a refusal for `reason` in time; the error and the server."""
    async with HostileServer(script) as server:
        with bounded(0.9), pytest.raises(ConnectFailed) as caught:
            await driver.connect(options(server.port, **changes))
        assert caught.value.reason == reason, (caught.value, caught.value.server_text)
        await asyncio.sleep(0.01)
    return caught.value, server


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
async def test_one_deadline_covers_every_stall(driver: Driver, options, bounded, script) -> None:
    await refused(driver, script, options, bounded, "unreachable")


async def test_deadline_covers_tls(driver: Driver, options, bounded) -> None:
    async def script(peer: Peer) -> None:
        await peer.send(peer.greeting(capabilities=CAPABILITIES | p.SSL))
        await peer.read()
        await peer.stall()

    _, server = await refused(driver, script, options, bounded, "unreachable", tls=TLSOptions())
    assert_no_secret(server.received)


async def test_deadline_covers_name_resolution(options, bounded) -> None:
    from altus4_mysql import make_driver

    async def resolve(host: str, port: int) -> list[str]:
        await asyncio.sleep(60)
        return ["127.0.0.1"]

    for name in ("aiomysql", "asyncmy"):
        with bounded(0.9), pytest.raises(ConnectFailed) as caught:
            await make_driver(name, resolve).connect(options(3306))
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
        with bounded(0.9), pytest.raises(ConnectFailed) as caught:
            await driver.connect(options(server.port))
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
async def test_a_lying_greeting(driver: Driver, options, bounded, lie: dict) -> None:
    async def script(peer: Peer) -> None:
        await peer.send(peer.greeting(**lie))
        await peer.stall()

    _, server = await refused(driver, script, options, bounded, "protocol")
    assert server.received == b""


@pytest.mark.parametrize("mode", ["required", "verify-ca", "verify-identity"])
async def test_tls_stripped(driver: Driver, options, bounded, mode: str) -> None:
    async def script(peer: Peer) -> None:
        await peer.send(peer.greeting(capabilities=CAPABILITIES & ~p.SSL))
        await peer.read()
        await peer.send(ok())
        await peer.stall()

    _, server = await refused(driver, script, options, bounded, "tls", tls=TLSOptions(mode=mode))
    assert server.received == b""


async def test_bytes_before_tls(driver: Driver, options, bounded) -> None:
    async def script(peer: Peer) -> None:
        await peer.send(peer.greeting(capabilities=CAPABILITIES | p.SSL), ok())
        await peer.read()
        await peer.stall()

    _, server = await refused(driver, script, options, bounded, "protocol", tls=TLSOptions())
    assert_no_secret(server.received)


async def test_garbage_instead_of_tls(driver: Driver, options, bounded) -> None:
    async def script(peer: Peer) -> None:
        await peer.send(peer.greeting(capabilities=CAPABILITIES | p.SSL))
        await peer.read()
        await peer.raw(b"\x15\x03\x01\x00\x02\x02\x28" + b"garbage" * 100)
        await peer.stall()

    _, server = await refused(driver, script, options, bounded, "tls", tls=TLSOptions())
    assert_no_secret(server.received)


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
async def test_unwanted_method_in_the_greeting(driver: Driver, options, bounded, plugin: str) -> None:
    async def script(peer: Peer) -> None:
        await peer.send(peer.greeting(plugin=plugin))
        await peer.read()
        await peer.send(ok())

    error, server = await refused(driver, script, options, bounded, "not_allowed")
    assert server.received == b""
    assert "\x1b" not in str(error) + error.server_text


@pytest.mark.parametrize("password", [PASSWORD, ""])
@pytest.mark.parametrize("plugin", UNWANTED)
async def test_unwanted_method_in_a_switch(driver: Driver, options, bounded, plugin: str, password: str) -> None:
    async def script(peer: Peer) -> None:
        await peer.send(peer.greeting())
        await peer.read()
        await peer.send(b"\xfe" + plugin.encode() + b"\0" + SALT + b"\0")
        await peer.read()
        await peer.send(ok())

    _, server = await refused(driver, script, options, bounded, "not_allowed", password=password)
    assert SECRET not in server.received
    assert len(server.peers[0].received) == 1, "nothing was answered to the switch"


async def test_clear_password_inside_tls(driver: Driver, options, bounded, certificates, tmp_path) -> None:
    context = certificates("127.0.0.1").server_context(tmp_path)

    async def script(peer: Peer) -> None:
        await peer.send(peer.greeting(capabilities=CAPABILITIES | p.SSL, plugin="mysql_clear_password"))
        await peer.read()
        await peer.start_tls(context)
        await peer.read()

    _, server = await refused(driver, script, options, bounded, "not_allowed", tls=TLSOptions())
    assert_no_secret(server.received)


async def test_the_switch_of_mysql_4(driver: Driver, options, bounded) -> None:
    async def script(peer: Peer) -> None:
        await peer.send(peer.greeting())
        await peer.read()
        await peer.send(b"\xfe")
        await peer.read()

    _, server = await refused(driver, script, options, bounded, "not_allowed")
    assert len(server.peers[0].received) == 1


async def test_switching_for_ever(driver: Driver, options, bounded) -> None:
    async def script(peer: Peer) -> None:
        await peer.send(peer.greeting())
        await peer.read()
        for _ in range(100):
            await peer.send(b"\xfemysql_native_password\0" + SALT + b"\0")
            await peer.read()

    _, server = await refused(driver, script, options, bounded, "protocol")
    assert len(server.peers[0].received) == 2


async def test_endless_fast_path(driver: Driver, options, bounded) -> None:
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
async def test_answers_to_the_login(driver: Driver, options, bounded, payload: bytes, reason: str) -> None:
    async def script(peer: Peer) -> None:
        await peer.send(peer.greeting())
        await peer.read()
        await peer.send(payload)
        await peer.stall()

    await refused(driver, script, options, bounded, reason)


async def test_an_error_instead_of_a_greeting(driver: Driver, options, bounded) -> None:
    text = b"Host 'x' is blocked\r\n\x1b[2J" + b"A" * 5000

    async def script(peer: Peer) -> None:
        await peer.send(err(1129, text, b""))

    error, _ = await refused(driver, script, options, bounded, "unreachable")
    assert error.errno == 1129
    assert "blocked" not in str(error)
    assert error.server_text.startswith("Host 'x' is blocked\\r\\n\\x1b[2J")
    assert len(error.server_text) <= 300


async def test_session_statement_refused(driver: Driver, options, bounded) -> None:
    async def script(peer: Peer) -> None:
        await peer.send(peer.greeting())
        await peer.read()
        await peer.send(ok())
        await peer.read()
        await peer.send(err(1231))

    await refused(driver, script, options, bounded, "protocol")


async def test_rsa_key_is_not_fetched_without_tls(driver: Driver, options, bounded) -> None:
    async def script(peer: Peer) -> None:
        await peer.send(peer.greeting())
        await peer.read()
        await peer.send(b"\x01\x04")
        await peer.read()

    _, server = await refused(driver, script, options, bounded, "not_allowed")
    assert len(server.peers[0].received) == 1


def rsa_server(key, seen: list[bytes]):
    from cryptography.hazmat.primitives.asymmetric.padding import MGF1, OAEP
    from cryptography.hazmat.primitives.hashes import SHA1
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

    async def script(peer: Peer) -> None:
        await peer.send(peer.greeting())
        await peer.read()
        await peer.send(b"\x01\x04")
        assert await peer.read() == b"\x02"
        await peer.send(b"\x01" + key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))
        sealed = await peer.read()
        plain = key.decrypt(sealed, OAEP(mgf=MGF1(SHA1()), algorithm=SHA1(), label=None))
        seen.append(bytes(byte ^ SALT[index % 20] for index, byte in enumerate(plain)))
        await peer.send(ok())
        await peer.read()
        await peer.send(ok())
        await peer.stall()

    return script


async def test_rsa_key_on_loopback_when_allowed(driver: Driver, options) -> None:
    from cryptography.hazmat.primitives.asymmetric import rsa

    seen: list[bytes] = []
    key = rsa.generate_private_key(65537, 2048)
    async with HostileServer(rsa_server(key, seen)) as server:
        connection = await driver.connect(options(server.port, loopback_key=True))
        connection.close()
        await connection.wait_closed()
    assert seen == [SECRET + b"\0"], "the password is encoded as UTF-8"


@pytest.mark.parametrize("key", [b"", b"no key", b"-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n"])
async def test_a_bad_rsa_key(driver: Driver, options, bounded, key: bytes) -> None:
    async def script(peer: Peer) -> None:
        await peer.send(peer.greeting())
        await peer.read()
        await peer.send(b"\x01\x04")
        await peer.read()
        await peer.send(b"\x01" + key)
        await peer.read()

    _, server = await refused(driver, script, options, bounded, "protocol", loopback_key=True)
    assert_no_secret(b"".join(server.peers[0].received[1:]))


async def test_a_weak_rsa_key(driver: Driver, options, bounded) -> None:
    from cryptography.hazmat.primitives.asymmetric import rsa

    weak = rsa.generate_private_key(65537, 1024)
    await refused(driver, rsa_server(weak, []), options, bounded, "protocol", loopback_key=True)


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


def tls_script(context: ssl.SSLContext, plugin: str = "caching_sha2_password"):
    async def script(peer: Peer) -> None:
        await peer.send(peer.greeting(capabilities=CAPABILITIES | p.SSL, plugin=plugin))
        await peer.read()
        await peer.start_tls(context)
        await peer.read()
        if plugin == "caching_sha2_password":
            await peer.send(b"\x01\x04")
            await peer.read()
        await peer.send(ok())
        await peer.read()
        await peer.send(ok())
        await peer.stall()

    return script


def named(options: ConnectOptions, host: str) -> ConnectOptions:
    return evolve(options, host=host)


async def loopback(host: str, port: int) -> list[str]:
    return ["127.0.0.1"]


@pytest.mark.parametrize("name", ["aiomysql", "asyncmy"])
@pytest.mark.parametrize(
    ("mode", "trusted", "certified", "accepted"),
    [
        ("required", False, "elsewhere.test", True),
        ("verify-ca", True, "elsewhere.test", True),
        ("verify-ca", False, "db.test", False),
        ("verify-identity", True, "db.test", True),
        ("verify-identity", True, "elsewhere.test", False),
        ("verify-identity", False, "db.test", False),
    ],
)
async def test_tls_modes(
    name: str, options, certificates, tmp_path, mode: str, trusted: bool, certified: str, accepted: bool
) -> None:
    from altus4_mysql import make_driver

    mine = certificates(certified)
    ca = mine.ca_pem if trusted else certificates(certified).ca_pem
    driver = make_driver(name, loopback)
    async with HostileServer(tls_script(mine.server_context(tmp_path))) as server:
        wanted = named(options(server.port, connect_timeout=3.0, tls=TLSOptions(mode=mode, ca_pem=ca)), "db.test")
        if accepted:
            connection = await driver.connect(wanted)
            connection.close()
            await connection.wait_closed()
            assert SECRET + b"\0" in server.peers[0].received, "inside TLS the full login sends the password itself"
        else:
            with pytest.raises(ConnectFailed) as caught:
                await driver.connect(wanted)
            assert caught.value.reason == "tls"
            assert_no_secret(server.received)


async def test_sha256_password_inside_tls(driver: Driver, options, certificates, tmp_path) -> None:
    context = certificates("127.0.0.1").server_context(tmp_path)
    async with HostileServer(tls_script(context, "sha256_password")) as server:
        connection = await driver.connect(options(server.port, connect_timeout=3.0, tls=TLSOptions()))
        connection.close()
        await connection.wait_closed()
        assert SECRET + b"\0" in server.peers[0].received[1]


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
