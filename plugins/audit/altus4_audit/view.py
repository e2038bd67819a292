"""How entries look outside."""

from datetime import datetime
from typing import Any

import attrs

from altus4_core.clock import iso
from altus4_core.schema.decode import field
from altus4_core.stored import AuditEntry


@attrs.frozen
class AuditQuery:
    """Which entries."""

    limit: int = field(50, doc="Entries on a page.", min=1, max=500)
    offset: int = field(0, doc="Entries to skip.", min=0, max=1_000_000)
    action: str | None = field(
        None, doc="Only this action (keys.create), or all of one kind (keys).", min_length=1, max_length=64
    )
    all: bool = field(False, doc="Everybody's entries; needs the role admin.")


@attrs.frozen
class ObjectData:
    """What was acted on."""

    kind: str
    id: str | None = None


@attrs.frozen
class EntryData:
    """One entry. `result` is success, denied or failed; `status` the HTTP status, absent for commands."""

    id: str
    at: datetime
    action: str
    object: ObjectData
    result: str
    user_id: str | None = None
    scheme: str | None = None
    credential_id: str | None = None
    address: str | None = None
    status: int | None = None
    request_id: str | None = None
    details: dict[str, Any] | None = None


@attrs.frozen
class AuditData:
    """A page of entries, newest first."""

    entries: tuple[EntryData, ...]
    limit: int
    offset: int
    has_more: bool


def entry_data(entry: AuditEntry) -> EntryData:
    """Build what is shown of an entry."""
    return EntryData(
        id=entry.id,
        at=entry.at,
        action=entry.action,
        object=ObjectData(entry.object_kind, entry.object_id),
        result=entry.result,
        user_id=entry.user_id,
        scheme=entry.scheme or None,
        credential_id=entry.credential_id,
        address=entry.ip,
        status=entry.status or None,
        request_id=entry.request_id or None,
        details=dict(entry.details) if entry.details else None,
    )


def entry_line(entry: AuditEntry) -> str:
    """Write an entry as a line for people."""
    acted_on = f" {entry.object_id}" if entry.object_id else ""
    by = f"{entry.scheme or '-'} {entry.credential_id or '-'}"
    code = f" ({(entry.details or {})['code']})" if (entry.details or {}).get("code") else ""
    return (
        f"{iso(entry.at)}  {entry.result}{code}  {entry.action}{acted_on}  user {entry.user_id or '-'}  {by}  "
        f"from {entry.ip or '-'}  request {entry.request_id or '-'}"
    )
