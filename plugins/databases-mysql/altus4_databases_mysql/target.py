"""An open customer's database of kind `mysql`: statements, schema, breaker and pool of one row version."""

import asyncio
import logging
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal

from altus4_mysql import (
    Driver,
    Limits,
    MySQLError,
    Pool,
    PoolSettings,
    PoolStats,
    QueryFailed,
    RetryBudget,
    Rows,
    Scalar,
    TargetSchema,
    read,
)

from altus4_core.clock import Clock
from altus4_core.errors import TargetFailed
from altus4_core.stored import Database
from altus4_databases_mysql.advice.usage import IndexUsage
from altus4_databases_mysql.assembly import Parsers
from altus4_databases_mysql.breaker import Breaker, BreakerOptions, State
from altus4_databases_mysql.description import describe
from altus4_databases_mysql.discovery import Discovered, Discovery
from altus4_databases_mysql.faults import SCHEMA_ERRNOS, failure, translate
from altus4_databases_mysql.gatekeeper import Resolve
from altus4_databases_mysql.guard import CircuitOpen, GuardedDriver
from altus4_databases_mysql.link import Link
from altus4_databases_mysql.lookout import Lookout
from altus4_databases_mysql.schemacache import CacheOptions, SchemaCache
from altus4_databases_mysql.settings import DatabasesMySQLSettings

ASIDE = PoolSettings(size=1, max_waiters=8, idle_timeout=5.0)  # the connection for work in the background
PING_SECONDS = 2.0  # for the statement, after connecting
CLOSE_SECONDS = 2.0  # that statements under way get when the target is closed


