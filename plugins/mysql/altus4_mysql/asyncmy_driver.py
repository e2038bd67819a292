"""The fast driver: asyncmy's compiled row parser on our own stream and login.

asyncmy's classes cannot be hardened from outside: its packet readers are compiled without bounds checks (a column
name of announced length 60,000 in a packet of 30 bytes returns 60,000 bytes of this process's memory), and its row
parser takes an eight-byte length as signed, hence walks backwards out of the buffer. So the login, the columns and
all packets are read by `Wire`; asyncmy gets rows alone, and only stretches of them without the byte 0xFE, which is
what announces an eight-byte length. (It never does so in an honest row below 16 MiB; in UTF-8 text the byte cannot
occur.) Rows that hold one, and rows that asyncmy refuses, are parsed in Python.
"""

from typing import Any

from asyncmy.protocol import parse_rows_from_buffer

from . import protocol as p
from .answer import Described, parse_row
from .connection import Session
from .dialer import Dialer, Resolve, resolve_any
from .options import ConnectOptions
from .rows import Row
from .values import integer, text
from .wire import Wire

#: asyncmy's way to describe a column: (how to decode, encoding, conversion).
Spec = tuple[int, str | None, Any]


def spec(described: Described) -> Spec:
    """Asyncmy's description of a column; 0 is bytes, 1 is strict UTF-8."""
    convert = described.convert
    if convert is text:
        return (1, "utf8", None)
    if convert is integer:
        return (0, None, int)
    if convert is bytes:
        return (0, None, None)
    return (0, None, convert)


async def read_rows(wire: Wire, described: tuple[Described, ...], limit: int) -> list[Row]:
    """Read rows, in bulk where that is safe; see `answer.read_rows`."""
    specs = tuple([spec(each) for each in described])
    smallest = 4 + len(specs)
    rows: list[Row] = []
    while True:
        if wire.length - wire.pos < 5:
            await wire.fill(5)
        buffer, length = wire.buffer, wire.length
        marker = -1  # where the next 0xFE is
        while length - wire.pos >= 5:
            pos = wire.pos
            if marker < pos:
                marker = buffer.find(p.EOF, pos, length)
                if marker < 0:
                    marker = length
            # A row takes at least `smallest` bytes, so this many bytes hold no more rows than are allowed.
            room = min((limit - len(rows)) * smallest, wire.max_packet + 4)
            if _bulk(wire, specs, rows, min(marker, pos + room)):
                continue
            pos = wire.pos
            first = buffer[pos + 4]
            size = buffer[pos] | buffer[pos + 1] << 8 | buffer[pos + 2] << 16
            if first == p.ERR or len(rows) >= limit or (first == p.EOF and size < 9):
                return rows
            whole = length - pos >= 4 + size
            rows.append(parse_row(await wire.read(), described))
            if not whole:
                break  # it had to wait: buffer and positions are others now


def _bulk(wire: Wire, specs: tuple[Spec, ...], rows: list[Row], end: int) -> bool:
    """Parse whole rows from `buffer[pos:end]`; False when there is none."""
    before = len(rows)
    pos, seq = wire.pos, wire.seq
    if end - pos < 4 + len(specs):
        return False
    try:
        wire.pos, wire.seq = parse_rows_from_buffer(wire.buffer, pos, end, specs, seq, rows)
    except Exception:  # noqa: BLE001 - UnicodeDecodeError, ValueError, asyncmy's own: that row is read in Python
        # asyncmy does not say how far it came, except by the rows it appended.
        for _ in range(len(rows) - before):
            pos += 4 + int.from_bytes(wire.buffer[pos : pos + 3], "little")
            seq = (seq + 1) & 0xFF
        wire.pos, wire.seq = pos, seq
    return len(rows) > before


class AsyncmyDriver:
    """Makes sessions with asyncmy's row parser; satisfies `Driver`.

    Args:
        resolve: name resolution and judgement of addresses.
    """

    name = "asyncmy"

    def __init__(self, resolve: Resolve = resolve_any) -> None:
        self._dialer = Dialer(resolve)

    async def connect(self, options: ConnectOptions, *, only: str | None = None) -> Session:
        """See `Driver`."""
        return await self._dialer.open(options, lambda dialled: Session(dialled, options, read_rows), only)
