"""How long a worker may take to stop."""

from altus4_core.settings.core import CoreSettings

CLOSING = 5.0  # seconds for what comes after requests and events: connections, services


def stop_seconds(core: CoreSettings) -> float:
    """Give the seconds after which a worker that was told to stop is ended."""
    return core.server.drain_delay + orphaned_seconds(core)


def orphaned_seconds(core: CoreSettings) -> float:
    """Give the same for one that lost its supervisor: it closes its listener at once."""
    return core.server.drain_timeout + hurried_seconds(core)


def hurried_seconds(core: CoreSettings) -> float:
    """Give the same for one that waits for no request any more."""
    return core.events.flush_timeout + CLOSING
