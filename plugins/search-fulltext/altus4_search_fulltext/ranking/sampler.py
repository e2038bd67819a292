"""Reads samples in the background, of tables that are searched, again when they are old; no search waits for it."""

import asyncio
import logging
from collections.abc import Callable, Sequence

import attrs
from altus4_mysql import MySQLTarget

from altus4_core.vocabulary import Vocabulary
from altus4_search_fulltext.planner import TablePlan
from altus4_search_fulltext.ranking.samples import Place, Samples
from altus4_search_fulltext.ranking.sampling import sampled_rows
from altus4_search_fulltext.ranking.statistics import Collector, TableStatistics

_AT_ONCE = 2  # samples being read
_WAITING = 256  # places that may wait to be read
_SECONDS = 30.0  # that reading one sample may take
_RETRY_SECONDS = 60.0  # after a failure, or when there was no room
_MOST_FAILURES = 4096  # remembered


@attrs.frozen
class _Wish:
    place: Place
    target: MySQLTarget
    plan: TablePlan


class Sampler:
    """Keeps samples of searched tables up to date. It is the plugin's service `Vocabularies`.

    Args:
        samples: Where they are kept.
        clock: Monotonic seconds.
        logger: Gets what fails.
        refresh: Seconds after which a sample is read again.
    """

    def __init__(
        self, samples: Samples, clock: Callable[[], float], logger: logging.Logger, refresh: float = 900.0
    ) -> None:
        self.samples = samples
        self._clock = clock
        self._logger = logger
        self._refresh = refresh
        self._wishes: asyncio.Queue[_Wish] = asyncio.Queue(_WAITING)
        self._pending: set[Place] = set()
        self._not_before: dict[Place, float] = {}
        self._workers: list[asyncio.Task[None]] = []

    def start(self) -> None:
        """Begin to work. Until then, and after `aclose`, wishes are ignored."""
        work = [self._work() for _ in range(_AT_ONCE)]
        self._workers = [asyncio.create_task(each) for each in (*work, self._tidy())]

    async def aclose(self) -> None:
        """Stop. May be called twice."""
        workers, self._workers = self._workers, []
        for worker in workers:
            worker.cancel()
        await asyncio.gather(*workers, return_exceptions=True)
        while not self._wishes.empty():
            self._wishes.get_nowait()
        self._pending.clear()

    def of(self, database_id: str, tables: Sequence[str] | None = None) -> Sequence[Vocabulary]:
        """Give the newest samples of a database."""
        return self.samples.of(database_id, tables)

    def current(self, place: Place, target: MySQLTarget, plan: TablePlan) -> TableStatistics | None:
        """Give the newest sample; where it is old or missing, have it read. Never waits."""
        if self.samples.age(place) > self._refresh:
            self._want(_Wish(place, target, plan))
        return self.samples.current(place)

    def _want(self, wish: _Wish) -> None:
        place = wish.place
        if place in self._pending or not self._workers or self._not_before.get(place, 0.0) > self._clock():
            return
        try:
            self._wishes.put_nowait(wish)
        except asyncio.QueueFull:
            return
        self._pending.add(place)

    async def _work(self) -> None:
        while True:
            wish = await self._wishes.get()
            try:
                async with asyncio.timeout(_SECONDS):
                    kept = await self._read(wish)
            except Exception as error:  # noqa: BLE001 -- a table that cannot be read must not end the others' sampling
                self._logger.info("no sample of table %r: %s", wish.place.table, type(error).__name__)
                kept = False
            if kept:
                self._not_before.pop(wish.place, None)
            else:
                if len(self._not_before) >= _MOST_FAILURES:
                    self._not_before.clear()
                self._not_before[wish.place] = self._clock() + _RETRY_SECONDS
            self._pending.discard(wish.place)

    async def _tidy(self) -> None:
        """Forget what has not been used for two refreshes: its words are the database owner's, who may be gone."""
        while True:
            await asyncio.sleep(self._refresh / 2)
            self.samples.drop_unused(2 * self._refresh)

    async def _read(self, wish: _Wish) -> bool:
        collector = Collector(wish.plan.rules)
        async for rows in sampled_rows(wish.target, wish.plan):
            for row in rows:
                collector.add(row.texts)
                await asyncio.sleep(0)  # a row takes up to some milliseconds
        table = wish.plan.table
        estimate = table.estimated_rows or 0
        # Some 20 ms of sorting in one piece: in a thread the event loop gets its turns.
        statistics = await asyncio.to_thread(TableStatistics, table.name, wish.plan.index.name, estimate, collector)
        return self.samples.keep(wish.place, statistics)
