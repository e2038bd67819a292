"""Table `audit_log`."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from altus4_core.stored import AuditEntry
from altus4_metadata_mysql.link import Link
from altus4_metadata_mysql.values import from_json, from_time_needed, to_json, to_time

COLUMNS = (
    "id, created_at, action, result, request_id, status, user_id, scheme, credential_id, object_kind, object_id, ip,"
    " details"
)
ROW = f"({', '.join(['%s'] * (COLUMNS.count(',') + 1))})"
ROWS = 200  # in one statement: a row has at most some kilobytes
NEWEST = "ORDER BY created_at DESC, serial DESC LIMIT %s OFFSET %s"


class AuditLog:
    """The audit trail in MySQL: nothing here changes a row."""

    def __init__(self, link: Link) -> None:
        self._link = link

    async def add_many(self, entries: Sequence[AuditEntry]) -> int:
        """Insert a batch; entries already there are left alone, texts cut to what the columns hold."""
        added = 0
        for start in range(0, len(entries), ROWS):
            part = entries[start : start + ROWS]
            # A repeated id changes nothing: unlike IGNORE this hides no other mistake.
            sql = (
                f"INSERT INTO audit_log ({COLUMNS}) VALUES {', '.join([ROW] * len(part))}"
                " ON DUPLICATE KEY UPDATE id = audit_log.id"
            )
            added += await self._link.write(sql, [value for entry in part for value in _values(entry)])
        return added

    async def list(self, user_id: str, *, limit: int, offset: int, action: str | None = None) -> Sequence[AuditEntry]:
        """List a user's entries, newest first."""
        condition, params = _of(action)
        sql = f"SELECT {COLUMNS} FROM audit_log WHERE user_id = %s AND {condition} {NEWEST}"
        return [_entry(row) for row in await self._link.fetch(sql, (user_id, *params, limit, offset))]

    async def list_all(self, *, limit: int, offset: int, action: str | None = None) -> Sequence[AuditEntry]:
        """List everybody's entries, newest first."""
        condition, params = _of(action)
        sql = f"SELECT {COLUMNS} FROM audit_log WHERE {condition} {NEWEST}"
        return [_entry(row) for row in await self._link.fetch(sql, (*params, limit, offset))]

    async def prune(self, before: datetime, *, most: int) -> int:
        """Delete the oldest entries from before this moment, at most `most`."""
        sql = "DELETE FROM audit_log WHERE created_at < %s ORDER BY created_at LIMIT %s"
        return await self._link.write(sql, (to_time(before), most))


def _of(action: str | None) -> tuple[str, Sequence[Any]]:
    if action is None:
        return "TRUE", ()
    return "(action = %s OR LEFT(action, %s) = %s)", (action, len(action) + 1, f"{action}.")


def _values(entry: AuditEntry) -> Sequence[Any]:
    try:
        details = to_json(dict(entry.details)) if entry.details else None
    except TypeError:
        details = None  # the entry matters more than what a plugin added to it
    return (
        entry.id,
        to_time(entry.at),
        _cut(entry.action, 64),
        _cut(entry.result, 16),
        _cut(entry.request_id, 64),
        entry.status,
        _cut(entry.user_id, 64),
        _cut(entry.scheme, 64),
        _cut(entry.credential_id, 255),
        _cut(entry.object_kind, 64),
        _cut(entry.object_id, 255),
        _cut(entry.ip, 45),
        details,
    )


def _cut(text: str | None, longest: int) -> str | None:
    """Give a text that the column can hold."""
    if text is None:
        return None
    return text.encode("utf-8", "replace").decode().replace("\0", "\ufffd")[:longest]


def _entry(row: Sequence[Any]) -> AuditEntry:
    values = dict(zip(COLUMNS.split(", "), row, strict=True))
    at = from_time_needed(values.pop("created_at"))
    return AuditEntry(**{**values, "at": at, "details": from_json(values["details"])})
