"""The circuit: after a failure Redis is left alone for a moment, then one call finds out."""

from collections.abc import Callable


class Circuit:
    """Every `admits` that said yes is followed by exactly one of `succeeded`, `failed` and `abandoned`.

    Args:
        pause: Longest time in seconds for which nobody asks after a failure. The first is a tenth of it, since a
            single answer that came too late may be this machine's fault, and each further one twice the last.
        monotonic: Source of time, in seconds.
    """

    def __init__(self, pause: float, monotonic: Callable[[], float]) -> None:
        self._pause = pause
        self._monotonic = monotonic
        self._next = pause / 10
        self._until: float | None = None
        self._probing = False

    @property
    def is_open(self) -> bool:
        """Whether Redis counts as gone."""
        return self._until is not None

    def admits(self) -> bool:
        """Say whether to ask. While Redis counts as gone, one caller at a time may, after each pause."""
        if self._until is None:
            return True
        if self._probing or self._monotonic() < self._until:
            return False
        self._probing = True
        return True

    def succeeded(self) -> bool:
        """Close; says whether it was open."""
        was_open, self._until, self._probing = self.is_open, None, False
        self._next = self._pause / 10
        return was_open

    def failed(self) -> bool:
        """Open; says whether it was closed."""
        was_open, probing, self._probing = self.is_open, self._probing, False
        if probing or not was_open:  # not for those that were on their way when the first failed
            self._until = self._monotonic() + self._next
            self._next = min(2 * self._next, self._pause)
        return not was_open

    def abandoned(self) -> None:
        """The call was cancelled: it found out nothing, so the next may."""
        self._probing = False
