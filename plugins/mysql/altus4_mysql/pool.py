"""A bounded pool of connections to one server with one account."""

import asyncio
import time
from collections import deque
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress

from attrs import field, frozen, validators

from .driver import Driver, DriverConnection
from .errors import ConnectFailed, PoolClosed, PoolExhausted, QueryTimeout
from .lease import Lease
from .literals import Scalar
from .options import ConnectOptions, Limits
from .permits import Permits
from .reaper import Reaper
from .rows import Rows
from .slowlane import SlowLane
from .statement import render


@frozen
class PoolSettings:
    """Sizes and times of a pool. Starting values, to be tuned."""

    size: int = field(
        default=4, validator=validators.ge(1), metadata={"doc": "connections, those being killed included"}
    )
    max_waiters: int = field(default=32, validator=validators.ge(0), metadata={"doc": "callers that may wait for one"})
    slow_size: int | None = field(
        default=None,
        validator=validators.optional(validators.ge(1)),
        metadata={"doc": "connections that slow statements may hold at once; None: a quarter, at least one"},
    )
    acquire_timeout: float = field(
        default=5.0, validator=validators.gt(0), metadata={"doc": "seconds a caller waits at most"}
    )
    idle_timeout: float = field(
        default=300.0, validator=validators.gt(0), metadata={"doc": "seconds before an idle connection is closed"}
    )
    max_lifetime: float = field(
        default=3600.0, validator=validators.gt(0), metadata={"doc": "seconds before a connection is replaced"}
    )
    reap_timeout: float = field(
        default=900.0, validator=validators.gt(0), metadata={"doc": "seconds a slot waits for a killed statement"}
    )


@frozen
class PoolStats:
    """A moment's counts."""

    total: int
    active: int
    idle: int
    queued: int
    reaping: int
    slow: int = 0  # of the active and reaping ones


class _Slot:
    """A connection and its dates."""

    __slots__ = ("born", "connection", "released", "slow")

    def __init__(self, connection: DriverConnection, now: float) -> None:
        self.connection = connection
        self.born = now
        self.released = now
        self.slow: float | None = None  # since when it is lent to a slow statement


