"""From the event of a call to its entry in the audit trail."""

from collections.abc import Mapping
from typing import Any, Final

import orjson

from altus4_core.records import Event
from altus4_core.stored import AuditEntry

KIND: Final = "audit"
SMALLINT: Final = 2**15 - 1
MOST_DETAILS: Final = 16 * 1024  # bytes of JSON: what a handler adds must not make batches that no server takes


def audit_entry(event: Event) -> AuditEntry:
    """Build the entry. It has the event's id, so an event that comes twice is one entry."""
    payload = event.payload
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
        details=_details(payload.get("details")),
    )


def _details(value: Any) -> dict[str, Any] | None:
    if not isinstance(value, Mapping) or not value:
        return None
    details = dict(value)
    try:
        size = len(orjson.dumps(details))
    except TypeError:
        size = MOST_DETAILS + 1
    if size <= MOST_DETAILS:
        return details
    return {"cut": True, **({"code": details["code"]} if isinstance(details.get("code"), str) else {})}


def _text(value: Any) -> str | None:
    return str(value) if value else None


def _small(value: Any) -> int:
    return max(0, min(SMALLINT, value)) if isinstance(value, int) else 0
