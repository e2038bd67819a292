"""What a worker is told to do. Secrets are not part of it: a worker reads its own settings, as its supervisor did."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Self

import attrs

from altus4_core.composing.discovery import from_file
from altus4_core.composing.manager import Selection


@attrs.frozen
class Task:
    """A worker's task.

    Attributes:
        number: The worker's, from 1.
        since: When the supervisor began, in monotonic seconds of the machine.
        listeners: File handles of the bound sockets.
        config: The settings file that was named, or "".
        only: Names after `--only`; None: not given.
        extra: Plugins after `--plugin`, as FILE.py:Class.
        none: Whether `--no-plugins` was given.
    """

    number: int
    since: float
    listeners: tuple[int, ...]
    config: str = ""
    only: tuple[str, ...] | None = None
    extra: tuple[str, ...] = ()
    none: bool = False

    def message(self) -> Mapping[str, Any]:
        """Give it as a message."""
        return attrs.asdict(self)

    @classmethod
    def of(cls, message: Mapping[str, Any]) -> Self:
        """Read it from a message."""
        only = message["only"]
        return cls(
            **{
                **message,
                "listeners": tuple(message["listeners"]),
                "only": None if only is None else tuple(only),
                "extra": tuple(message["extra"]),
            }
        )

    @property
    def path(self) -> Path | None:
        """The settings file that was named."""
        return Path(self.config) if self.config else None

    def selection(self) -> Selection:
        """Give what the operator asked for on the command line."""
        return Selection(self.only, [from_file(reference) for reference in self.extra], none=self.none)
