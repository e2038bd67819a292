"""The byte stream to a server: bounded reading, packets, sequence numbers.

Bytes land in one buffer and are counted there. A server may send at most `budget` bytes; while a connection is
idle the budget is 0, so that a leftover or unasked packet breaks the connection instead of reaching the next
borrower.
"""

import asyncio
import ssl
from typing import cast

from . import protocol as p
from .errors import ConnectionLost, MySQLError, ProtocolError, ResultTooLarge

_BUFFER = 32 * 1024
_KEEP = 256 * 1024
#: Bytes kept free behind the data: asyncmy's row parser reads up to three bytes past a truncated length.
_SLACK = 16
_TLS_SHUTDOWN = 0.5  # seconds given to a peer for its close_notify


class Wire(asyncio.BufferedProtocol):
    """One connection's stream.

    Attributes:
        buffer, pos, length: `buffer[pos:length]` are the bytes not yet consumed.
        seq: sequence number of the next packet.
        max_packet: cap on one payload, bytes.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop, max_packet: int, budget: int) -> None:
        self._loop = loop
        self._transport: asyncio.Transport | None = None
        self._waiter: asyncio.Future[None] | None = None
        self._closed = loop.create_future()
        # Not 0: the greeting may come before whoever connects gets to run.
        self._budget = self._cap = budget
        self.buffer = bytearray(_BUFFER)
        self.pos = 0
        self.length = 0
        self.seq = 0
        self.max_packet = max_packet
        self.fault: MySQLError | None = None
        self.eof = False

    # What asyncio calls.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Remember the transport."""
        # Not checked with isinstance: uvloop's transports do not derive from asyncio's.
        self._transport = cast("asyncio.Transport", transport)

    def get_buffer(self, sizehint: int) -> memoryview:
        """A view to receive into: never more than the budget and one byte, which shows the excess."""
        pos, length, buffer = self.pos, self.length, self.buffer
        if pos:
            if length > pos:
                buffer[: length - pos] = buffer[pos:length]
            self.length = length = length - pos
            self.pos = 0
            if not length and len(buffer) > _KEEP:
                self.buffer = buffer = bytearray(_BUFFER)
        if len(buffer) - length < _SLACK + 4096:
            # A new object: the loop may still hold a view of the old one, which then cannot be resized.
            grown = bytearray(2 * len(buffer))
            grown[:length] = memoryview(buffer)[:length]
            self.buffer = buffer = grown
        end = min(len(buffer) - _SLACK, length + self._budget + 1)
        return memoryview(buffer)[length:end]

    def buffer_updated(self, nbytes: int) -> None:
        """Count what came; beyond the budget the connection is over."""
        self.length += nbytes
        self._budget -= nbytes
        if self._budget < 0:
            if self._cap:
                self.fail(ResultTooLarge("response bytes", self._cap))
            else:
                self.fail(ProtocolError("unasked bytes on an idle connection"))
            return
        self._wake()

    def eof_received(self) -> bool:
        """The peer is done; let the transport close."""
        self.eof = True
        self._wake()
        return False

    def connection_lost(self, exc: Exception | None) -> None:
        """The transport is gone. The reason is not kept: its traceback would keep the transport alive."""
        self.eof = True
        self._transport = None
        self._wake()
        if not self._closed.done():
            self._closed.set_result(None)

    def _wake(self) -> None:
        waiter = self._waiter
        if waiter is not None:
            self._waiter = None
            if not waiter.done():
                waiter.set_result(None)

    # What the connection calls.

    @property
    def usable(self) -> bool:
        """Open, in step, and nothing unread."""
        transport = self._transport
        return (
            self.fault is None
            and not self.eof
            and self.pos == self.length
            and transport is not None
            and not transport.is_closing()
        )

    def allow(self, budget: int) -> None:
        """Let the server send `budget` bytes from now on; 0: nothing."""
        self._budget = self._cap = budget
        if not budget and self.pos == self.length and len(self.buffer) > _KEEP:
            # What one large answer took is not kept by an idle connection.
            self.buffer = bytearray(_BUFFER)
            self.pos = self.length = 0

    def fail(self, fault: MySQLError) -> None:
        """Break the connection; whoever reads gets `fault`."""
        if self.fault is None:
            self.fault = fault
        self.abort()
        self._wake()

    def write(self, data: bytes) -> None:
        """Hand bytes to the transport; never waits. A statement is one packet, so what queues up is bounded.

        Raises:
            ConnectionLost: closed already.
        """
        transport = self._transport
        if transport is None or self.eof or transport.is_closing():
            raise self.fault or ConnectionLost(before_first_row=True)
        transport.write(data)

    def send(self, payload: bytes) -> None:
        """Write one packet with the next sequence number."""
        self.write(len(payload).to_bytes(3, "little") + bytes((self.seq,)) + payload)
        self.seq = (self.seq + 1) & 0xFF

    async def fill(self, need: int) -> None:
        """Wait until `need` bytes are unread.

        Raises:
            ConnectionLost: the stream ended before.
            MySQLError: the fault that broke the connection.
        """
        while self.length - self.pos < need:
            if self.fault is not None:
                raise self.fault
            if self.eof:
                raise ConnectionLost(before_first_row=False)
            self._waiter = waiter = self._loop.create_future()
            await waiter
        if self.fault is not None:
            raise self.fault

    async def read(self) -> bytes:
        """Read one packet's payload.

        Raises:
            ResultTooLarge: beyond `max_packet`; known from the header, before the payload is waited for.
            ProtocolError: wrong sequence number or an empty payload.
            ConnectionLost: the stream ended.
        """
        if self.length - self.pos < 4:
            await self.fill(4)
        buffer, pos = self.buffer, self.pos
        size = buffer[pos] | buffer[pos + 1] << 8 | buffer[pos + 2] << 16
        self.check_header(size, buffer[pos + 3])
        if self.length - pos < 4 + size:
            await self.fill(4 + size)
            buffer, pos = self.buffer, self.pos
        start = pos + 4
        self.pos = start + size
        self.seq = (self.seq + 1) & 0xFF
        return bytes(memoryview(buffer)[start : start + size])

    def check_header(self, size: int, seq: int) -> None:
        """Judge a packet header before its payload is read."""
        if seq != self.seq:
            if seq == 0:
                # A server that shuts down tells so in a packet that begins a new sequence.
                raise ConnectionLost(before_first_row=False)
            message = "packet out of order"
            raise ProtocolError(message)
        if size > self.max_packet:
            raise ResultTooLarge("packet bytes", self.max_packet)
        if not size:
            message = "empty packet"
            raise ProtocolError(message)

    async def start_tls(self, context: ssl.SSLContext, server_name: str) -> None:
        """Encrypt the stream. Bytes that came before are refused: they would pass for encrypted ones."""
        if self.pos != self.length or self._transport is None:
            message = "bytes before TLS"
            raise ProtocolError(message)
        self._transport = await self._loop.start_tls(
            self._transport,
            self,
            context,
            server_hostname=server_name,
            ssl_shutdown_timeout=_TLS_SHUTDOWN,
        )
        if self._transport is None:
            raise ConnectionLost(before_first_row=True)

    def peer(self) -> str:
        """The address connected to."""
        name = self._transport.get_extra_info("peername") if self._transport else None
        return str(name[0]) if name else ""

    def quit(self) -> None:
        """Say goodbye and close without waiting for anybody."""
        transport = self._transport
        if transport is None:
            return
        if self.usable:
            transport.write(b"\x01\0\0\0" + bytes((p.COM_QUIT,)))
            if transport.get_write_buffer_size() == 0:
                transport.close()
                return
        transport.abort()

    def abort(self) -> None:
        """Cut the connection at once."""
        if self._transport is not None:
            self._transport.abort()

    async def wait_closed(self) -> None:
        """Until the transport is gone."""
        await asyncio.shield(self._closed)
