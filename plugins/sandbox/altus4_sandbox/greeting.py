"""The first packet of a server: enough to know that it is up and what it is."""

import re
import socket

import attrs

from .flavour import Flavour

# HandshakeV10: a 4-byte packet header, protocol version 10, then the version text up to a zero byte. MariaDB puts
# "5.5.5-" before its own version, for clients that refuse two-digit majors.
_VERSION = re.compile(r"(?:5\.5\.5-)?(\d+\.\d+\.\d+)")


# CLIENT_SSL, in the first two bytes of the capabilities that follow version, thread id, salt and a zero byte.
_TLS = 0x0800
_CAPABILITIES_AT = 4 + 8 + 1


@attrs.frozen
class Greeting:
    """What a server says before anybody logs in."""

    flavour: Flavour
    version: str
    tls: bool


def read_greeting(host: str, port: int, *, timeout: float) -> Greeting | None:
    """Connect and read the server's greeting within `timeout` seconds per step; None when no server answers."""
    try:
        with socket.create_connection((host, port), timeout) as connection:
            header = _exactly(connection, 4)
            packet = _exactly(connection, min(int.from_bytes(header[:3], "little"), 4096))
    except OSError:
        return None
    if not packet or packet[0] != 10:
        return None
    raw, _, rest = packet[1:].partition(b"\0")
    text = raw.decode("utf-8", errors="replace")
    match = _VERSION.match(text)
    if match is None:
        return None
    flavour = Flavour.MARIADB if "mariadb" in text.lower() else Flavour.MYSQL
    capabilities = int.from_bytes(rest[_CAPABILITIES_AT : _CAPABILITIES_AT + 2], "little")
    return Greeting(flavour, match[1], tls=bool(capabilities & _TLS))


def _exactly(connection: socket.socket, size: int) -> bytes:
    data = b""
    while len(data) < size:
        if not (chunk := connection.recv(size - len(data))):
            message = "closed by the server"
            raise ConnectionError(message)
        data += chunk
    return data


def free_port(host: str = "127.0.0.1") -> int:
    """A TCP port that was free a moment ago."""
    with socket.socket() as probe:
        probe.bind((host, 0))
        port: int = probe.getsockname()[1]
        return port
