"""Hardened MySQL and MariaDB access for Altus 4: driver, pool, safe SQL, and the records of a target.

pool = Pool(make_driver(), parse_url("mysql://user:secret@db.example/app?tls=verify-identity"))
rows = await pool.fetch("SELECT id, title FROM articles WHERE id IN (" + in_list(ids) + ")", ids)
await pool.close()
"""

from .dialer import Resolve, resolve_any
from .driver import Driver, DriverConnection, Flavour
from .drivers import DRIVERS, make_driver
from .errors import (
    ConnectFailed,
    ConnectionLost,
    ConnectReason,
    InvalidOptions,
    MySQLError,
    PoolClosed,
    PoolExhausted,
    ProtocolError,
    QueryFailed,
    QueryTimeout,
    ResultTooLarge,
    StatementTooLarge,
    UnsafeParameter,
    clean_server_text,
)
from .lease import Lease
from .literals import Scalar, literal
from .options import TLS_MODES, ConnectOptions, Limits, SessionOptions, TLSMode, TLSOptions
from .pool import Pool, PoolSettings, PoolStats
from .records import AsideTarget, Column, FulltextIndex, MySQLTarget, ServerFacts, Table, TableKind, TargetSchema
from .retry import RetryBudget, read
from .rows import ResultColumn, Row, Rows
from .statement import in_list, quote_identifier, render
from .url import parse_url

__all__ = [
    "AsideTarget",
    "Column",
    "ConnectFailed",
    "ConnectOptions",
    "ConnectReason",
    "ConnectionLost",
    "DRIVERS",
    "Driver",
    "DriverConnection",
    "Flavour",
    "FulltextIndex",
    "InvalidOptions",
    "Lease",
    "Limits",
    "MySQLError",
    "MySQLTarget",
    "Pool",
    "PoolClosed",
    "PoolExhausted",
    "PoolSettings",
    "PoolStats",
    "ProtocolError",
    "QueryFailed",
    "QueryTimeout",
    "Resolve",
    "ResultColumn",
    "ResultTooLarge",
    "RetryBudget",
    "Row",
    "Rows",
    "Scalar",
    "ServerFacts",
    "SessionOptions",
    "StatementTooLarge",
    "TLSMode",
    "TLSOptions",
    "TLS_MODES",
    "Table",
    "TableKind",
    "TargetSchema",
    "UnsafeParameter",
    "clean_server_text",
    "in_list",
    "literal",
    "make_driver",
    "parse_url",
    "quote_identifier",
    "read",
    "render",
    "resolve_any",
]
