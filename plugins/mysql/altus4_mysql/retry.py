"""Repeating a read after a lost connection: once, before the first row, on a new connection, within a budget."""

import time
from collections.abc import Sequence

from .errors import ConnectionLost, QueryTimeout
from .literals import Scalar
from .options import Limits
from .pool import Pool
from .rows import Rows


class RetryBudget:
    """Allows repetitions as a share of requests, so that a failing server is not asked twice as often.

    Args:
        share: repetitions earned by each request.
        reserve: repetitions that may be saved up, and the amount to begin with.
    """

    def __init__(self, share: float = 0.2, reserve: float = 10.0) -> None:
        self._share = share
        self._reserve = reserve
        self._saved = reserve

    def earn(self) -> None:
        """Count a request."""
        self._saved = min(self._reserve, self._saved + self._share)

    def spend(self) -> bool:
        """Pay for a repetition; False: not allowed."""
        if self._saved < 1:
            return False
        self._saved -= 1
        return True


async def read(
    pool: Pool,
    sql: str,
    params: Sequence[Scalar] = (),
    *,
    budget: RetryBudget,
    deadline: float | None = None,
    limits: Limits | None = None,
    slow: bool = False,
) -> Rows:
    """`Pool.fetch` for a statement that changes nothing; repeated once when the connection was lost.

    Args:
        pool: the pool.
        sql: a reading statement; that it is one is the caller's promise.
        params: its values.
        budget: shared by all reads of a pool.
        deadline: seconds for both attempts together.
        limits: caps for the answer.
        slow: see `Pool.fetch`.

    Raises:
        what `Pool.fetch` raises; `ConnectionLost` when the repetition fails too or is not allowed.
    """
    seconds = pool.options.query_timeout if deadline is None else deadline
    ends = time.monotonic() + seconds
    budget.earn()
    try:
        return await pool.fetch(sql, params, deadline=seconds, limits=limits, slow=slow)
    except ConnectionLost as error:
        left = ends - time.monotonic()
        if not error.before_first_row or not budget.spend():
            raise
        if left <= 0:
            raise QueryTimeout(seconds) from None
    return await pool.fetch(sql, params, deadline=left, limits=limits, fresh=True, slow=slow)
