"""The default driver: aiomysql with its receive path and its login replaced.

aiomysql alone drops TLS when the server clears a bit, answers `mysql_clear_password`, reads without bounds and
waits without end. What stays of it is the command side; every byte that comes from a server goes through `Wire`.
"""

from typing import Any, NoReturn

from aiomysql.connection import Connection
from pymysql.constants import CLIENT
from pymysql.protocol import MysqlPacket

from .answer import AnswerReader, read_rows
from .connection import Session
from .dialer import Dialer, Dialled, Resolve, resolve_any
from .errors import ConnectionLost
from .options import ConnectOptions, Limits
from .rows import Rows
from .wire import Wire


class HardenedConnection(Connection):
    """aiomysql's connection on a bounded, already authenticated stream. It never sees the password."""

    def __init__(self, wire: Wire, answers: AnswerReader, options: ConnectOptions) -> None:
        # aiomysql has no types.
        super().__init__(  # type: ignore[no-untyped-call]
            host=options.host,
            port=options.port,
            user=options.user,
            db=options.database,
            charset="utf8mb4",
            local_infile=False,
            autocommit=None,
        )
        self.client_flag &= ~(CLIENT.LOCAL_FILES | CLIENT.MULTI_STATEMENTS | CLIENT.CONNECT_ATTRS)
        self._wire = wire
        self._answers = answers
        self.limits: Limits = options.limits
        self.answer = Rows()

    async def _connect(self) -> NoReturn:
        # aiomysql reconnects by itself; a new session is made by the pool, which judges the address again.
        raise ConnectionLost(before_first_row=True)

    def _ensure_alive(self) -> None:
        if not self._wire.usable:
            raise self._wire.fault or ConnectionLost(before_first_row=True)

    def _write_bytes(self, data: bytes) -> None:
        self._wire.write(data)
        self._wire.seq = data[3] + 1

    async def _read_packet(self, packet_type: Any = MysqlPacket) -> Any:
        packet = packet_type(await self._wire.read(), "utf-8")
        packet.check_error()
        return packet

    async def _read_query_result(self, unbuffered: bool = False) -> None:  # noqa: FBT001, FBT002 - inherited
        self.answer = await self._answers.read(self.limits)
        self._affected_rows = self.answer.affected_rows

    def close(self) -> None:
        """Cut the stream."""
        self._wire.abort()

    def __del__(self) -> None:
        # aiomysql's own warning looks at a writer that is not there; the transport has one of its own.
        return


class AiomysqlSession(Session):
    """A session whose statements go through aiomysql."""

    def __init__(self, dialled: Dialled, options: ConnectOptions) -> None:
        super().__init__(dialled, options, read_rows)
        self._raw = HardenedConnection(dialled.wire, self._reader, options)

    async def _exchange(self, statement: bytes, limits: Limits) -> Rows:
        raw = self._raw
        raw.limits = limits
        await raw.query(statement)  # type: ignore[no-untyped-call]  # aiomysql has no types
        return raw.answer


class AiomysqlDriver:
    """Makes aiomysql sessions; satisfies `Driver`.

    Args:
        resolve: name resolution and judgement of addresses.
    """

    name = "aiomysql"

    def __init__(self, resolve: Resolve = resolve_any) -> None:
        self._dialer = Dialer(resolve)

    async def connect(self, options: ConnectOptions, *, only: str | None = None) -> AiomysqlSession:
        """See `Driver`."""
        return await self._dialer.open(options, lambda dialled: AiomysqlSession(dialled, options), only)
