"""From the event of a search to its row in the search log."""

from collections.abc import Mapping
from typing import Any, Final

from altus4_core.records import Event
from altus4_core.stored import SearchedDatabase, SearchRow

LONGEST_QUERY: Final = 1000  # characters, as the columns have
LONGEST_CODE: Final = 64
LARGEST_INT: Final = 2**31 - 1


def search_row(event: Event) -> SearchRow:
    """Build the row.

    The row has the event's id, so an event that comes twice is one row. `search_params` holds what the columns have
    no place for: the page, names of tables and columns; never a value that was searched or filtered by.

    Raises:
        KeyError, TypeError, ValueError, AttributeError: the event is not what the core emits.
    """
    payload = event.payload
    ids = list(payload.get("database_ids") or ())
    return SearchRow(
        id=event.id,
        user_id=event.user_id,
        query=str(payload["query"])[:LONGEST_QUERY],
        search_mode=str(payload["mode"]),
        created_at=event.at,
        database_id=ids[0] if len(ids) == 1 else None,
        search_params=dict(payload.get("params") or {}) or None,
        result_count=_int(payload.get("result_count")),
        execution_time_ms=_int(payload.get("took_ms")),
        categories=payload.get("categories") or None,
        api_key_id=payload.get("key_id"),
        request_id=event.request_id,
        environment=event.environment,
        error_code=_code(payload.get("error_code")),
        databases=tuple(map(_database, payload.get("databases") or ())) if len(ids) > 1 else (),
    )


def _database(share: Mapping[str, Any]) -> SearchedDatabase:
    return SearchedDatabase(
        str(share["id"]), str(share.get("status", "ok")), _int(share.get("matched")), _int(share.get("took_ms"))
    )


def _code(value: Any) -> str | None:
    return None if value is None else str(value)[:LONGEST_CODE]


def _int(value: Any) -> int:
    return max(0, min(LARGEST_INT, round(value or 0)))
