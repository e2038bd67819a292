"""Parsing of single payloads. Pure functions over `bytes`; every read is bounds-checked."""

from attrs import frozen

from . import protocol as p
from .errors import ProtocolError, QueryFailed


class Cursor:
    """A reading position in a payload; reading past its end is a `ProtocolError`."""

    __slots__ = ("data", "pos", "what")

    def __init__(self, data: bytes, what: str, pos: int = 0) -> None:
        self.data = data
        self.pos = pos
        self.what = what

    def take(self, size: int) -> bytes:
        """The next `size` bytes."""
        end = self.pos + size
        if end > len(self.data):
            message = f"truncated {self.what}"
            raise ProtocolError(message)
        chunk = self.data[self.pos : end]
        self.pos = end
        return chunk

    def integer(self, size: int) -> int:
        """A little-endian unsigned integer of `size` bytes."""
        return int.from_bytes(self.take(size), "little")

    def lenenc(self) -> int:
        """A length-encoded integer; NULL and the error marker are refused."""
        first = self.integer(1)
        if first < 0xFB:
            return first
        if first in (0xFC, 0xFD, 0xFE):
            return self.integer({0xFC: 2, 0xFD: 3, 0xFE: 8}[first])
        message = f"bad length in {self.what}"
        raise ProtocolError(message)

    def text(self) -> bytes:
        """A length-encoded string."""
        return self.take(self.lenenc())

    def until_nul(self) -> bytes:
        """A NUL-terminated string."""
        end = self.data.find(b"\0", self.pos)
        if end < 0:
            message = f"unterminated text in {self.what}"
            raise ProtocolError(message)
        chunk = self.data[self.pos : end]
        self.pos = end + 1
        return chunk

    def rest(self) -> bytes:
        """Everything that is left."""
        return self.take(len(self.data) - self.pos)


@frozen
class Greeting:
    """The server's first packet (protocol version 10)."""

    version: str
    thread_id: int
    salt: bytes
    capabilities: int
    status: int
    plugin: str


@frozen
class Okay:
    """An OK packet."""

    affected_rows: int
    last_insert_id: int
    status: int
    warnings: int


def parse_greeting(data: bytes) -> Greeting:
    """Read `HandshakeV10`.

    Raises:
        ProtocolError: another protocol version, truncation, or a salt that is not 20 bytes.
    """
    cursor = Cursor(data, "greeting")
    if cursor.integer(1) != 10:
        message = "unknown protocol version"
        raise ProtocolError(message)
    version = cursor.until_nul()[:100].decode("latin-1")
    thread_id = cursor.integer(4)
    salt = cursor.take(8)
    cursor.take(1)
    capabilities = cursor.integer(2)
    cursor.take(1)  # the server's default collation
    status = cursor.integer(2)
    capabilities |= cursor.integer(2) << 16
    cursor.integer(1)  # length of the salt: always 21 with PLUGIN_AUTH
    cursor.take(10)
    if capabilities & p.REQUIRED_FLAGS != p.REQUIRED_FLAGS:
        message = "login methods older than MySQL 5.5"
        raise ProtocolError(message)
    salt += cursor.take(12)
    cursor.take(1)
    # Servers before 5.5.10 forgot the terminating NUL.
    plugin = cursor.rest().split(b"\0", 1)[0][:64].decode("latin-1")
    if b"\0" in salt:
        # The salt is NUL-terminated on the wire; an honest server never puts one inside.
        message = "bad salt"
        raise ProtocolError(message)
    return Greeting(
        version=version,
        thread_id=thread_id,
        salt=salt,
        capabilities=capabilities,
        status=status,
        plugin=plugin,
    )


def parse_ok(data: bytes) -> Okay:
    """Read an OK packet (header 0x00); its message and session tracking are ignored."""
    cursor = Cursor(data, "OK packet", 1)
    return Okay(
        affected_rows=cursor.lenenc(),
        last_insert_id=cursor.lenenc(),
        status=cursor.integer(2),
        warnings=cursor.integer(2),
    )


def parse_err(data: bytes) -> QueryFailed:
    """Read an ERR packet (header 0xFF). Before the login servers leave the SQLSTATE out."""
    cursor = Cursor(data, "ERR packet", 1)
    errno = cursor.integer(2)
    text = cursor.rest()
    sqlstate = "HY000"
    if text[:1] == b"#" and len(text) >= 6:
        state = text[1:6].decode("latin-1")
        if state.isascii() and state.isalnum():
            sqlstate = state
        text = text[6:]
    return QueryFailed(errno, sqlstate, text)


def is_eof(data: bytes) -> bool:
    """Whether a payload is an EOF packet: a row that begins with 0xFE is longer."""
    return data[:1] == b"\xfe" and len(data) < 9


def parse_eof(data: bytes) -> tuple[int, int]:
    """Read an EOF packet: (warnings, status)."""
    cursor = Cursor(data, "EOF packet", 1)
    return cursor.integer(2), cursor.integer(2)


def lenenc(value: int) -> bytes:
    """Encode a length-encoded integer below 2**24."""
    if value < 0xFB:
        return bytes((value,))
    if value < 1 << 16:
        return b"\xfc" + value.to_bytes(2, "little")
    return b"\xfd" + value.to_bytes(3, "little")