class Pool:
    """Lends connections; never more than `settings.size` threads on the server, killed ones included.

    Args:
        driver: makes connections.
        options: where to and as whom.
        settings: sizes and times.
        killer: makes the side connections that kill; None: `driver`. Give one past a circuit breaker, which else
            keeps slots occupied after a frozen server has come back.
    """

    def __init__(
        self,
        driver: Driver,
        options: ConnectOptions,
        settings: PoolSettings | None = None,
        killer: Driver | None = None,
    ) -> None:
        self.settings = settings or PoolSettings()
        self.options = options
        self._driver = driver
        self._permits = Permits(self.settings.size, self.settings.max_waiters)
        self._slow = SlowLane(self.settings.slow_size or max(1, self.settings.size // 4), self.settings.max_waiters)
        self._reaper = Reaper(killer or driver, options, self.settings.reap_timeout)
        self._idle: deque[_Slot] = deque()
        self._active: set[_Slot] = set()
        self._reaping: set[asyncio.Task[None]] = set()
        self._sweeper: asyncio.TimerHandle | None = None
        self._closed = False
        self._quiet = asyncio.Event()  # set when nothing is lent or being killed
        self._quiet.set()

    @property
    def stats(self) -> PoolStats:
        """Counts of this moment."""
        active, idle, reaping = len(self._active), len(self._idle), len(self._reaping)
        queued = self._permits.queued + self._slow.queued
        return PoolStats(active + idle + reaping, active, idle, queued, reaping, self._slow.used)

    async def fetch(
        self,
        sql: str,
        params: Sequence[Scalar] = (),
        *,
        deadline: float | None = None,
        limits: Limits | None = None,
        fresh: bool = False,
        slow: bool = False,
    ) -> Rows:
        """Run one statement on a connection of the pool: one round trip.

        Args:
            sql: a template, see `render`.
            params: its values.
            deadline: seconds for waiting, connecting and the statement together; None: `options.query_timeout`.
            limits: caps for this answer; None: those of the options.
            fresh: on a new connection, for a repetition after a loss.
            slow: it will keep the server busy; only `settings.slow_size` of these run at once, killed ones included,
                so that quick statements find a connection beside them, and none is sent that would end too late.

        Raises:
            QueryTimeout, QueryFailed, ResultTooLarge, ConnectionLost, ProtocolError: the statement.
            ConnectFailed: no connection could be made.
            PoolExhausted, PoolClosed: none could be had.
            UnsafeParameter, StatementTooLarge: nothing was sent.
        """
        statement = render(sql, params)
        seconds = self.options.query_timeout if deadline is None else deadline
        slot: _Slot | None = None
        waiting = True
        since: float | None = None  # when it got its turn in the slow lane
        try:
            async with asyncio.timeout(seconds):
                longest = self.settings.acquire_timeout
                patience = longest if longest < seconds else None  # a second timer only where it could end first
                if slow:
                    since = await self._slow.acquire(patience, seconds)
                await self._permits.acquire(patience)
                waiting = False
                slot = self._idle_slot(fresh=fresh) or await self._new_slot()
                slot.slow = since
                return await slot.connection.query(statement, limits)
        except TimeoutError:
            if waiting:
                message = f"no connection became free within {seconds:g} s"
                raise PoolExhausted(message) from None
            if slot is None:
                message = f"the MySQL server did not answer within {seconds:g} s"
                raise ConnectFailed("unreachable", message) from None
            raise QueryTimeout(seconds) from None
        finally:
            if slot is not None:
                self._give(slot)
            elif since is not None:
                self._slow.release(since)

    @asynccontextmanager
    async def lease(self, *, deadline: float | None = None) -> AsyncIterator[Lease]:
        """Borrow a connection for several statements: transactions, locks.

        Args:
            deadline: seconds to wait for a connection; None: the acquire and connect timeouts.

        Raises:
            ConnectFailed, PoolExhausted, PoolClosed: none could be had.
        """
        seconds = self.settings.acquire_timeout if deadline is None else min(deadline, self.settings.acquire_timeout)
        await self._permits.acquire(seconds)
        slot = self._idle_slot() or await self._new_slot()
        lease = Lease(slot.connection, self.options.query_timeout)
        try:
            yield lease
        finally:
            lease.end()
            self._give(slot, keep=not lease.discarded)

    def _idle_slot(self, *, fresh: bool = False) -> _Slot | None:
        """The most recently used connection that may still be used. Needs a permit."""
        now = time.monotonic()
        while self._idle:
            slot = self._idle.pop()
            if not fresh and self._keeps(slot, now):
                self._lend(slot)
                return slot
            slot.connection.close()
            if fresh:
                break
        return None

    async def _new_slot(self) -> _Slot:
        """A new connection, made outside any lock. Needs a permit, and gives it back when it fails."""
        try:
            connection = await self._driver.connect(self.options)
        except BaseException:
            self._permits.release()
            raise
        slot = _Slot(connection, time.monotonic())
        if self._closed:
            connection.close()
            self._permits.release()
            raise PoolClosed
        self._lend(slot)
        return slot

    def _lend(self, slot: _Slot) -> None:
        self._active.add(slot)
        self._quiet.clear()

    def _settle(self, slot: _Slot) -> None:
        if slot.slow is not None:
            self._slow.release(slot.slow)
            slot.slow = None
        self._permits.release()
        if not self._active and not self._reaping:
            self._quiet.set()

    def _keeps(self, slot: _Slot, now: float) -> bool:
        return (
            slot.connection.is_usable
            and now - slot.released < self.settings.idle_timeout
            and now - slot.born < self.settings.max_lifetime
        )

    def _give(self, slot: _Slot, *, keep: bool = True) -> None:
        """Take a connection back. Does nothing the second time."""
        if slot not in self._active:
            return
        self._active.remove(slot)
        connection = slot.connection
        if connection.in_flight:
            connection.abort()
            if not self._closed:
                task = asyncio.get_running_loop().create_task(self._reap(slot))
                self._reaping.add(task)
                task.add_done_callback(lambda done: self._reaped(done, slot))
                return
        slot.released = time.monotonic()
        if keep and not self._closed and self._keeps(slot, slot.released):
            self._idle.append(slot)
            self._plan_sweep()
        else:
            connection.close()
        self._settle(slot)

    async def _reap(self, slot: _Slot) -> None:
        # Who lost a connection may well not get another one: that must not occupy the slot for long.
        await self._reaper.reap(slot.connection, slot.born, once=slot.connection.lost)

    def _reaped(self, task: "asyncio.Task[None]", slot: _Slot) -> None:
        self._reaping.discard(task)
        self._settle(slot)
        if not task.cancelled():
            task.exception()  # retrieved; the reaper handles what can be foreseen

    def _plan_sweep(self) -> None:
        if self._sweeper is None and not self._closed:
            loop = asyncio.get_running_loop()
            self._sweeper = loop.call_later(self.settings.idle_timeout / 2, self._sweep)

    def _sweep(self) -> None:
        self._sweeper = None
        now = time.monotonic()
        kept = [slot for slot in self._idle if self._keeps(slot, now)]
        for slot in self._idle:
            if slot not in kept:
                slot.connection.close()
        self._idle = deque(kept)
        if kept:
            self._plan_sweep()

    async def close(self, timeout: float = 5.0) -> None:
        """Close everything. Waiters fail at once; borrowers get `timeout` seconds, then their connections are cut.

        Never raises and never takes noticeably longer than `timeout`; may be called twice.
        """
        self._closed = True
        self._permits.close()
        self._slow.close()
        if self._sweeper is not None:
            self._sweeper.cancel()
            self._sweeper = None
        slots = list(self._idle)
        self._idle.clear()
        for slot in slots:
            slot.connection.close()
        with suppress(TimeoutError):
            async with asyncio.timeout(timeout):
                await self._quiet.wait()
        for slot in tuple(self._active):
            slots.append(slot)
            slot.connection.abort()
        for task in tuple(self._reaping):
            task.cancel()
        try:
            async with asyncio.timeout(1.0):
                for slot in slots:
                    await slot.connection.wait_closed()
        except TimeoutError:
            for slot in slots:
                slot.connection.abort()
