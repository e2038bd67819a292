"""The driver seam: what a pool needs of a driver, and nothing more."""

from typing import Literal, Protocol, runtime_checkable

from .options import ConnectOptions, Limits
from .rows import Rows

Flavour = Literal["mysql", "mariadb"]


@runtime_checkable
class DriverConnection(Protocol):
    """An authenticated session. One statement at a time; text protocol only."""

    @property
    def thread_id(self) -> int:
        """The server's id of this session, as KILL takes it."""

    @property
    def version(self) -> str:
        """The server's version as it tells it, without MariaDB's `5.5.5-` prefix."""

    @property
    def flavour(self) -> Flavour:
        """`mysql` or `mariadb`."""

    @property
    def address(self) -> str:
        """The checked address this session is connected to."""

    @property
    def is_usable(self) -> bool:
        """Open, in step, nothing running or unread, autocommit on and no transaction: may be given to anybody."""

    @property
    def in_flight(self) -> bool:
        """A statement was sent and its answer not read to the end: the server may still be at work."""

    @property
    def lost(self) -> bool:
        """The stream ended while a statement was in flight: the server, or something between us, went away."""

    @property
    def in_transaction(self) -> bool:
        """Whether the server said so in its last answer."""

    async def query(self, sql: str, limits: Limits | None = None) -> Rows:
        """Run one finished statement (no placeholders) in one round trip.

        Args:
            sql: the statement, sent as UTF-8.
            limits: caps for this answer; None: those of the options.

        Raises:
            QueryFailed: the server's error; the connection stays usable.
            StatementTooLarge: nothing was sent.
            ResultTooLarge, ProtocolError: the connection has been cut.
            ConnectionLost: the connection is of no more use; it is `in_flight` and `lost` if the statement was sent.
            asyncio.CancelledError: the connection has been cut and is `in_flight`.
        """

    def close(self) -> None:
        """Say goodbye where that is possible at once, and close. Never waits, may be called twice."""

    def abort(self) -> None:
        """Cut the connection."""

    async def wait_closed(self) -> None:
        """Until the socket is gone."""


@runtime_checkable
class Driver(Protocol):
    """Makes connections."""

    @property
    def name(self) -> str:
        """Name for logs and settings."""

    async def connect(self, options: ConnectOptions, *, only: str | None = None) -> DriverConnection:
        """Resolve, connect, encrypt, log in and set the session, within `options.connect_timeout`.

        Args:
            options: where to and as whom.
            only: an address of an earlier connection: go there or nowhere (to kill what runs there).

        Raises:
            ConnectFailed: with its reason.
        """
