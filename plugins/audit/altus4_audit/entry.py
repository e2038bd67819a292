"""From the event of a call to its entry in the audit trail."""

from typing import Any, Final

from altus4_core.records import Event
from altus4_core.stored import AuditEntry

KIND: Final = "audit"
SMALLINT: Final = 2**15 - 1


def audit_entry(event: Event) -> AuditEntry:
    """Build the entry. It has the event's id, so an event that comes twice is one entry."""
    payload = event.payload
    details = payload.get("details")
    return AuditEntry(
        id=event.id,
        at=event.at,
        action=str(payload.get("action") or ""),
        result=str(payload.get("result") or ""),
        request_id=event.request_id,
        status=_small(payload.get("status")),
        user_id=event.user_id or None,
        scheme=str(payload.get("scheme") or ""),
        credential_id=event.credential_id,
        object_kind=str(payload.get("object_kind") or ""),
        object_id=_text(payload.get("object_id")),
        ip=_text(payload.get("address")),
        details=dict(details) if isinstance(details, dict) and details else None,
    )


def _text(value: Any) -> str | None:
    return str(value) if value else None


def _small(value: Any) -> int:
    return max(0, min(SMALLINT, value)) if isinstance(value, int) else 0
