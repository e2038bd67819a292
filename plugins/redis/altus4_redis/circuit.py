"""The circuit: after a failure Redis is left alone for a moment, then one call finds out."""

from collections.abc import Callable


class Circuit:
    """Every `admits` that said yes is followed by exactly one of `succeeded`, `failed` and `abandoned`.

    Args:
        pause: Seconds for which nobody asks after a failure.
        monotonic: Source of time, in seconds.
    """

    def __init__(self, pause: float, monotonic: Callable[[], float]) -> None:
        self._pause = pause
        self._monotonic = monotonic
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
        return was_open

    def failed(self) -> bool:
        """Open; says whether it was closed."""
        was_open, self._until, self._probing = self.is_open, self._monotonic() + self._pause, False
        return not was_open

    def abandoned(self) -> None:
        """The call was cancelled: it found out nothing, so the next may."""
        self._probing = False
