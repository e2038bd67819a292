"""A session on a bounded stream: the part that drivers share."""

from . import protocol as p
from .answer import AnswerReader, RowReader
from .dialer import Dialled
from .driver import Flavour
from .errors import ConnectionLost, MySQLError, QueryFailed, StatementTooLarge, UnsafeParameter
from .options import ConnectOptions, Limits
from .rows import Rows
from .session import clean_version, flavour_of

_STATEMENT_LIMIT = p.MAX_PAYLOAD - 2  # one packet: the command byte and the text


class Session:
    """State and statement handling of one connection; satisfies `DriverConnection`.

    Args:
        dialled: the logged-in stream.
        options: for the default caps.
        read_rows: the driver's row parser.
    """

    def __init__(self, dialled: Dialled, options: ConnectOptions, read_rows: RowReader) -> None:
        self._wire = dialled.wire
        self._limits = options.limits
        self._reader = AnswerReader(dialled.wire, read_rows)
        self._reader.status = dialled.okay.status
        self._in_flight = False
        self._lost = False
        self.thread_id: int = dialled.greeting.thread_id
        self.version: str = clean_version(dialled.greeting.version)
        self.flavour: Flavour = flavour_of(dialled.greeting.version)
        self.address: str = dialled.address

    @property
    def is_usable(self) -> bool:
        """See `DriverConnection`."""
        status = self._reader.status & (p.STATUS_IN_TRANSACTION | p.STATUS_AUTOCOMMIT)
        return not self._in_flight and self._wire.usable and status == p.STATUS_AUTOCOMMIT

    @property
    def in_flight(self) -> bool:
        """See `DriverConnection`."""
        return self._in_flight

    @property
    def lost(self) -> bool:
        """See `DriverConnection`."""
        return self._lost

    @property
    def in_transaction(self) -> bool:
        """See `DriverConnection`."""
        return bool(self._reader.status & p.STATUS_IN_TRANSACTION)

    async def query(self, sql: str, limits: Limits | None = None) -> Rows:
        """See `DriverConnection`."""
        wire = self._wire
        try:
            statement = sql.encode("utf-8")
        except UnicodeEncodeError:
            message = "the statement holds a lone surrogate, which is no text"
            raise UnsafeParameter(message) from None
        if len(statement) > _STATEMENT_LIMIT:
            raise StatementTooLarge(len(statement), _STATEMENT_LIMIT)
        if self._in_flight or not wire.usable:
            wire.abort()
            raise wire.fault or ConnectionLost(before_first_row=True)
        caps = limits or self._limits
        self._in_flight = True
        self._reader.started = False
        wire.allow(caps.max_response_bytes)
        wire.seq = 0
        try:
            rows = await self._exchange(statement, caps)
        except QueryFailed:
            self._idle()
            raise
        except ConnectionLost:
            # Perhaps the server is gone; perhaps only something between us is, and the statement runs on: it stays in
            # flight, so that whoever lent the connection has it looked after.
            wire.abort()
            self._lost = True
            raise ConnectionLost(before_first_row=not self._reader.started) from None
        except MySQLError:
            # The server is still sending; it stops when it notices that nobody is there.
            self._cut()
            raise
        except BaseException:
            wire.abort()
            raise
        self._idle()
        return rows

    async def _exchange(self, statement: bytes, limits: Limits) -> Rows:
        self._wire.send(b"\x03" + statement)
        return await self._reader.read(limits)

    def _cut(self) -> None:
        self._wire.abort()
        self._in_flight = False

    def _idle(self) -> None:
        self._in_flight = False
        self._wire.allow(0)

    def close(self) -> None:
        """See `DriverConnection`."""
        if self._in_flight:
            self._wire.abort()
        else:
            self._wire.quit()

    def abort(self) -> None:
        """See `DriverConnection`."""
        self._wire.abort()

    async def wait_closed(self) -> None:
        """See `DriverConnection`."""
        await self._wire.wait_closed()
