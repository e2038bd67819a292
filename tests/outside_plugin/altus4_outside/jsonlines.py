"""A sink: events as JSON lines in a file."""

import asyncio
from collections.abc import Sequence
from pathlib import Path

import attrs
import orjson

from altus4_core.records import Event


class JsonLinesSink:
    """Appends. Whoever reads the file leaves out ids that it has seen."""

    name = "json-lines"

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = asyncio.Lock()

    async def write(self, events: Sequence[Event]) -> None:
        """Append a batch, off the event loop."""
        lines = b"".join(orjson.dumps(attrs.asdict(event)) + b"\n" for event in events)
        async with self._lock:
            await asyncio.to_thread(self._append, lines)

    def _append(self, lines: bytes) -> None:
        with self._path.open("ab") as file:
            file.write(lines)
