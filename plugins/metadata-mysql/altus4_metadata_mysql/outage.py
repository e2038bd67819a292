"""Answering at once while the metadata server is away, and noticing within half a second that it is back."""

import logging
import time
from collections.abc import Callable

from altus4_core.errors import Unavailable

FAILURES = 3
PAUSE = 0.5  # seconds
RETRY_SECONDS = 2.0


def unavailable() -> Unavailable:
    """Make the error that everybody gets while the server is away."""
    return Unavailable("The metadata database does not answer.", code="METADATA_UNAVAILABLE", retry_after=RETRY_SECONDS)


class Outage:
    """Counts failures in a row. After `failures` of them one caller per `pause` may try, the others are told at once.

    Without it each request would wait for its own time-out while a server hangs, and hold a connection meanwhile.

    Args:
        logger: Told once when the server goes and once when it is back.
        failures: How many in a row make an outage.
        pause: Seconds between two tries during an outage.
        monotonic: Source of time.
    """

    def __init__(
        self,
        logger: logging.Logger,
        *,
        failures: int = FAILURES,
        pause: float = PAUSE,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._logger = logger
        self._failures = failures
        self._pause = pause
        self._monotonic = monotonic
        self._in_a_row = 0
        self._next_try = 0.0

    def enter(self) -> None:
        """Be allowed to try, or raise `Unavailable`."""
        if self._in_a_row < self._failures:
            return
        now = self._monotonic()
        if now < self._next_try:
            raise unavailable()
        self._next_try = now + self._pause

    def failed(self, why: str) -> None:
        """Count a failure to reach the server."""
        self._in_a_row += 1
        if self._in_a_row == 1:
            self._logger.warning("the metadata database does not answer: %s", why)
        if self._in_a_row == self._failures:
            self._next_try = self._monotonic() + self._pause

    def worked(self) -> None:
        """Note an answer."""
        if self._in_a_row:
            self._logger.warning("the metadata database answers again")
            self._in_a_row = 0
