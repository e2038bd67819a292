"""The way of events to the analytics sinks: a bounded queue and a task per sink, never in the request path."""

import asyncio
import hashlib
import os
from collections.abc import Mapping
from pathlib import Path

import attrs

from altus4_core.composing.composition import Composition
from altus4_core.dispatch import Dispatch
from altus4_core.records import Event
from altus4_core.settings.core import LEAST_SPILL, CoreSettings, EventSettings
from altus4_core.sinkqueue import SinkFigures, SinkQueue

__all__ = ["EventBus", "SinkFigures", "SinkQueue", "spill_folder"]


class EventBus:
    """Hands each event to every sink. `workers` share what may lie on disk."""

    def __init__(
        self,
        composition: Composition,
        dispatch: Dispatch,
        settings: EventSettings,
        deadline: float,
        folder: Path | None = None,
        workers: int = 1,
    ) -> None:
        if workers > 1:
            settings = attrs.evolve(settings, spill_bytes=max(LEAST_SPILL, settings.spill_bytes // workers))
        self._settings = settings
        self._queues = [
            SinkQueue(entry, dispatch, settings, deadline, folder and folder / entry.name)
            for entry in composition.of("analytics-sink")
        ]

    def emit(self, event: Event) -> None:
        """Queue the event for every sink. Never waits, never raises."""
        for queue in self._queues:
            queue.put(event)

    def figures(self) -> dict[str, SinkFigures]:
        """Give the figures per sink."""
        return {queue.name: queue.figures for queue in self._queues}

    def start(self) -> None:
        """Start all writers."""
        for queue in self._queues:
            queue.start()

    async def stop(self) -> None:
        """Flush all sinks at once."""
        await asyncio.gather(*(queue.stop(self._settings.flush_timeout) for queue in self._queues))


def spill_folder(core: CoreSettings, environ: Mapping[str, str] = os.environ) -> Path | None:
    """Give where events may lie on disk; None: nowhere.

    Gateways over different metadata databases never share a folder: the one would write what the other's users did.
    """
    wanted = core.events.spill
    if wanted == "off":
        return None
    if wanted != "auto":
        return Path(wanted).expanduser()
    url = core.metadata.url.reveal()
    if not url:
        return None
    scheme, _, rest = url.partition("?")[0].partition("://")
    place = f"{scheme}://{rest.rpartition('@')[2]}"  # a new password is the same database
    name = hashlib.sha256(place.encode()).hexdigest()[:16]
    state = environ.get("XDG_STATE_HOME") or Path(environ.get("HOME") or "~").expanduser() / ".local" / "state"
    return Path(state) / "altus4" / "events" / name
