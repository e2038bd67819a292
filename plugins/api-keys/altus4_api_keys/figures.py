"""How a key was used: what is written and what is still counted in memory, added up."""

from collections import Counter
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta

import attrs

from altus4_api_keys.usage import UsageRecorder
from altus4_core.store import KeyHour, MetadataStore
from altus4_core.stored import ApiKey


@attrs.frozen
class Figures:
    """The figures of one key, whose row has the newest totals. `daily` has an entry for each UTC day, oldest first."""

    key: ApiKey
    this_hour: int
    this_month: int
    daily: Sequence[tuple[str, int]]


class UsageReader:
    """Reads figures.

    Args:
        store: Where written figures are.
        recorder: Where the others are.
    """

    def __init__(self, store: Callable[[], MetadataStore], recorder: Callable[[], UsageRecorder]) -> None:
        self._store = store
        self._recorder = recorder

    async def read(self, user_id: str, key_id: str, days: int, now: datetime) -> Figures | None:
        """Read the figures of one of the user's keys; None when there is no such key."""
        today = now.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
        since = min(today - timedelta(days=days - 1), today.replace(day=1))
        recorder = self._recorder()
        async with recorder.settled():  # nothing moves from memory to the store between the two readings
            key = await self._store().api_keys.get(user_id, key_id)
            if key is None:
                return None
            hours = list(await self._store().api_keys.hours(user_id, key_id, since))
            hours += [KeyHour(use.at, use.count) for use in recorder.pending(key_id)]
            key = recorder.applied(key)
        by_day: Counter[str] = Counter()
        for entry in hours:
            by_day[_day(entry.hour)] += entry.count
        month, hour = f"{today:%Y-%m}-", now.astimezone(UTC).replace(minute=0, second=0, microsecond=0)
        return Figures(
            key=key,
            this_hour=sum(entry.count for entry in hours if entry.hour >= hour),
            this_month=sum(count for day, count in by_day.items() if day.startswith(month)),
            daily=[
                (day, by_day[day]) for day in (_day(today - timedelta(days=back)) for back in range(days - 1, -1, -1))
            ],
        )


def _day(moment: datetime) -> str:
    return moment.astimezone(UTC).date().isoformat()
