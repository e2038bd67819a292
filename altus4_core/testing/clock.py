"""A clock that is held still and moves when told to."""

from datetime import UTC, datetime, timedelta


class HeldClock:
    """Time that stands. `advance(seconds)` moves both of its hands."""

    def __init__(self, at: datetime = datetime(2030, 1, 1, 12, 0, tzinfo=UTC), monotonic: float = 1000.0) -> None:
        self._at = at
        self._monotonic = monotonic

    def now(self) -> datetime:
        """Give the current time, aware, UTC."""
        return self._at

    def monotonic(self) -> float:
        """Give seconds that never go back."""
        return self._monotonic

    def advance(self, seconds: float) -> None:
        """Let time pass; raises ValueError for a negative span, which no clock may show."""
        if seconds < 0:
            message = "time does not go back"
            raise ValueError(message)
        self._at += timedelta(seconds=seconds)
        self._monotonic += seconds
