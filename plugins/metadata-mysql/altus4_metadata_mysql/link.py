"""The link to the metadata server: options from the URL, a pool, and errors in the core's terms."""

import logging
import time
from collections.abc import Awaitable, Callable, Sequence
from typing import TypeVar

import attrs
from altus4_mysql import (
    ConnectFailed,
    ConnectionLost,
    ConnectOptions,
    InvalidOptions,
    Lease,
    MySQLError,
    Pool,
    PoolSettings,
    QueryFailed,
    QueryTimeout,
    RetryBudget,
    Rows,
    Scalar,
    SessionOptions,
    UnsafeParameter,
    make_driver,
    parse_url,
    read,
)

from altus4_core.errors import Altus4Error, Problem, SettingsError, StartupRefused, ValidationFailed
from altus4_core.settings import Secret
from altus4_metadata_mysql.failures import TRY_AGAIN, WHERE, WHO, refusal, translated
from altus4_metadata_mysql.outage import Outage, unavailable

T = TypeVar("T")

READ_SECONDS = 1.5
WRITE_SECONDS = 8.0
ACQUIRE_SECONDS = 1.0
WAITERS_PER_CONNECTION = 50
LOG_SECONDS = 5.0
TRIES = 4  # of a write that lost a deadlock


def options_of(url: Secret, *, query_timeout: float) -> ConnectOptions:
    """Read the URL.

    Raises:
        SettingsError: it is missing or wrong; the text never holds the password.
    """
    if not url:
        hint = "set ALTUS4_METADATA_URL=mysql://user:password@host:3306/altus4_metadata"
        raise SettingsError([Problem(WHO, "the metadata database is not configured", WHERE, hint)])
    try:
        options = parse_url(url.reveal())
    except InvalidOptions as error:
        raise SettingsError([Problem(WHO, str(error), WHERE)]) from error
    if not options.database:
        hint = "end the URL with /altus4_metadata"
        raise SettingsError([Problem(WHO, "the URL names no schema", WHERE, hint)])
    # Servers may be set to READ COMMITTED, where a first key could be made twice and figures mix two moments.
    return attrs.evolve(options, query_timeout=query_timeout, session=SessionOptions(repeatable_read=True))


class Link:
    """Runs statements of the repositories; a server that is away becomes `Unavailable`, and at once.

    Args:
        options: Where to and as whom; `query_timeout` is the longest time of one writing statement.
        driver: Name of the driver.
        size: Connections at once.
        logger: Told what a client must not be told.
        read_timeout: Seconds that a reading statement gets, waiting and connecting included.
    """

    def __init__(
        self,
        options: ConnectOptions,
        driver: str,
        size: int,
        logger: logging.Logger,
        *,
        read_timeout: float = READ_SECONDS,
    ) -> None:
        settings = PoolSettings(
            size=size, max_waiters=size * WAITERS_PER_CONNECTION, acquire_timeout=min(ACQUIRE_SECONDS, read_timeout)
        )
        self.options = options
        self._pool = Pool(make_driver(driver), options, settings)
        self._logger = logger
        self._budget = RetryBudget()
        self._outage = Outage(logger)
        self._read_timeout = read_timeout
        self._logged_at = -LOG_SECONDS

    async def check(self) -> None:
        """Connect once, in whatever time connecting may take.

        Raises:
            StartupRefused: with the reason.
        """
        try:
            await self._pool.fetch("SELECT 1", deadline=self.options.connect_timeout + 1)
        except ConnectFailed as error:
            raise refusal(error, self.options) from error
        except MySQLError as error:
            raise StartupRefused([Problem(WHO, f"the metadata database does not work: {error}", WHERE)]) from error

    async def ping(self) -> None:
        """Ask the server for a sign of life; asks it even during an outage.

        Raises:
            Unavailable: none came.
        """
        await self._guarded(lambda: self._pool.fetch("SELECT 1", deadline=self._read_timeout))

    async def fetch(self, sql: str, params: Sequence[Scalar] = (), *, patient: bool = False) -> Rows:
        """Read, once more on a new connection if the first was lost; `patient`: with the time of a writing statement.

        A parameter that no column can hold (with a NUL, say) finds no row.

        Raises:
            Unavailable: no answer.
        """
        self._outage.enter()
        deadline = self.options.query_timeout if patient else self._read_timeout
        try:
            return await self._guarded(lambda: read(self._pool, sql, params, budget=self._budget, deadline=deadline))
        except ValidationFailed:
            return Rows()

    async def write(self, sql: str, params: Sequence[Scalar] = ()) -> int:
        """Write. Repeated only where the server says that nothing was written: after a deadlock.

        Returns:
            Affected rows: the server counts those that it really changed.

        Raises:
            Conflict: a duplicate.
            NotFound: the owner is gone.
            ValidationFailed: a value does not fit its column.
            Unavailable: no answer; whether it was written is unknown.
        """
        self._outage.enter()
        return (await self._patiently(lambda: self._pool.fetch(sql, params))).affected_rows

    async def write_all(self, statements: Sequence[tuple[str, Sequence[Scalar]]]) -> None:
        """Write several statements in one transaction.

        Raises:
            As `write`; then nothing was written, or that is unknown.
        """

        async def run(lease: Lease) -> None:
            for sql, params in statements:
                await lease.fetch(sql, params)

        await self.within(run)

    async def within(self, work: Callable[[Lease], Awaitable[T]]) -> T:
        """Do something in one transaction; once more from its beginning after a deadlock.

        Raises:
            As `write`; then nothing was written, or that is unknown.
        """
        self._outage.enter()

        async def transaction() -> T:
            async with self._pool.lease() as lease, lease.transaction():
                return await work(lease)

        return await self._patiently(transaction)

    async def close(self) -> None:
        """Close the pool."""
        await self._pool.close()

    async def _patiently(self, work: Callable[[], Awaitable[T]]) -> T:
        for _ in range(TRIES - 1):
            try:
                return await self._guarded(work)
            except Altus4Error as error:
                cause = error.__cause__
                if not (isinstance(cause, QueryFailed) and cause.errno in TRY_AGAIN):
                    raise
        return await self._guarded(work)

    async def _guarded(self, work: Callable[[], Awaitable[T]]) -> T:
        """Run it, in the core's terms."""
        try:
            result = await work()
        except QueryFailed as error:
            self._outage.worked()
            found = translated(error)
            if found.status >= 500 and error.errno not in TRY_AGAIN:
                self._logger.warning("metadata database: %s: %s", error, error.server_text)
            raise found from error
        except UnsafeParameter as error:
            message = "A value holds characters that cannot be stored."
            raise ValidationFailed(message) from error
        except (ConnectFailed, ConnectionLost, QueryTimeout) as error:
            self._outage.failed(f"{error} {error.server_text}".strip())
            raise unavailable() from error
        except MySQLError as error:
            self._log_sometimes(error)
            raise unavailable() from error
        self._outage.worked()
        return result

    def _log_sometimes(self, error: MySQLError) -> None:
        """Log what comes in floods, such as a pool that is used up, once in a while."""
        now = time.monotonic()
        if now - self._logged_at > LOG_SECONDS:
            self._logged_at = now
            self._logger.warning("metadata database: %s", error)
