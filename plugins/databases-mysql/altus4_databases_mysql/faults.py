"""What goes wrong with a customer's database, in our words. The server's own go to the log only, escaped and cut."""

import logging

from altus4_mysql import (
    ConnectFailed,
    ConnectionLost,
    InvalidOptions,
    MySQLError,
    PoolClosed,
    PoolExhausted,
    ProtocolError,
    QueryFailed,
    QueryTimeout,
    ResultTooLarge,
)

from altus4_core.errors import TargetFailed

TEXTS = {
    "UNREACHABLE": "The database server cannot be reached, or does not answer as a MySQL server does.",
    "ACCESS_DENIED": "The database server refused this user name and password, or what they may do.",
    "UNKNOWN_DATABASE": "The database server has no schema of this name that the user may see.",
    "TLS": "No connection with the required TLS could be made; check the TLS mode and the certificates.",
    "NOT_ALLOWED": "Connections to this address, port or schema are not allowed by the gateway's operator.",
    "INVALID_OPTIONS": "The connection's settings cannot be used; enter them again.",
    "TIMEOUT": "The database did not answer in time.",
    "CIRCUIT_OPEN": "The database could not be reached repeatedly and is left alone for a moment.",
    "BUSY": "All connections to the database are in use.",
    "RESULT_TOO_LARGE": "The database's answer is larger than allowed.",
    "SCHEMA_CHANGED": "The database's schema changed during the search; try again.",
    "QUERY_FAILED": "The database could not run the statement.",
}

_BY_REASON = {
    "unreachable": "UNREACHABLE",
    "protocol": "UNREACHABLE",
    "access_denied": "ACCESS_DENIED",
    "unknown_database": "UNKNOWN_DATABASE",
    "tls": "TLS",
    "not_allowed": "NOT_ALLOWED",
}

SCHEMA_ERRNOS = frozenset({1054, 1146, 1191})  # unknown column, unknown table, no such FULLTEXT index
_DENIED = frozenset({1044, 1045, 1142, 1143, 1227, 1370})
_LATE = frozenset({1317, 1969, 3024})  # interrupted, MariaDB's and MySQL's statement time
_BUSY = frozenset({1040, 1203, 1205, 1226})  # too many connections, lock wait, user's resources


def failure(code: str, *, retry_after: float | None = None) -> TargetFailed:
    """Make the failure with its fixed text."""
    return TargetFailed(TEXTS[code], code=code, retry_after=retry_after)


def code_of(error: MySQLError) -> str:
    """Give our code for an error of the driver, the pool or the server."""
    if isinstance(error, ConnectFailed):
        return "BUSY" if error.errno in _BUSY else _BY_REASON[error.reason]
    if isinstance(error, QueryFailed):
        return _code_of_errno(error.errno)
    for kind, code in _BY_KIND:
        if isinstance(error, kind):
            return code
    return "QUERY_FAILED"


def _code_of_errno(errno: int) -> str:
    if errno in SCHEMA_ERRNOS:
        return "SCHEMA_CHANGED"
    if errno in _DENIED:
        return "ACCESS_DENIED"
    if errno in _LATE:
        return "TIMEOUT"
    return "BUSY" if errno in _BUSY else "QUERY_FAILED"


_BY_KIND: tuple[tuple[type[MySQLError], str], ...] = (
    (QueryTimeout, "TIMEOUT"),
    (PoolExhausted, "BUSY"),
    (PoolClosed, "UNREACHABLE"),
    (ConnectionLost, "UNREACHABLE"),
    (ProtocolError, "UNREACHABLE"),
    (ResultTooLarge, "RESULT_TOO_LARGE"),
    (InvalidOptions, "INVALID_OPTIONS"),
)


def translate(error: MySQLError, database_id: str, logger: logging.Logger) -> TargetFailed:
    """Log what the server said and give the failure that a caller may see."""
    code = code_of(error)
    logger.info("database %s: %s: %s; server: %s", database_id, code, error, error.server_text or "-")
    return failure(code)
