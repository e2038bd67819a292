"""Values on their way into columns and back: keys, UTC times, JSON, and tables written into a statement."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, cast

import orjson

KEY_LENGTH = 64


def is_key(text: str) -> bool:
    """Say whether a text can be an id or a digest at all.

    Columns of keys are ASCII and compare padded: `"abc "` would find `abc`, and `"é"` is an error to the server.
    """
    return 0 < len(text) <= KEY_LENGTH and text.isascii() and text.isprintable() and text == text.strip()


def to_time(moment: datetime | None) -> datetime | None:
    """Give a time as the session's time zone (UTC) has it, without zone, to the microsecond."""
    return None if moment is None else moment.astimezone(UTC).replace(tzinfo=None)


def to_second(moment: datetime | None) -> datetime | None:
    """Give a time in whole seconds: the server would round up, into the future."""
    return None if moment is None else moment.astimezone(UTC).replace(tzinfo=None, microsecond=0)


def from_time(value: Any) -> datetime | None:
    """Give a column's time, aware."""
    return value.replace(tzinfo=UTC) if isinstance(value, datetime) else None


def from_time_needed(value: Any) -> datetime:
    """Give a NOT NULL column's time, aware."""
    return cast("datetime", value).replace(tzinfo=UTC)


def to_json(value: Any) -> str | None:
    """Write JSON; None stays NULL. Raises TypeError for what is no JSON."""
    return None if value is None else orjson.dumps(value).decode()


def from_json(value: Any) -> Any:
    """Read a JSON column; NULL stays None."""
    if value is None:
        return None
    return orjson.loads(value) if isinstance(value, str | bytes) else value


def key_value(name: str) -> str:
    """Write a placeholder for a key in a table of values, so that it joins a column of keys by its index."""
    return f"CONVERT(%s USING ascii) COLLATE ascii_bin AS {name}"


def table_of(columns: Sequence[str], rows: int) -> str:
    """Write a table of values, `(SELECT ... UNION ALL SELECT ...)`, which MySQL 8.0+ and MariaDB understand alike.

    Args:
        columns: One expression with one placeholder and a name for each column.
        rows: How many rows of parameters follow.
    """
    one = f"SELECT {', '.join(columns)}"
    return f"({' UNION ALL '.join([one] * rows)})"
