"""Rolls days up that are over, and lets old rows go; for the gateway in the background, and for commands."""

import asyncio
import logging
import random
from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from typing import Final

from altus4_core.clock import Clock
from altus4_core.errors import Altus4Error
from altus4_core.progress import Progress, SilentProgress
from altus4_core.searchlog import SETTLING
from altus4_core.store import MetadataStore

logger = logging.getLogger("altus4.analytics")

LOOK_BACK: Final = 35  # days: what is older and has no figures is computed when asked for, or rolled up by `rebuild`
AT_ONCE: Final = 200  # users and days
ROWS: Final = 1000  # deleted at once: a longer transaction would hold locks that writers wait for


class Roller:
    """Rolls up. Many may run at once: a day rolled up twice is the same.

    Args:
        store: Where rows and figures are.
        clock: Says which days are over.
        keep_days: After how many days rows may go; 0: never.
        interval: Seconds between two looks.
    """

    def __init__(self, store: Callable[[], MetadataStore], clock: Clock, keep_days: int, interval: float) -> None:
        self._store = store
        self._clock = clock
        self._keep_days = keep_days
        self._interval = interval
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Start looking, each so often."""
        self._task = asyncio.create_task(self._run(), name="analytics roll-up")

    async def aclose(self) -> None:
        """Stop; a day under way is rolled back by the server."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait({self._task}, timeout=1)

    @property
    def last_day(self) -> date:
        """Give the last day that is over on every node."""
        return (self._clock.now().astimezone(UTC) - SETTLING).date() - timedelta(days=1)

    async def roll_up(self, since: date, until: date, progress: Progress | None = None) -> int:
        """Roll up what is due in these days; gives how many users' days."""
        told = progress or SilentProgress()
        metrics = self._store().metrics
        until = min(until, self.last_day)
        done = 0
        days = (until - since).days + 1
        for number in range(max(days, 0)):
            day = since + timedelta(days=number)
            while due := await metrics.due(day, day, most=AT_ONCE):
                for user_id, each in due:
                    await metrics.roll_up(user_id, each)
                done += len(due)
            told.advance("roll up", (number + 1) / days)
        return done

    async def rebuild(self, since: date, until: date, progress: Progress) -> int:
        """Compute the figures of these days anew, but for those whose rows are gone."""
        store = self._store()
        await store.metrics.forget(since, until)
        until = min(until, self.last_day)
        oldest = await store.searches.oldest(datetime.combine(until + timedelta(days=1), time(), UTC))
        begun = until if oldest is None else oldest[1]  # of decades before it, each day would be looked for in vain
        return await self.roll_up(max(since, begun), until, progress)

    async def prune(self, keep_days: int, progress: Progress | None = None) -> int:
        """Delete rows older than so many days, each day rolled up for good before; gives how many."""
        told = progress or SilentProgress()
        store = self._store()
        first_kept = min(self._clock.now().astimezone(UTC).date() - timedelta(days=keep_days), self.last_day)
        before = datetime.combine(first_kept, time(), UTC)
        gone, begun = 0, None
        while (oldest := await store.searches.oldest(before)) is not None:
            user_id, day = oldest
            begun = begun or day
            await store.metrics.roll_up(user_id, day, final=True)
            end = datetime.combine(day + timedelta(days=1), time(), UTC)
            while removed := await store.searches.prune(user_id, end, most=ROWS):
                gone += removed
            told.advance("prune", (day - begun).days / max((first_kept - begun).days, 1))
        told.advance("prune", 1.0)
        return gone

    async def _run(self) -> None:
        while True:
            # Nodes that were started together should not look together.
            await asyncio.sleep(self._interval * (0.5 + random.random()))  # noqa: S311 -- spreads load, no secret
            try:
                await self.roll_up(self.last_day - timedelta(days=LOOK_BACK - 1), self.last_day)
                if self._keep_days:
                    await self.prune(self._keep_days)
            except Altus4Error as error:
                logger.warning("days could not be rolled up; tried again in %g s: %s", self._interval, error)
            except Exception:
                logger.exception("days could not be rolled up; tried again in %g s", self._interval)
