"""The analytics sink `lines`: a file of JSON lines that may be rotated at any time."""

import asyncio
import fcntl
import logging
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import orjson

from altus4_core.counters import PluginCounters
from altus4_core.records import Event

logger = logging.getLogger("altus4.analytics-log")

MODE: Final = 0o600  # what people search is nobody else's business


class EventLines:
    """Appends a line for each event.

    The file is opened anew for each batch, so whoever rotates it just renames it; a batch is appended by one call and
    is whole in one file.

    Args:
        path: The file; its folder is made if need be.
        kinds: Kinds that are written; empty: all.
        counters: Told of events that no line can hold (`unreadable_events`).
    """

    name = "lines"

    def __init__(self, path: Path, kinds: frozenset[str], counters: PluginCounters) -> None:
        self._path = path
        self._kinds = kinds
        self._counters = counters

    async def write(self, events: Sequence[Event]) -> None:
        """Append the batch.

        Raises:
            OSError: the file cannot be written; nothing is left of the batch, and the core tries it again.
        """
        lines: list[bytes] = []
        for event in events:
            if self._kinds and event.kind not in self._kinds:
                continue
            try:
                lines.append(_line(event))
            except TypeError as error:  # it must not hold up the others
                logger.error("an event that no line can hold is dropped: %s", error)
                self._counters.add("unreadable_events")
        if lines:
            await asyncio.to_thread(self._append, b"".join(lines))

    def _append(self, lines: bytes) -> None:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        handle = os.open(self._path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, MODE)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX)  # other processes append, too: what is cut off again must be the end
            written = os.write(handle, lines)
            if written < len(lines):
                os.ftruncate(handle, os.fstat(handle).st_size - written)
                message = "the disk is full"
                raise OSError(message)
        finally:
            os.close(handle)


def _line(event: Event) -> bytes:
    written = {
        "id": event.id,
        "kind": event.kind,
        "at": event.at,
        "userId": event.user_id,
        "requestId": event.request_id,
        "credentialId": event.credential_id,
        "environment": event.environment,
        **event.payload,
    }
    return orjson.dumps(written, default=str, option=orjson.OPT_APPEND_NEWLINE | orjson.OPT_UTC_Z)