class MySQLOpenTarget:
    """Satisfies `OpenTarget` and the mysql library's `AsideTarget`. Connects on first use.

    Everything it raises is `TargetFailed`, with the driver's or pool's own error as `__cause__`.

    Args:
        database: The row.
        link: How to reach it.
        driver: Makes connections to judged addresses.
        resolve: The judge, for the lookout.
        settings: The operator's.
        clock: Source of time.
        logger: Gets what servers say.
        on_connected: Called after each new connection.
    """

    def __init__(
        self,
        database: Database,
        link: Link,
        driver: Driver,
        resolve: Resolve,
        settings: DatabasesMySQLSettings,
        clock: Clock,
        logger: logging.Logger,
        on_connected: Callable[[], None] = lambda: None,
    ) -> None:
        self.database = database
        self._link = link
        self._settings = settings
        self._clock = clock
        self._logger = logger
        options = BreakerOptions(settings.breaker_failures, settings.breaker_pause, settings.breaker_longest_pause)
        self._breaker = Breaker(options, clock.monotonic)
        self._guard = GuardedDriver(driver, self._breaker, on_connected)
        self._lookout = Lookout(self._breaker, self._guard, link.options, resolve)
        # Kills pass the breaker: a slot must come free although the database is left alone for now.
        self._pool = Pool(self._guard, link.options, link.pool, killer=driver)
        # Past the breaker, too: what is done in the background says nothing about what callers wait for.
        self._aside = Pool(driver, link.options, ASIDE, killer=driver)
        self._budget = RetryBudget()
        self._schema = SchemaCache(self._read_schema, CacheOptions(settings.schema_ttl), clock.monotonic)
        self._discovery = Discovery(link.schema, logger)
        self.usage = IndexUsage(clock.now())
        self._closed = False

    @property
    def id(self) -> str:
        """The registered database's id."""
        return self.database.id

    @property
    def name(self) -> str:
        """The registered database's name."""
        return self.database.name

    @property
    def kind(self) -> Literal["mysql"]:
        """The kind of target."""
        return "mysql"

    @property
    def stats(self) -> PoolStats:
        """The pool's counts of this moment."""
        return self._pool.stats

    @property
    def closed(self) -> bool:
        """Whether it was closed; a closed target is of no more use."""
        return self._closed

    @property
    def breaker_state(self) -> State:
        """Whether connections are tried."""
        return self._breaker.state

    async def schema(self) -> TargetSchema:
        """Give the schema, possibly remembered for some minutes.

        Raises:
            TargetFailed: it has never been read and cannot be read now.
        """
        return await self._schema.get()

    async def refresh_schema(self) -> TargetSchema:
        """Read the schema again; raises `TargetFailed`. Until it is there, `schema` gives the old one."""
        return await self._schema.refresh()

    async def describe(self) -> Mapping[str, Any]:
        """Give what can be searched: `{database, tables: [...]}`."""
        return describe(await self.schema())

    async def fetch(
        self,
        sql: str,
        params: Sequence[Scalar] = (),
        *,
        deadline: float,
        limits: Limits | None = None,
        slow: bool = False,
    ) -> Rows:
        """Run one reading statement.

        Repeated once after a lost connection, and once after an unknown table, column or FULLTEXT index made the
        schema be read again: it may just be changing. A statement that still fails so raises `SCHEMA_CHANGED`; the
        caller may build it anew from `schema()`, which is the new one by then.

        Args:
            sql: A template with `%s`; identifiers from this target's schema alone.
            params: Its values.
            deadline: Seconds, everything included.
            limits: Caps for the answer.
            slow: It will keep the server busy: it takes the slow lane, see `Pool.fetch`.

        Raises:
            TargetFailed: with its code.
        """
        ends = time.monotonic() + deadline
        self.usage.note(sql)
        try:
            return await self._run(sql, params, deadline, limits, slow=slow)
        except QueryFailed as error:
            if error.errno not in SCHEMA_ERRNOS:
                raise translate(error, self.id, self._logger) from error
            return await self._again(sql, params, ends, limits, error, slow=slow)
        except MySQLError as error:
            raise self._failed(error) from error

    async def fetch_aside(
        self, sql: str, params: Sequence[Scalar] = (), *, deadline: float, limits: Limits | None = None
    ) -> Rows:
        """Run one small reading statement for which nobody waits, on a connection besides the pool's.

        Not repeated, and no reason to leave the database alone when it fails; see `fetch`.
        """
        self._check_open()
        try:
            return await self._aside.fetch(sql, params, deadline=deadline, limits=limits)
        except MySQLError as error:
            raise self._failed(error) from error

    async def ping(self) -> float:
        """Give the time of a trivial statement in milliseconds, connecting first if need be; raises `TargetFailed`."""
        started = time.perf_counter()
        await self.fetch("SELECT 1", deadline=self._link.options.connect_timeout + PING_SECONDS)
        return (time.perf_counter() - started) * 1000

    async def aclose(self) -> None:
        """Refuse further statements, give running ones a moment, close all connections. May be called twice."""
        self._closed = True
        await self._lookout.close()
        await self._schema.close()
        await asyncio.gather(self._pool.close(CLOSE_SECONDS), self._aside.close(CLOSE_SECONDS))

    async def _again(
        self, sql: str, params: Sequence[Scalar], ends: float, limits: Limits | None, first: QueryFailed, *, slow: bool
    ) -> Rows:
        try:
            async with asyncio.timeout(max(ends - time.monotonic(), 0)):
                await self._schema.refresh(forced_by_statement=True)
        except TimeoutError:
            raise translate(first, self.id, self._logger) from first
        try:
            return await self._run(sql, params, max(ends - time.monotonic(), 0.001), limits, slow=slow)
        except MySQLError as error:
            raise self._failed(error) from error

    async def _run(
        self, sql: str, params: Sequence[Scalar], deadline: float, limits: Limits | None, *, slow: bool
    ) -> Rows:
        self._check_open()
        return await read(self._pool, sql, params, budget=self._budget, deadline=deadline, limits=limits, slow=slow)

    def _check_open(self) -> None:
        if self._closed:
            raise failure("UNREACHABLE")
        if self._breaker.refuses:
            self._lookout.send()
            raise failure("CIRCUIT_OPEN", retry_after=max(self._breaker.retry_after, 0.1))

    def _failed(self, error: MySQLError) -> TargetFailed:
        if isinstance(error, CircuitOpen):
            return failure("CIRCUIT_OPEN", retry_after=error.retry_after)
        return translate(error, self.id, self._logger)

    async def _read_schema(self, remembered: Parsers | None) -> Discovered:
        self._check_open()
        try:
            async with (
                asyncio.timeout(self._settings.schema_timeout),
                self._pool.lease(deadline=self._settings.schema_timeout) as lease,
            ):
                lease.discard()
                return await self._discovery.read(lease, self._clock.now(), remembered)
        except TimeoutError as error:
            raise failure("TIMEOUT") from error
        except MySQLError as error:
            raise self._failed(error) from error
