r"""A server that speaks just enough MySQL to lie.

A test gives a script, an async function of a `Peer`, which runs once per connection:

    async def script(peer: Peer) -> None:
        await peer.login()
        await peer.read()
        await peer.send(b"\\xfb/etc/passwd")

    async with HostileServer(script) as server:
        ...  # connect to 127.0.0.1:server.port
"""

import asyncio
import ssl
from collections.abc import Awaitable, Callable, Iterable, Sequence
from types import TracebackType
from typing import Self

from altus4_mysql import protocol as p
from altus4_mysql.packet import lenenc

Script = Callable[["Peer"], Awaitable[None]]

SALT = b"abcdefghijklmnopqrst"
CAPABILITIES = p.CLIENT_FLAGS | p.CONNECT_WITH_DB | p.LOCAL_FILES | p.MULTI_STATEMENTS | p.CONNECT_ATTRS


class ServerTLS:
    """The server's end of TLS over any bytes."""

    def __init__(self, context: ssl.SSLContext) -> None:
        self._in = ssl.MemoryBIO()
        self._out = ssl.MemoryBIO()
        self._object = context.wrap_bio(self._in, self._out, server_side=True)

    def handshake(self, data: bytes) -> bool:
        """Feed bytes of the client; True when the handshake is done."""
        self._in.write(data)
        try:
            self._object.do_handshake()
        except ssl.SSLWantReadError:
            return False
        return True

    def outgoing(self) -> bytes:
        """What is to be sent."""
        return self._out.read()

    def encrypt(self, data: bytes) -> bytes:
        """Plain bytes to what is to be sent."""
        self._object.write(data)
        return self._out.read()

    def decrypt(self, data: bytes) -> bytes:
        """What came to plain bytes, maybe none yet."""
        self._in.write(data)
        plain = b""
        try:
            while chunk := self._object.read(65536):
                plain += chunk
        except ssl.SSLWantReadError:
            pass
        return plain


