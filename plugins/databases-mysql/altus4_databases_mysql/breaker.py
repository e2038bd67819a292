"""The circuit breaker: stops asking a server that cannot be reached, and tries it again carefully."""

from collections.abc import Callable
from enum import StrEnum

import attrs


class State(StrEnum):
    """Closed: calls pass. Open: none does. Probing: one is on its way to find out."""

    CLOSED = "closed"
    OPEN = "open"
    PROBING = "probing"


@attrs.frozen
class BreakerOptions:
    """When it opens and for how long. Times in seconds."""

    failures: int = 5
    first_pause: float = 5.0
    longest_pause: float = 60.0


class Open(Exception):
    """The breaker lets nothing through; `retry_after` seconds remain."""

    def __init__(self, retry_after: float) -> None:
        super().__init__("circuit open")
        self.retry_after = retry_after


@attrs.frozen
class Ticket:
    """Permission for one call; `probe` when it is the one that finds out."""

    probe: bool


class Breaker:
    """Counts connection failures in a row.

    Every `admit` is followed by exactly one of `succeeded`, `failed` or `abandoned`. Not for use from threads.
    """

    def __init__(self, options: BreakerOptions, monotonic: Callable[[], float]) -> None:
        self._options = options
        self._monotonic = monotonic
        self._failures = 0
        self._pause = options.first_pause
        self._until = 0.0
        self._hinted = False
        self._state = State.CLOSED

    @property
    def state(self) -> State:
        """Give the state as it is now."""
        return self._state

    @property
    def retry_after(self) -> float:
        """Give the seconds until the next probe is allowed; 0.0 when calls may pass."""
        if self._state is State.CLOSED:
            return 0.0
        return max(0.0, self._until - self._monotonic())

    @property
    def refuses(self) -> bool:
        """Tell whether `admit` would raise now."""
        return self._state is State.PROBING or self.retry_after > 0

    def admit(self) -> Ticket:
        """Let one call pass.

        Raises:
            Open: not now. While a probe is under way everybody else gets this, too.
        """
        if self._state is State.CLOSED:
            return Ticket(probe=False)
        if self.refuses:
            raise Open(max(self.retry_after, 0.1))
        self._state = State.PROBING
        return Ticket(probe=True)

    def succeeded(self) -> None:
        """The server could be reached, whoever found out: close and forget."""
        self._failures = 0
        self._pause = self._options.first_pause
        self._state = State.CLOSED

    def failed(self, ticket: Ticket) -> None:
        """The server could not be reached: open after enough of these in a row, or at once after a failed probe."""
        if ticket.probe:
            self._pause = min(self._pause * 2, self._options.longest_pause)
        elif self._state is not State.CLOSED:
            return  # let through before it opened: the probe decides, not the stragglers
        else:
            self._failures += 1
            if self._failures < self._options.failures:
                return
        self._until = self._monotonic() + self._pause
        self._hinted = False
        self._state = State.OPEN

    def abandoned(self, ticket: Ticket) -> None:
        """The call ended without learning anything (cancelled, no free slot): the next one may probe at once."""
        if ticket.probe and self._state is State.PROBING:
            self._state = State.OPEN

    @property
    def wants_hint(self) -> bool:
        """Tell whether it is open and nobody has seen the server answer in this pause."""
        return self._state is State.OPEN and not self._hinted and self.retry_after > 0

    def hint(self) -> None:
        """Somebody saw the server answer again: let the next call be the probe without waiting out the pause.

        Once in each pause, so that a server that greets but lets nobody in is not tried more often for it.
        """
        if self.wants_hint:
            self._hinted = True
            self._until = self._monotonic()
