"""A sliding window: so many events in any stretch of so many seconds, exactly.

It remembers the time of every event it counts, which is affordable for the small limits it serves (attempts to log
in or to register) and the only way never to let the double pass around the edge of a window.
"""

from collections import deque

import attrs

from altus4_core.limits.gcra import Judgement


@attrs.frozen
class Window:
    """At most `most` events in any `length` nanoseconds."""

    most: int
    length: int


def judge_window(window: Window, events: deque[int], now: int, cost: int) -> Judgement:
    """Count `cost` events, if they fit. `events` are earlier times in nanoseconds, oldest first; it is updated.

    A refused attempt is not counted: whoever waits as told gets through. `cost` 0 only looks, less gives back the
    newest.
    """
    while events and events[0] <= now - window.length:
        events.popleft()
    if cost < 0:
        for _ in range(min(-cost, len(events))):
            events.pop()
    allowed = cost < 0 or len(events) + max(1, cost) <= window.most
    if allowed and cost > 0:
        events.extend([now] * cost)
    retry_after = 0
    if not allowed:
        # The place of the last event that must leave before there is room for all of `cost`.
        leaving = min(len(events), len(events) + max(1, cost) - window.most) - 1
        retry_after = events[leaving] + window.length - now
    last = events[-1] if events else now - window.length
    return Judgement(
        allowed=allowed,
        arrival=last,
        remaining=max(0, window.most - len(events)),
        full_after=last + window.length - now,
        retry_after=retry_after,
    )