class Peer:
    """The server's side of one connection.

    Attributes:
        number: 1 for the first connection; also the thread id it greets with.
        received: payloads the client sent, in order.
        seq: sequence number of the next packet.
    """

    def __init__(self, number: int, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.number = number
        self.received: list[bytes] = []
        self.seq = 0
        self._reader = reader
        self._writer = writer
        self._pending = bytearray()
        self._tls: ServerTLS | None = None

    async def raw(self, data: bytes) -> None:
        """Send bytes as they are (encrypted, once TLS runs)."""
        self._writer.write(data if self._tls is None else self._tls.encrypt(data))
        await self._writer.drain()

    async def _receive(self) -> bytes:
        while True:
            data = await self._reader.read(65536)
            if not data or self._tls is None:
                return data
            if plain := self._tls.decrypt(data):
                return plain

    async def _exactly(self, size: int) -> bytes:
        while len(self._pending) < size:
            data = await self._receive()
            if not data:
                raise asyncio.IncompleteReadError(bytes(self._pending), size)
            self._pending += data
        taken = bytes(self._pending[:size])
        del self._pending[:size]
        return taken

    def framed(self, payload: bytes) -> bytes:
        """A packet with the next sequence number."""
        data = len(payload).to_bytes(3, "little") + bytes((self.seq,)) + payload
        self.seq = (self.seq + 1) & 0xFF
        return data

    async def send(self, *payloads: bytes) -> None:
        """Send packets in one segment."""
        await self.raw(b"".join([self.framed(payload) for payload in payloads]))

    async def drip(self, data: bytes, pause: float) -> None:
        """Send byte by byte, `pause` seconds apart."""
        for index in range(len(data)):
            await self.raw(data[index : index + 1])
            await asyncio.sleep(pause)

    async def stall(self) -> None:
        """Say nothing until the client is gone."""
        while await self._receive():
            pass

    async def read(self) -> bytes:
        """Read a packet of the client.

        Raises:
            asyncio.IncompleteReadError: the client is gone.
        """
        header = await self._exactly(4)
        payload = await self._exactly(int.from_bytes(header[:3], "little"))
        self.seq = (header[3] + 1) & 0xFF
        self.received.append(payload)
        return payload

    async def start_tls(self, context: ssl.SSLContext) -> None:
        """Encrypt, as the server.

        By hand, because the client's first TLS bytes may have been read already, which asyncio would lose.
        """
        tls = ServerTLS(context)
        hello, self._pending = bytes(self._pending), bytearray()
        while not tls.handshake(hello):
            self._writer.write(tls.outgoing())
            hello = await self._reader.read(65536)
            if not hello:
                raise asyncio.IncompleteReadError(b"", 1)
        self._writer.write(tls.outgoing())
        self._tls = tls
        self._pending += tls.decrypt(b"")

    def greeting(
        self,
        *,
        version: str = "9.7.4",
        plugin: str = "caching_sha2_password",
        capabilities: int = CAPABILITIES,
        salt: bytes = SALT,
        protocol: int = 10,
    ) -> bytes:
        """A greeting's payload."""
        return (
            bytes((protocol,))
            + version.encode()
            + b"\0"
            + self.number.to_bytes(4, "little")
            + salt[:8]
            + b"\0"
            + (capabilities & 0xFFFF).to_bytes(2, "little")
            + bytes((p.UTF8MB4_COLLATION,))
            + p.STATUS_AUTOCOMMIT.to_bytes(2, "little")
            + (capabilities >> 16).to_bytes(2, "little")
            + bytes((21,))
            + bytes(10)
            + salt[8:]
            + b"\0"
            + plugin.encode()
            + b"\0"
        )

    async def login(self, **greeting: object) -> None:
        """Greet, believe any password, and agree to the session statement."""
        await self.send(self.greeting(**greeting))  # type: ignore[arg-type]  # passed on to typed keywords
        await self.read()
        await self.send(ok())
        await self.read()
        await self.send(ok())

    async def answer(
        self, columns: Iterable[bytes], rows: Iterable[bytes], *, status: int = p.STATUS_AUTOCOMMIT
    ) -> None:
        """Send a whole result of payloads."""
        definitions = list(columns)
        await self.send(lenenc(len(definitions)), *definitions, eof(), *rows, eof(status))


def ok(status: int = p.STATUS_AUTOCOMMIT) -> bytes:
    """An OK packet's payload."""
    return b"\0\0\0" + status.to_bytes(2, "little") + b"\0\0"


def eof(status: int = p.STATUS_AUTOCOMMIT) -> bytes:
    """An EOF packet's payload."""
    return b"\xfe\0\0" + status.to_bytes(2, "little")


def err(errno: int, text: bytes = b"no", state: bytes = b"HY000") -> bytes:
    """An ERR packet's payload; an empty state leaves it out, as servers do before the login."""
    return b"\xff" + errno.to_bytes(2, "little") + (b"#" + state if state else b"") + text


def column(name: str = "c", type_code: int = 253, charset: int = p.UTF8MB4_COLLATION) -> bytes:
    """A column definition's payload."""
    texts = [b"def", b"s", b"t", b"t", name.encode(), name.encode()]
    return (
        b"".join([lenenc(len(text)) + text for text in texts])
        + b"\x0c"
        + charset.to_bytes(2, "little")
        + (1024).to_bytes(4, "little")
        + bytes((type_code, 0, 0, 0, 0, 0))
    )


def row(*values: bytes | None) -> bytes:
    """A row's payload."""
    return b"".join([b"\xfb" if value is None else lenenc(len(value)) + value for value in values])


#: Two columns: a text and an integer.
TWO = (column("a"), column("b", p.TYPE_LONGLONG, p.BINARY_CHARSET))


def result(columns: Sequence[bytes], *rows: bytes) -> tuple[bytes, ...]:
    """The payloads of a whole result."""
    return (lenenc(len(columns)), *columns, eof(), *rows, eof())


def answering(*payloads: bytes, stall: bool = True) -> Script:
    """A script that answers the first statement with these payloads, in one segment, and then stalls or hangs up."""

    async def script(peer: Peer) -> None:
        await peer.login()
        await peer.read()
        await peer.send(*payloads)
        if stall:
            await peer.stall()

    return script


class HostileServer:
    """Runs a script for each connection, on loopback and a free port.

    Args:
        script: the behaviour.
        port: 0 for a free one.
    """

    def __init__(self, script: Script, port: int = 0) -> None:
        self._script = script
        self._server: asyncio.Server | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self.port = port
        self.peers: list[Peer] = []
        self.faults: list[BaseException] = []

    @property
    def received(self) -> bytes:
        """Everything every client sent, framing left out."""
        return b"".join([payload for peer in self.peers for payload in peer.received])

    async def __aenter__(self) -> Self:
        """Start listening."""
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", self.port, limit=2**16)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        peer = Peer(len(self.peers) + 1, reader, writer)
        self.peers.append(peer)
        task = asyncio.current_task()
        if task is not None:
            self._tasks.add(task)
        try:
            await self._script(peer)
        except (OSError, asyncio.IncompleteReadError, ssl.SSLError):
            pass  # the client left, which is what most scripts make it do
        except asyncio.CancelledError:
            pass  # the end of the test
        except Exception as fault:  # noqa: BLE001 - shown by the exit
            self.faults.append(fault)
        finally:
            self._tasks.discard(task) if task is not None else None
            writer.transport.abort()

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop, cut every connection, and raise what a script did wrong."""
        if self._server is not None:
            self._server.close()
        for task in tuple(self._tasks):
            task.cancel()
        for _ in range(3):
            await asyncio.sleep(0)
        if self.faults and error is None:
            raise self.faults[0]
