"""Word of changes inside one process: whoever remembers rows forgets them at once, not when they are out of date.

Other processes notice within the lifetime of what they remember; nothing here reaches them.
"""

import logging
from collections import defaultdict
from collections.abc import Callable
from typing import Literal

logger = logging.getLogger("altus4.changes")

Kind = Literal["user", "databases"]
"""`user`: an account changed or went, with its keys and sessions. `databases`: a user's list of databases did."""

Listener = Callable[[str], None]


class Changes:
    """Tells listeners which user's rows changed."""

    def __init__(self) -> None:
        self._listeners: dict[Kind, list[Listener]] = defaultdict(list)

    def listen(self, kind: Kind, listener: Listener) -> None:
        """Call `listener(user_id)` on every change of this kind, from the event loop; it must not wait."""
        self._listeners[kind].append(listener)

    def tell(self, kind: Kind, user_id: str) -> None:
        """Say that a user's rows changed, after they did. A listener that fails does not keep it from the others."""
        for listener in self._listeners[kind]:
            try:
                listener(user_id)
            except Exception:
                logger.exception("a listener to changes of kind %s failed", kind)
