"""What statements will cost the server, learned from what earlier ones did cost.

InnoDB's FULLTEXT search takes about 0.7 microseconds for each row that has one of the words, whatever the LIMIT
(measured: 9,000 rows 4..7 ms, 221,000 rows 150 ms). So rows are what is remembered, word by word: a count does not grow
because the server happens to be busy. Only where rows say nothing (phrases, required words, lists that go on
uncounted) times are remembered, the shortest one seen.
"""

from collections import OrderedDict
from collections.abc import Callable
from typing import TypeVar

import attrs

from altus4_search_fulltext.query import IndexQuery

SECONDS_PER_ROW = 0.7e-6
_WORDS = 50_000  # of all tables
# Whole queries: most are never asked again, so more of them are memory alone (with 50,000, about 12 MiB).
_QUERIES = 10_000
_FORGETTING = 0.1  # share by which a longer time than the remembered one counts

Key = TypeVar("Key")
Value = TypeVar("Value")
Frequency = Callable[[str], int | None]
"""Gives about how many rows of a table have a word (`stem*`: a word that begins so); None: not known."""


@attrs.frozen
class CostLimits:
    """When a search counts as slow, and when it is too much. Seconds of the server's work.

    Attributes:
        slow: Above it a statement takes the slow lane.
        most: Above it nothing is sent: a running FULLTEXT query cannot be stopped.
    """

    slow: float = 0.05
    most: float = 10.0


@attrs.frozen
class Prediction:
    """What a statement will cost.

    Attributes:
        seconds: Of the server's work; 0.0 when nothing is known.
        dearest: The word with most rows, None when only a time is known.
    """

    seconds: float = 0.0
    dearest: str | None = None


UNKNOWN = Prediction()


class CostBook:
    """Remembers costs of all tables, within bounds; what was used longest ago is forgotten.

    Args:
        words: How many words are remembered at most.
        queries: How many whole queries.
    """

    def __init__(self, words: int = _WORDS, queries: int = _QUERIES) -> None:
        self._words = words
        self._queries = queries
        self._rows: OrderedDict[tuple[str, str], int] = OrderedDict()
        self._seconds: OrderedDict[tuple[str, int], float] = OrderedDict()  # by hashes: texts may be long

    def predict(self, place: str, query: IndexQuery, frequency: Frequency | None = None) -> Prediction:
        """Say what a query will cost.

        Args:
            place: The database, table and index.
            query: Prepared for the index.
            frequency: Knows words that were not searched for yet, from a sample of the table.
        """
        rows = self._rows
        total = most = 0
        dearest = None
        for term in query.terms:
            count = rows.get((place, term))
            if count is None:
                count = frequency(term) if frequency is not None else None
            if count is None:
                return Prediction(self._seconds.get((place, hash(query.text)), 0.0))
            total += count
            if count >= most:
                most, dearest = count, term
        if query.terms and query.alternatives:
            return Prediction(total * SECONDS_PER_ROW, dearest)
        # Rows bound what is read; only a time tells what the rest takes.
        return Prediction(self._seconds.get((place, hash(query.text)), total * SECONDS_PER_ROW), dearest)

    def learn(self, place: str, query: IndexQuery, seconds: float, matched: int | None) -> None:
        """Remember what a statement did cost.

        Args:
            place: The database, table and index.
            query: Prepared for the index.
            seconds: It took, without waiting for a connection.
            matched: How many rows the query finds, None when they were not counted.
        """
        if matched is not None and query.alternatives:
            keys = [(place, term) for term in query.terms]
            if len(keys) == 1:
                self._keep(self._rows, keys[0], matched, self._words)
                return
            # Each of several has at most as many rows as all together. For one that was never counted that is no
            # estimate: added up, the bounds of many words made searches too dear that had just been answered.
            counted = [key for key in keys if key in self._rows]
            for key in counted:
                self._keep(self._rows, key, min(self._rows[key], matched), self._words)
            if len(counted) == len(keys):
                return
        text = (place, hash(query.text))
        known_seconds = self._seconds.get(text)
        if known_seconds is not None and seconds > known_seconds:
            seconds = known_seconds + (seconds - known_seconds) * _FORGETTING
        self._keep(self._seconds, text, seconds, self._queries)

    @staticmethod
    def _keep(memory: "OrderedDict[Key, Value]", key: Key, value: Value, most: int) -> None:
        memory[key] = value
        memory.move_to_end(key)
        if len(memory) > most:
            memory.popitem(last=False)
