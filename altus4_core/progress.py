"""What a person sees of a step that takes long: a bar on a terminal, plain lines elsewhere."""

import sys
from typing import Protocol, TextIO

_WIDTH = 30


class Progress(Protocol):
    """Receives the state of a long step; implementations never raise and never write to standard output."""

    def note(self, text: str) -> None:
        """Say one line."""

    def advance(self, label: str, fraction: float) -> None:
        """Report that the step `label` is done to `fraction` (0..1)."""


class SilentProgress:
    """Says nothing: for tests and services."""

    def note(self, text: str) -> None:
        """Ignore the line."""

    def advance(self, label: str, fraction: float) -> None:
        """Ignore the state."""


class LineProgress:
    """One line when a step begins and one at each further quarter: for logs."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._shown: tuple[str, int] = ("", 0)

    def note(self, text: str) -> None:
        """Write the line."""
        print(text, file=self._stream, flush=True)

    def advance(self, label: str, fraction: float) -> None:
        """Write a line when another quarter is reached."""
        quarter = int(min(max(fraction, 0.0), 1.0) * 4)
        if (label, quarter) == self._shown:
            return
        self._shown = (label, quarter)
        print(f"{label}: {quarter * 25} %", file=self._stream, flush=True)


class BarProgress:
    """A bar that redraws itself in place: for a terminal."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._open = False

    def note(self, text: str) -> None:
        """Write the line below the bar."""
        if self._open:
            self._stream.write("\n")
            self._open = False
        self._stream.write(f"{text}\n")
        self._stream.flush()

    def advance(self, label: str, fraction: float) -> None:
        """Redraw the bar; a full one is closed with a new line."""
        share = min(max(fraction, 0.0), 1.0)
        bar = "#" * round(share * _WIDTH)
        self._stream.write(f"\r\x1b[K{label} [{bar:<{_WIDTH}}] {share:4.0%}")
        self._open = share < 1.0
        if not self._open:
            self._stream.write("\n")
        self._stream.flush()


def progress_for(stream: TextIO | None = None) -> Progress:
    """A bar when `stream` (standard error by default) is a terminal, else lines."""
    target = sys.stderr if stream is None else stream
    return BarProgress(target) if target.isatty() else LineProgress(target)
