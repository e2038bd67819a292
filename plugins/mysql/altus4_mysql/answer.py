"""Reading one answer from a stream, within its caps. The same for every driver; only row parsing differs."""

import time
from collections.abc import Awaitable, Callable

from attrs import frozen

from . import packet
from . import protocol as p
from .errors import ProtocolError, ResultTooLarge
from .options import Limits
from .packet import Cursor
from .rows import ResultColumn, Row, Rows
from .values import Convert, converter
from .wire import Wire

_CACHE_ENTRIES = 256
_CACHE_ENTRY_BYTES = 512


@frozen
class Described:
    """A column and the conversion of its values."""

    column: ResultColumn
    convert: Convert


#: Reads the rows up to (not including) the packet that ends them.
RowReader = Callable[[Wire, tuple[Described, ...], int], Awaitable[list[Row]]]


class AnswerReader:
    """Reads answers of one connection.

    Column definitions are remembered by their bytes: a repeated statement costs no parsing. The memory belongs to
    the connection and is bounded.

    Attributes:
        status: the server status of the last answer.
        has_rows: whether the current answer has delivered anything yet, i.e. repeating is no longer silent.
    """

    def __init__(self, wire: Wire, read_rows: RowReader) -> None:
        self._wire = wire
        self._read_rows = read_rows
        self._columns: dict[bytes, Described] = {}
        self.status = 0
        self.started = False

    async def read(self, limits: Limits) -> Rows:
        """Read the answer to the statement just sent.

        Raises:
            QueryFailed: the server refused it; the stream is in step.
            ResultTooLarge, ProtocolError, ConnectionLost: the stream is unusable.
        """
        wire = self._wire
        self.started = False
        wire.max_packet = limits.max_packet_bytes
        sent = time.monotonic()
        data = await wire.read()
        self.started = True
        kind = data[0]
        if kind == p.OK:
            okay = packet.parse_ok(data)
            self._finish(okay.status)
            return Rows(
                affected_rows=okay.affected_rows,
                last_insert_id=okay.last_insert_id,
                warnings=okay.warnings,
            )
        if kind == p.ERR:
            raise packet.parse_err(data)
        if kind == p.LOCAL_INFILE:
            message = "it asks for a local file"
            raise ProtocolError(message)
        described = await self._read_columns(data, limits)
        # Checked per answer, not per cell: a short value costs some 20 times its wire size in memory.
        by_cells = limits.max_cells // len(described)
        rows = await self._read_rows(wire, described, min(limits.max_rows, by_cells))
        end = await wire.read()
        if end[0] == p.ERR:
            raise packet.parse_err(end)
        if not packet.is_eof(end):
            what, limit = ("rows", limits.max_rows) if limits.max_rows <= by_cells else ("cells", limits.max_cells)
            raise ResultTooLarge(what, limit)
        warnings, status = packet.parse_eof(end)
        self._finish(status)
        return Rows(
            columns=tuple([each.column for each in described]),
            rows=rows,
            affected_rows=len(rows),
            warnings=warnings,
            seconds=time.monotonic() - sent,
        )

    def _finish(self, status: int) -> None:
        self.status = status
        if status & p.STATUS_MORE_RESULTS:
            # MULTI_STATEMENTS is off, so only CALL could; a second answer must never reach the next borrower.
            message = "more than one result"
            raise ProtocolError(message)

    async def _read_columns(self, header: bytes, limits: Limits) -> tuple[Described, ...]:
        cursor = Cursor(header, "result header")
        count = cursor.lenenc()
        if cursor.pos != len(header) or not count:
            message = "bad result header"
            raise ProtocolError(message)
        if count > limits.max_columns:
            raise ResultTooLarge("columns", limits.max_columns)
        known = self._columns
        described = []
        for _ in range(count):
            data = await self._wire.read()
            described.append(known.get(data) or self._describe(data))
        if not packet.is_eof(await self._wire.read()):
            message = "columns without an end"
            raise ProtocolError(message)
        return tuple(described)

    def _describe(self, data: bytes) -> Described:
        column = parse_column(data)
        entry = Described(column, converter(column.type_code, column.charset))
        if len(data) <= _CACHE_ENTRY_BYTES:
            if len(self._columns) >= _CACHE_ENTRIES:
                self._columns.clear()
            self._columns[data] = entry
        return entry


def parse_column(data: bytes) -> ResultColumn:
    """Read a `ColumnDefinition41` packet."""
    if data[0] in (p.ERR, p.EOF):
        if data[0] == p.ERR:
            raise packet.parse_err(data)
        message = "fewer columns than announced"
        raise ProtocolError(message)
    cursor = Cursor(data, "column definition")
    cursor.text()  # catalog, always "def"
    cursor.text()  # schema
    table = cursor.text()
    cursor.text()  # original table
    name = cursor.text()
    cursor.text()  # original name
    cursor.lenenc()  # length of what follows
    charset, length, type_code = cursor.integer(2), cursor.integer(4), cursor.integer(1)
    flags, decimals = cursor.integer(2), cursor.integer(1)
    return ResultColumn(
        name=name.decode("utf-8", "replace"),
        table=table.decode("utf-8", "replace"),
        type_code=type_code,
        charset=charset,
        length=length,
        flags=flags,
        decimals=decimals,
    )


def parse_row(data: bytes, described: tuple[Described, ...]) -> Row:
    """Read one row of the text protocol."""
    pos = 0
    size = len(data)
    row: list[object] = []
    try:
        for each in described:
            length = data[pos]
            pos += 1
            if length > 250:
                if length == 251:
                    row.append(None)
                    continue
                width = _WIDTHS[length]
                length = int.from_bytes(data[pos : pos + width], "little")
                pos += width
            end = pos + length
            if end > size:
                raise IndexError
            row.append(each.convert(data[pos:end]))
            pos = end
    except (IndexError, KeyError):
        message = "truncated row"
        raise ProtocolError(message) from None
    if pos != size:
        message = "a row longer than its columns"
        raise ProtocolError(message)
    return tuple(row)


_WIDTHS = {0xFC: 2, 0xFD: 3, 0xFE: 8}


async def read_rows(wire: Wire, described: tuple[Described, ...], limit: int) -> list[Row]:
    """Read rows in plain Python, as many as are buffered without touching the event loop.

    Args:
        wire: at the first row.
        described: the columns.
        limit: rows at most; one more row is left unread for the caller to notice.
    """
    rows: list[Row] = []
    while True:
        if wire.length - wire.pos < 5:
            await wire.fill(5)
        buffer, pos, length = wire.buffer, wire.pos, wire.length
        seq = wire.seq
        while length - pos >= 5:
            size = buffer[pos] | buffer[pos + 1] << 8 | buffer[pos + 2] << 16
            first = buffer[pos + 4]
            if first == p.ERR or (first == p.EOF and size < 9) or len(rows) >= limit:
                wire.pos, wire.seq = pos, seq
                return rows
            wire.seq = seq
            wire.check_header(size, buffer[pos + 3])
            end = pos + 4 + size
            if end > length:
                wire.pos = pos
                await wire.fill(4 + size)
                break
            rows.append(parse_row(bytes(buffer[pos + 4 : end]), described))
            pos = end
            seq = (seq + 1) & 0xFF
            wire.pos, wire.seq = pos, seq
    return rows
