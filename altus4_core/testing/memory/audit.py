"""The audit trail in memory."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import attrs
import orjson

from altus4_core.stored import AuditEntry
from altus4_core.testing.memory.tables import Tables

LONGEST = {
    "action": 64,
    "result": 16,
    "request_id": 64,
    "user_id": 64,
    "scheme": 64,
    "credential_id": 255,
    "object_kind": 64,
    "object_id": 255,
    "ip": 45,
}


class MemoryAudit:
    """Satisfies `AuditRepository`."""

    def __init__(self, tables: Tables) -> None:
        self._tables = tables

    async def add_many(self, entries: Sequence[AuditEntry]) -> int:
        """Insert a batch; entries already there are left alone, texts cut."""
        self._tables.reach()
        before = len(self._tables.audit)
        for entry in entries:
            self._tables.audit.setdefault(entry.id, _stored(entry))
        return len(self._tables.audit) - before

    async def list(self, user_id: str, *, limit: int, offset: int, action: str | None = None) -> Sequence[AuditEntry]:
        """List a user's entries, newest first."""
        return [entry for entry in self._newest(action) if entry.user_id == user_id][offset : offset + limit]

    async def list_all(self, *, limit: int, offset: int, action: str | None = None) -> Sequence[AuditEntry]:
        """List everybody's entries, newest first."""
        return self._newest(action)[offset : offset + limit]

    async def prune(self, before: datetime, *, most: int) -> int:
        """Delete the oldest entries from before this moment, at most `most`."""
        self._tables.reach()
        old = sorted((entry for entry in self._tables.audit.values() if entry.at < before), key=lambda entry: entry.at)
        for entry in old[:most]:
            del self._tables.audit[entry.id]
        return len(old[:most])

    def _newest(self, action: str | None) -> Sequence[AuditEntry]:
        self._tables.reach()
        found = [
            entry
            for entry in reversed(self._tables.audit.values())
            if action is None or entry.action == action or entry.action.startswith(f"{action}.")
        ]
        return sorted(found, key=lambda entry: entry.at, reverse=True)  # stable: the last one added is the newest


def _stored(entry: AuditEntry) -> AuditEntry:
    cut: dict[str, Any] = {name: _cut(getattr(entry, name), longest) for name, longest in LONGEST.items()}
    details = dict(entry.details) if entry.details else None
    try:
        orjson.dumps(details)
    except TypeError:
        details = None
    return attrs.evolve(entry, **cut, details=details)


def _cut(text: str | None, longest: int) -> str | None:
    if text is None:
        return None
    return text.encode("utf-8", "replace").decode().replace("\0", "\ufffd")[:longest]
