"""How a search's statements reach the server: at once, by the slow lane, or not at all when they cost too much."""

import time
from collections.abc import Sequence
from typing import Any

from altus4_mysql import MySQLError, MySQLTarget, QueryTimeout, Rows

from altus4_core.errors import TargetFailed, Unsearchable
from altus4_search_fulltext.costs import CostBook, CostLimits, Frequency, Prediction
from altus4_search_fulltext.query import IndexQuery


class Lane:
    """Sends the statements of one index.

    Args:
        book: Where costs are remembered.
        limits: When a statement is slow, and when it is too much.
        place: The database, table and index.
        table: Its name, for refusals.
        frequency: Knows words from a sample of the table.
    """

    def __init__(
        self, book: CostBook, limits: CostLimits, place: str, table: str, frequency: Frequency | None = None
    ) -> None:
        self._book = book
        self.limits = limits
        self._place = place
        self.table = table
        self._frequency = frequency

    def predict(self, query: IndexQuery) -> Prediction:
        """Say what a query will cost.

        Raises:
            Unsearchable: too much.
        """
        prediction = self._book.predict(self._place, query, self._frequency)
        if prediction.seconds > self.limits.most:
            raise _too_expensive(prediction, self.table, self.limits.most)
        return prediction

    async def fetch(self, target: MySQLTarget, query: IndexQuery, sql: str, params: Sequence[Any], ends: float) -> Rows:
        """Send a statement that looks a query up.

        Args:
            target: The database.
            query: What is looked up.
            sql: The statement.
            params: Its values.
            ends: `time.monotonic()` of the deadline.

        Raises:
            Unsearchable: it would cost too much; nothing was sent.
            TargetFailed, MySQLError: as the target does.
        """
        seconds = self.predict(query).seconds
        deadline = max(ends - time.monotonic(), 0.001)
        try:
            return await self.send(target, sql, params, seconds, deadline)
        except (MySQLError, TargetFailed) as error:
            cause = error.__cause__ if isinstance(error, TargetFailed) else error
            if isinstance(cause, QueryTimeout):  # it takes at least as long
                self._book.learn(self._place, query, deadline, None)
            raise

    async def send(self, target: MySQLTarget, sql: str, params: Sequence[Any], seconds: float, deadline: float) -> Rows:
        """Send a statement that will cost so much; nothing is learned from it.

        Args:
            target: The database.
            sql: The statement.
            params: Its values.
            seconds: Of the server's work, predicted.
            deadline: Seconds.

        Raises:
            TargetFailed, MySQLError: as the target does.
        """
        return await target.fetch(sql, params, deadline=deadline, slow=seconds > self.limits.slow)

    def learn(self, query: IndexQuery, seconds: float, matched: int | None) -> None:
        """Remember what a statement did cost; see `CostBook.learn`."""
        self._book.learn(self._place, query, seconds, matched)


def check_together(lanes: Sequence[Lane], query: IndexQuery) -> None:
    """Refuse a query that several indexes answer one after the other if it costs too much in all of them.

    Raises:
        Unsearchable: too much.
    """
    predictions = [lane.predict(query) for lane in lanes]
    seconds = sum(prediction.seconds for prediction in predictions)
    if seconds > lanes[0].limits.most:
        dearest = max(predictions, key=lambda prediction: prediction.seconds).dearest
        raise _too_expensive(Prediction(seconds, dearest), lanes[0].table, lanes[0].limits.most)


def _too_expensive(prediction: Prediction, table: str, most: float) -> Unsearchable:
    token = prediction.dearest
    details = {"table": table, "seconds": round(prediction.seconds, 1), "limit": most}
    if token is None:
        message = f"This search of table '{table}' took the database longer than {most:g} s; ask for rarer words."
        return Unsearchable(message, code="QUERY_TOO_EXPENSIVE", details=details)
    message = (
        f"This search would keep table '{table}' busy for about {prediction.seconds:.0f} s, most of it for '{token}', "
        f"which very many rows have; leave it out or ask for a rarer word."
    )
    return Unsearchable(message, code="QUERY_TOO_EXPENSIVE", details={"token": token, **details})
