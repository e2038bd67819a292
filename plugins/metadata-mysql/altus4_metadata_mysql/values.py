"""Values on their way into columns and back: UTC times, JSON."""

from datetime import UTC, datetime
from typing import Any, cast

import orjson

LAST_TIMESTAMP = datetime(2038, 1, 19, 3, 14, 7, tzinfo=UTC)  # the end of MySQL's TIMESTAMP


def to_time(moment: datetime | None) -> datetime | None:
    """Give a time as the session's time zone (UTC) has it, without zone."""
    return None if moment is None else moment.astimezone(UTC).replace(tzinfo=None)


def from_time(value: Any) -> datetime | None:
    """Give a column's time, aware."""
    return value.replace(tzinfo=UTC) if isinstance(value, datetime) else None


def from_time_needed(value: Any) -> datetime:
    """Give a NOT NULL column's time, aware."""
    return cast("datetime", value).replace(tzinfo=UTC)


def to_json(value: Any) -> str | None:
    """Write JSON; None stays NULL."""
    return None if value is None else orjson.dumps(value).decode()


def from_json(value: Any) -> Any:
    """Read a JSON column; NULL stays None."""
    if value is None:
        return None
    return orjson.loads(value) if isinstance(value, str | bytes) else value
