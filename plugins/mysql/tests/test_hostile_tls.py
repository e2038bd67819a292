"""A hostile server and its channel: TLS stripped, faked or misused, RSA keys; no secret to the wrong peer."""

import ssl

import pytest
from altus4_mysql import ConnectFailed, ConnectOptions, Driver, TLSOptions
from altus4_mysql import protocol as p
from altus4_mysql.auth import scramble_caching_sha2, scramble_native
from altus4_mysql.testing import HostileServer, Peer
from altus4_mysql.testing.hostile import CAPABILITIES, SALT, ok
from attrs import evolve

SECRET = "geheim-ÄÖ-password".encode()


def assert_no_secret(received: bytes) -> None:
    assert SECRET not in received
    assert SECRET.decode().encode("latin-1") not in received
    assert scramble_native(SECRET, SALT) not in received
    assert scramble_caching_sha2(SECRET, SALT) not in received


async def test_deadline_covers_tls(driver: Driver, options, bounded, refused) -> None:
    async def script(peer: Peer) -> None:
        await peer.send(peer.greeting(capabilities=CAPABILITIES | p.SSL))
        await peer.read()
        await peer.stall()

    _, server = await refused(driver, script, options, bounded, "unreachable", tls=TLSOptions())
    assert_no_secret(server.received)


@pytest.mark.parametrize("mode", ["required", "verify-ca", "verify-identity"])
async def test_tls_stripped(driver: Driver, options, bounded, mode: str, refused) -> None:
    async def script(peer: Peer) -> None:
        await peer.send(peer.greeting(capabilities=CAPABILITIES & ~p.SSL))
        await peer.read()
        await peer.send(ok())
        await peer.stall()

    _, server = await refused(driver, script, options, bounded, "tls", tls=TLSOptions(mode=mode))
    assert server.received == b""


async def test_bytes_before_tls(driver: Driver, options, bounded, refused) -> None:
    async def script(peer: Peer) -> None:
        await peer.send(peer.greeting(capabilities=CAPABILITIES | p.SSL), ok())
        await peer.read()
        await peer.stall()

    _, server = await refused(driver, script, options, bounded, "protocol", tls=TLSOptions())
    assert_no_secret(server.received)


async def test_garbage_instead_of_tls(driver: Driver, options, bounded, refused) -> None:
    async def script(peer: Peer) -> None:
        await peer.send(peer.greeting(capabilities=CAPABILITIES | p.SSL))
        await peer.read()
        await peer.raw(b"\x15\x03\x01\x00\x02\x02\x28" + b"garbage" * 100)
        await peer.stall()

    _, server = await refused(driver, script, options, bounded, "tls", tls=TLSOptions())
    assert_no_secret(server.received)


async def test_clear_password_inside_tls(driver: Driver, options, bounded, certificates, tmp_path, refused) -> None:
    context = certificates("127.0.0.1").server_context(tmp_path)

    async def script(peer: Peer) -> None:
        await peer.send(peer.greeting(capabilities=CAPABILITIES | p.SSL, plugin="mysql_clear_password"))
        await peer.read()
        await peer.start_tls(context)
        await peer.read()

    _, server = await refused(driver, script, options, bounded, "not_allowed", tls=TLSOptions())
    assert_no_secret(server.received)


async def test_rsa_key_is_not_fetched_without_tls(driver: Driver, options, bounded, refused) -> None:
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
async def test_a_bad_rsa_key(driver: Driver, options, bounded, key: bytes, refused) -> None:
    async def script(peer: Peer) -> None:
        await peer.send(peer.greeting())
        await peer.read()
        await peer.send(b"\x01\x04")
        await peer.read()
        await peer.send(b"\x01" + key)
        await peer.read()

    _, server = await refused(driver, script, options, bounded, "protocol", loopback_key=True)
    assert_no_secret(b"".join(server.peers[0].received[1:]))


async def test_a_weak_rsa_key(driver: Driver, options, bounded, refused) -> None:
    from cryptography.hazmat.primitives.asymmetric import rsa

    weak = rsa.generate_private_key(65537, 1024)
    await refused(driver, rsa_server(weak, []), options, bounded, "protocol", loopback_key=True)


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
    ("mode", "wrong"),
    [
        ("required", ()),
        ("verify-ca", ("expired", "CA")),
        ("verify-identity", ("expired", "CA", "name")),
    ],
)
@pytest.mark.parametrize("fault", ["none", "expired", "CA", "name"])
async def test_tls_modes(
    name: str, options, certificates, tmp_path, mode: str, wrong: tuple[str, ...], fault: str
) -> None:
    """Each mode against a good certificate, an expired one, one of another CA and one for another name."""
    from altus4_mysql import make_driver

    certified = "elsewhere.test" if fault == "name" else "db.test"
    mine = certificates(certified, expired=fault == "expired")
    ca = certificates(certified).ca_pem if fault == "CA" else mine.ca_pem
    driver = make_driver(name, loopback)
    async with HostileServer(tls_script(mine.server_context(tmp_path))) as server:
        wanted = named(options(server.port, connect_timeout=3.0, tls=TLSOptions(mode=mode, ca_pem=ca)), "db.test")
        if fault not in wrong:
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
