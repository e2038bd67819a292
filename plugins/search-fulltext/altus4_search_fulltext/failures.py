"""What goes wrong in a database, in the gateway's words."""

from collections.abc import Iterator
from contextlib import contextmanager

from altus4_mysql import (
    ConnectFailed,
    ConnectionLost,
    MySQLError,
    PoolClosed,
    PoolExhausted,
    ProtocolError,
    QueryFailed,
    QueryTimeout,
    ResultTooLarge,
)

from altus4_core.errors import TargetFailed
from altus4_core.records import Notice
from altus4_search_fulltext import notices

# Error numbers of MySQL and MariaDB.
_CHANGED = frozenset((1054, 1146, 1191))  # no such column, no such table, no FULLTEXT index over these columns
_DENIED = frozenset((1142, 1143))  # on this table, on a column of it
_LATE = frozenset((1317, 1969, 3024))  # killed; over the server's own time limit
_WRONG_VALUES = frozenset((1292, 1525))  # truncated; no date or time

_TEXTS = {
    "TIMEOUT": "The database did not answer in time.",
    "BUSY": "All connections to the database are in use.",
    "UNREACHABLE": "The database server cannot be reached, or does not answer as a MySQL server does.",
    "ACCESS_DENIED": "The database server refused the gateway's account.",
    "UNKNOWN_DATABASE": "The database server has no schema of this name that the account may see.",
    "TLS": "No connection with the required TLS could be made.",
    "NOT_ALLOWED": "Connections to this address are not allowed.",
    "RESULT_TOO_LARGE": "The database's answer is larger than allowed; ask for fewer rows.",
    "QUERY_FAILED": "The database could not run the statement.",
}
_BY_KIND: tuple[tuple[type[MySQLError], str], ...] = (
    (QueryTimeout, "TIMEOUT"),
    (PoolExhausted, "BUSY"),
    (ResultTooLarge, "RESULT_TOO_LARGE"),
    (ConnectionLost, "UNREACHABLE"),
    (ProtocolError, "UNREACHABLE"),
    (PoolClosed, "UNREACHABLE"),
)


def table_failure(table: str, error: Exception) -> Notice | None:
    """Give the warning when an error concerns one table alone, so that the others can be searched; else None.

    Args:
        table: Its name.
        error: The library's, or a target's with the library's as its cause.
    """
    cause = error.__cause__ if isinstance(error, TargetFailed) else error
    if isinstance(cause, QueryFailed):
        if cause.errno in _CHANGED:
            return notices.table_changed(table)
        if cause.errno in _DENIED:
            return notices.table_denied(table)
    if isinstance(error, TargetFailed) and error.error_code == "SCHEMA_CHANGED":
        return notices.table_changed(table)
    return None


def is_refused_statement(error: Exception) -> bool:
    """Say whether the server did not like a statement, rather than that something is wrong with the server."""
    cause = error.__cause__ if isinstance(error, TargetFailed) else error
    return isinstance(cause, QueryFailed) and cause.errno not in _LATE


def is_refused_value(error: Exception) -> bool:
    """Say whether a value in a statement is none of its column's type: MySQL refuses such dates, MariaDB compares."""
    cause = error.__cause__ if isinstance(error, TargetFailed) else error
    return isinstance(cause, QueryFailed) and cause.errno in _WRONG_VALUES


def lateness(error: MySQLError | TargetFailed) -> str | None:
    """Give the reason when only time was wanting: `outOfTime` or `busy`; else None."""
    code = error.error_code if isinstance(error, TargetFailed) else _code_of(error)
    return {"TIMEOUT": "outOfTime", "BUSY": "busy"}.get(code)


def database_failure(error: MySQLError) -> TargetFailed:
    """Give the failure of a whole database."""
    code = _code_of(error)
    return TargetFailed(_TEXTS[code], code=code)


@contextmanager
def told_apart() -> Iterator[None]:
    """Tell what the driver raises as the failure of a whole database.

    Raises:
        TargetFailed: instead of a `MySQLError`.
    """
    try:
        yield
    except MySQLError as error:
        raise database_failure(error) from error


def _code_of(error: MySQLError) -> str:
    if isinstance(error, ConnectFailed):
        return {"protocol": "UNREACHABLE"}.get(error.reason, error.reason.upper())
    if isinstance(error, QueryFailed):
        return "TIMEOUT" if error.errno in _LATE else "QUERY_FAILED"
    return next((code for kind, code in _BY_KIND if isinstance(error, kind)), "QUERY_FAILED")
