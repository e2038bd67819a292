"""The processes that serve one port together, as one of them knows the others."""

from collections.abc import Awaitable, Callable, Mapping, Sequence

import attrs

Sample = tuple[str, str, Mapping[str, str], float]
"""One figure: name, type, labels, value."""


@attrs.frozen
class SiblingFigures:
    """One worker's: `samples` is None when it did not answer, `restarts` how often it was started again."""

    samples: Sequence[Sample] | None
    restarts: int


@attrs.frozen
class Siblings:
    """One process among the workers of `altus4 serve --workers N`.

    Attributes:
        number: Its own, from 1.
        since: When the whole began to serve, in monotonic seconds of the machine.
        ask: Asks the others for their figures, by number.
    """

    number: int
    since: float
    ask: Callable[[], Awaitable[Mapping[int, SiblingFigures]]] = attrs.field(repr=False)
