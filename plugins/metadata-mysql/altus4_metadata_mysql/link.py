"""The link to the metadata server: options from the URL, a pool, and errors in the core's terms."""

import logging
from collections.abc import Sequence

import attrs
from altus4_mysql import (
    ConnectFailed,
    ConnectOptions,
    InvalidOptions,
    MySQLError,
    Pool,
    PoolSettings,
    QueryFailed,
    RetryBudget,
    Rows,
    Scalar,
    UnsafeParameter,
    make_driver,
    parse_url,
    read,
)

from altus4_core.errors import Problem, StartupRefused, Unavailable, ValidationFailed
from altus4_core.settings import Secret

WHO = "metadata-mysql"
WHERE = "metadata.url, ALTUS4_METADATA_URL"
NO_SUCH_TABLE = 1146
RETRY_SECONDS = 2.0

HINTS = {
    "unreachable": "start the server, or correct host and port",
    "access_denied": "correct user and password, or grant the user its rights (README of metadata-mysql)",
    "unknown_database": "run: altus4 migrate up (it makes the schema where the user may)",
    "tls": "the server offers no acceptable TLS; set it up, or choose the mode with ?tls=",
    "not_allowed": "correct the address",
    "protocol": "what answers there is no MySQL or MariaDB server that can be talked to",
}


def options_of(url: Secret, *, query_timeout: float) -> ConnectOptions:
    """Read the URL.

    Raises:
        StartupRefused: it is missing or wrong; the text never holds the password.
    """
    if not url:
        hint = "set ALTUS4_METADATA_URL=mysql://user:password@host:3306/altus4_metadata"
        raise StartupRefused([Problem(WHO, "the metadata database is not configured", WHERE, hint)])
    try:
        options = parse_url(url.reveal())
    except InvalidOptions as error:
        raise StartupRefused([Problem(WHO, str(error), WHERE)]) from error
    if not options.database:
        hint = "end the URL with /altus4_metadata"
        raise StartupRefused([Problem(WHO, "the URL names no schema", WHERE, hint)])
    return attrs.evolve(options, query_timeout=query_timeout)


def refusal(error: ConnectFailed, options: ConnectOptions) -> StartupRefused:
    """Say why the server cannot be used, and what to do."""
    what = f"the metadata database {options.host}:{options.port}/{options.database}: {error}"
    return StartupRefused([Problem(WHO, what, WHERE, HINTS.get(error.reason, ""))])


class Link:
    """Runs statements of the repositories. Anything but a refused statement becomes `Unavailable`."""

    def __init__(self, options: ConnectOptions, driver: str, size: int, logger: logging.Logger) -> None:
        settings = PoolSettings(size=size, max_waiters=size * 50, acquire_timeout=2.0)
        self.options = options
        self._pool = Pool(make_driver(driver), options, settings)
        self._logger = logger
        self._budget = RetryBudget()

    async def check(self) -> None:
        """Connect once.

        Raises:
            StartupRefused: with the reason.
        """
        try:
            await self._pool.fetch("SELECT 1")
        except ConnectFailed as error:
            raise refusal(error, self.options) from error
        except MySQLError as error:
            raise StartupRefused([Problem(WHO, f"the metadata database does not work: {error}", WHERE)]) from error

    async def fetch(self, sql: str, params: Sequence[Scalar] = ()) -> Rows:
        """Read, once more on a new connection if the first was lost.

        Raises:
            Unavailable: no answer.
        """
        try:
            return await read(self._pool, sql, params, budget=self._budget)
        except UnsafeParameter as error:
            raise ValidationFailed("A value holds characters that cannot be stored.") from error
        except MySQLError as error:
            raise self._unavailable(error) from error

    async def write(self, sql: str, params: Sequence[Scalar] = ()) -> int:
        """Write, never repeated.

        Returns:
            Affected rows, as the server counts them.

        Raises:
            QueryFailed: the server refused the statement (a duplicate, a missing parent).
            Unavailable: no answer; whether it was written is unknown.
        """
        try:
            return (await self._pool.fetch(sql, params)).affected_rows
        except QueryFailed as error:
            if error.errno in {NO_SUCH_TABLE, 1054, 1290, 1836, 3}:
                raise self._unavailable(error) from error
            raise
        except UnsafeParameter as error:
            raise ValidationFailed("A value holds characters that cannot be stored.") from error
        except MySQLError as error:
            raise self._unavailable(error) from error

    async def write_all(self, statements: Sequence[tuple[str, Sequence[Scalar]]]) -> None:
        """Write several statements in one transaction.

        Raises:
            Unavailable: nothing was written, or that is unknown.
        """
        try:
            async with self._pool.lease() as lease, lease.transaction():
                for sql, params in statements:
                    await lease.fetch(sql, params)
        except MySQLError as error:
            raise self._unavailable(error) from error

    async def close(self) -> None:
        """Close the pool."""
        await self._pool.close()

    def _unavailable(self, error: MySQLError) -> Unavailable:
        if isinstance(error, QueryFailed) and error.errno == NO_SUCH_TABLE:
            message = "The metadata schema is not there; run: altus4 migrate up"
            return Unavailable(message, code="METADATA_NOT_MIGRATED", retry_after=RETRY_SECONDS)
        self._logger.warning("metadata database: %s: %s", error, getattr(error, "server_text", ""))
        return Unavailable(
            "The metadata database does not answer.", code="METADATA_UNAVAILABLE", retry_after=RETRY_SECONDS
        )
