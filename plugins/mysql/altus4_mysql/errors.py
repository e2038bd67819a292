"""The exceptions of this library.

What a server says about an error may hold data, names or control characters, so it never becomes part of
`str(exc)`: it is kept, escaped and cut, in `server_text`, for logs alone.
"""

from typing import Literal

ConnectReason = Literal["unreachable", "access_denied", "unknown_database", "tls", "not_allowed", "protocol"]

SERVER_TEXT_LIMIT = 300  # characters kept of a server's message

_REASON_TEXT: dict[str, str] = {
    "unreachable": "the MySQL server cannot be reached; check host, port and that it is running",
    "access_denied": "the MySQL server refused the login; check user, password and the account's rights",
    "unknown_database": "the MySQL server has no such database, or the account has no rights on it; check the schema",
    "tls": "no acceptable TLS with the MySQL server; check the tls mode and the certificates",
    "not_allowed": "this address or login method is not allowed; check the settings of the gateway",
    "protocol": "the peer does not speak the MySQL protocol as expected; check host and port",
}


def clean_server_text(raw: bytes | str, limit: int = SERVER_TEXT_LIMIT) -> str:
    """Make a server's message safe for a log line.

    Args:
        raw: the message as received.
        limit: characters kept.

    Returns:
        printable ASCII; everything else is backslash-escaped, what is beyond `limit` is cut.
    """
    text = raw[: limit * 4].decode("utf-8", "replace") if isinstance(raw, bytes) else raw
    # Backslashes stay single, so that cleaning a clean text changes nothing.
    kept = [each if " " <= each <= "~" else each.encode("unicode_escape").decode("ascii") for each in text[:limit]]
    return "".join(kept)[:limit]


class MySQLError(Exception):
    """Base of everything this library raises on purpose.

    Attributes:
        server_text: the server's own words, escaped and cut, for logs only; often empty.
    """

    def __init__(self, message: str, *, server_text: bytes | str = b"") -> None:
        super().__init__(message)
        self.server_text = clean_server_text(server_text)


class ConnectFailed(MySQLError):
    """No usable connection: name, address, TLS, login or schema.

    Attributes:
        reason: which of the six kinds, for mapping to an answer.
        errno: the server's error number when it sent one.
        nobody_there: nothing listens at the address (or the name no longer leads to it), so that no thread of an
            earlier connection can be running there either.
    """

    def __init__(
        self,
        reason: ConnectReason,
        hint: str = "",
        *,
        errno: int | None = None,
        nobody_there: bool = False,
        server_text: bytes | str = b"",
    ) -> None:
        super().__init__(hint or _REASON_TEXT[reason], server_text=server_text)
        self.reason: ConnectReason = reason
        self.errno = errno
        self.nobody_there = nobody_there


class ConnectionLost(MySQLError):
    """An established connection broke.

    Attributes:
        before_first_row: nothing of the answer had arrived, so that a read may be repeated.
    """

    def __init__(self, *, before_first_row: bool) -> None:
        super().__init__("the connection to the MySQL server was lost")
        self.before_first_row = before_first_row


class ProtocolError(MySQLError):
    """The server sent what the protocol does not allow; the connection is closed."""

    def __init__(self, what: str) -> None:
        super().__init__(f"the MySQL server broke the protocol: {what}")


class QueryFailed(MySQLError):
    """The server answered a statement with an error; the connection stays usable.

    Attributes:
        errno: MySQL error number, e.g. 1146.
        sqlstate: five characters, `HY000` when the server sent none.
    """

    def __init__(self, errno: int, sqlstate: str, server_text: bytes | str = b"") -> None:
        super().__init__(f"the MySQL server refused the statement (error {errno}, {sqlstate})", server_text=server_text)
        self.errno = errno
        self.sqlstate = sqlstate


class QueryTimeout(MySQLError):
    """A statement did not finish within its deadline; it is being killed on the server."""

    def __init__(self, seconds: float) -> None:
        super().__init__(f"the MySQL server did not answer within {seconds:g} s")
        self.seconds = seconds


class ResultTooLarge(MySQLError):
    """An answer exceeded a cap; the connection is closed.

    Attributes:
        what: `packet bytes`, `response bytes`, `rows`, `columns` or `cells`.
        limit: the cap.
    """

    def __init__(self, what: str, limit: int) -> None:
        super().__init__(f"the MySQL server's answer exceeds {limit} {what}")
        self.what = what
        self.limit = limit


class StatementTooLarge(MySQLError):
    """A statement is longer than one protocol packet; nothing was sent."""

    def __init__(self, size: int, limit: int) -> None:
        super().__init__(f"a statement of {size} bytes exceeds {limit} bytes; split it")


class PoolExhausted(MySQLError):
    """No connection became free in time, or too many callers are waiting already."""


class PoolClosed(MySQLError):
    """The pool has been closed."""

    def __init__(self) -> None:
        super().__init__("the connection pool is closed")


class UnsafeParameter(MySQLError, ValueError):
    """A value or a name cannot be put into SQL safely, or placeholders and values do not match."""


class InvalidOptions(MySQLError, ValueError):
    """A URL or an option is wrong; the message names it and never shows its value."""
