"""From the event of a search to its row in the search log."""

from typing import Any, Final

from altus4_core.records import Event
from altus4_core.stored import SearchRow

LONGEST_QUERY: Final = 1000  # characters, as the column has
LARGEST_INT: Final = 2**31 - 1


def search_row(event: Event) -> SearchRow:
    """Build the row.

    The row has the event's id, so an event that comes twice is one row. `search_params` holds what the columns have
    no place for: the databases, the request, the key and its environment (searches of test keys must not count as
    live ones).
    """
    payload = event.payload
    databases = list(payload.get("database_ids") or ())
    params: dict[str, Any] = {
        **(payload.get("params") or {}),
        "databases": databases,
        "requestId": event.request_id,
    }
    if event.credential_id is not None:
        params["credentialId"] = event.credential_id
    if event.environment is not None:
        params["environment"] = event.environment
    return SearchRow(
        id=event.id,
        user_id=event.user_id,
        query=str(payload["query"])[:LONGEST_QUERY],
        search_mode=str(payload["mode"]),
        created_at=event.at,
        database_id=databases[0] if len(databases) == 1 else None,
        search_params=params,
        result_count=_int(payload.get("result_count")),
        execution_time_ms=_int(payload.get("took_ms")),
        categories=payload.get("categories") or None,
    )


def _int(value: Any) -> int:
    return max(0, min(LARGEST_INT, round(value or 0)))
