"""The samples in use, within a fixed memory: what was used longest ago is forgotten, but nothing too early."""

from collections import OrderedDict
from collections.abc import Callable, Sequence

import attrs

from altus4_core.vocabulary import Vocabulary
from altus4_search_fulltext.ranking.statistics import TableStatistics

HOLD_SECONDS = 60.0  # that a sample lasts at least after it was last handed out: tables must not take turns
_OVERHEAD = 2048  # bytes of the objects around one sample
_LOOKED_AT = 1000  # words that begin like a prefix


@attrs.frozen
class Place:
    """Which index of which table of which database, as it is described now.

    Attributes:
        database: Its id.
        version: Of its row: another one may be another server.
        table: Its name.
        index: Its name.
        columns: Of the index.
    """

    database: str
    version: int
    table: str
    index: str
    columns: tuple[str, ...]


@attrs.define
class _Held:
    """One sample."""

    statistics: TableStatistics
    read_at: float
    used_at: float


class Samples:
    """Remembers samples; satisfies `Vocabularies`.

    Args:
        capacity: Bytes of all samples together.
        clock: Monotonic seconds.
        hold: Seconds that a sample lasts at least after it was handed out, while others want its room.
    """

    def __init__(self, capacity: int, clock: Callable[[], float], hold: float = HOLD_SECONDS) -> None:
        self._capacity = capacity
        self._clock = clock
        self._hold = hold
        self._held: OrderedDict[Place, _Held] = OrderedDict()
        self._bytes = 0
        self._named: dict[tuple[str, str, str], Place] = {}

    @property
    def size(self) -> int:
        """Memory taken."""
        return self._bytes

    def __len__(self) -> int:
        """Give the number of tables whose indexes have a sample."""
        return len(self._held)

    def current(self, place: Place) -> TableStatistics | None:
        """Give the newest sample, None when there is none."""
        held = self._held.get(place)
        if held is None:
            return None
        self._held.move_to_end(place)
        held.used_at = self._clock()
        return held.statistics

    def age(self, place: Place) -> float:
        """Give the seconds since a place was read; infinite when it has no sample."""
        held = self._held.get(place)
        return self._clock() - held.read_at if held else float("inf")

    def keep(self, place: Place, statistics: TableStatistics) -> bool:
        """Remember a sample.

        Returns:
            Whether there was room: samples that were used within the hold are not given up for another table's. Without
            room the table keeps the sample it has.
        """
        now = self._clock()
        held = self._held.get(place)
        if held is not None and held.statistics.generation == statistics.generation:
            held.read_at = now
            return True
        size = statistics.size + _OVERHEAD
        before = held.statistics.size + _OVERHEAD if held is not None else 0
        if not self._make_room(size - before, place, now):
            return False
        self._bytes -= before
        self._held[place] = _Held(statistics, now, now if held is None else held.used_at)
        self._named[place.database, place.table, place.index] = place
        self._held.move_to_end(place)
        self._bytes += size
        self._drop_other_versions(place)
        return True

    def rows_with(self, database_id: str, table: str, index: str, term: str) -> int | None:
        """Estimate how many rows of a table have a word (`stem*`: one that begins so); None: it has no sample.

        What no sampled row has is taken for half a row of the sample.
        """
        place = self._named.get((database_id, table, index))
        if place is None:
            return None
        statistics = self._held[place].statistics
        if not statistics.sampled:
            return None
        if term.endswith("*"):
            found = sum(count for _, count in statistics.starting(term[:-1], _LOOKED_AT))
        else:
            found = statistics.count(term)
        return round(min(found or 0.5, statistics.sampled) * statistics.rows / statistics.sampled)

    def of(self, database_id: str, tables: Sequence[str] | None = None) -> Sequence[Vocabulary]:
        """Give the newest samples of a database."""
        found = [
            (place.table, place.index, held.statistics)
            for place, held in self._held.items()
            if place.database == database_id and (tables is None or place.table in tables)
        ]
        return [statistics for _, _, statistics in sorted(found, key=lambda each: each[:2])]

    def drop_unused(self, seconds: float) -> None:
        """Give up samples that nobody has used for so long: their tables may be nobody's any more."""
        now = self._clock()
        for place in [place for place, held in self._held.items() if now - held.used_at > seconds]:
            self._forget(place)

    def _make_room(self, size: int, wanted: Place, now: float) -> bool:
        for place in [place for place in self._held if place != wanted]:
            if self._bytes + size <= self._capacity:
                break
            if now - self._held[place].used_at > self._hold:
                self._forget(place)
        return self._bytes + size <= self._capacity

    def _drop_other_versions(self, kept: Place) -> None:
        """Give up what is known of a database's earlier address, and of a table's index as it was before."""
        for place in [place for place in self._held if place.database == kept.database and place != kept]:
            same_index = (place.table, place.index) == (kept.table, kept.index)
            if place.version != kept.version or same_index:
                self._forget(place)

    def _forget(self, place: Place) -> None:
        name = (place.database, place.table, place.index)
        if self._named.get(name) == place:
            del self._named[name]
        self._bytes -= self._held.pop(place).statistics.size + _OVERHEAD
