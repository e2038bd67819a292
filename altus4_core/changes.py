"""Word of changes inside one process: whoever remembers rows forgets them at once, not when they are out of date.

Other processes notice within the lifetime of what they remember; nothing here reaches them, but a plugin may listen
to every kind, carry it over, and tell it there.
"""

import logging
from collections import defaultdict
from collections.abc import Callable
from typing import Literal

logger = logging.getLogger("altus4.changes")

Kind = Literal["user", "databases", "key", "session"]
"""`user`: an account changed or went, with its keys and sessions. `databases`: a user's list of databases did.
`key`, `session`: one API key or session changed or ended."""

Listener = Callable[[str], None]


class Changes:
    """Tells listeners whose rows changed."""

    def __init__(self) -> None:
        self._listeners: dict[Kind, list[Listener]] = defaultdict(list)

    def listen(self, kind: Kind, listener: Listener) -> None:
        """Call `listener(id)` on every change of this kind, from the event loop; it must not wait.

        The id is the user's for `user` and `databases`, else the key's or the session's own.
        """
        self._listeners[kind].append(listener)

    def tell(self, kind: Kind, subject: str) -> None:
        """Say that rows changed, after they did. A listener that fails does not keep it from the others."""
        for listener in self._listeners[kind]:
            try:
                listener(subject)
            except Exception:
                logger.exception("a listener to changes of kind %s failed", kind)
