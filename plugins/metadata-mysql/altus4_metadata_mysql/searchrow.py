"""A row of the search log on its way into the tables `searches` and `search_databases`, and back."""

from collections.abc import Iterator, Sequence
from typing import Any

import attrs

from altus4_core.stored import SearchedDatabase, SearchRow
from altus4_metadata_mysql.values import from_json, from_time_needed, is_key, key_value, to_json, to_second

COLUMNS = (
    "id, user_id, database_id, query, search_mode, search_params, result_count, execution_time_ms, categories,"
    " created_at, mode_name, api_key_id, request_id, environment, error_code"
)
VALUES = (
    key_value("id"), key_value("user_id"), key_value("database_id"), "%s AS query", "%s AS search_mode",
    "%s AS search_params", "%s AS result_count", "%s AS execution_time_ms", "%s AS categories", "%s AS created_at",
    "%s AS mode_name", "%s AS api_key_id", "%s AS request_id", "%s AS environment",
    "%s AS error_code",
)  # fmt: skip
SHARE = (key_value("search_id"), key_value("database_id"), "%s AS status", "%s AS matched", "%s AS took")
MODES = frozenset({"natural", "boolean", "semantic"})
MODE_KEY = "searchMode"  # where search_params had the modes of plugins before there was a column for them
ENVIRONMENTS = frozenset({"test", "live"})
LONGEST_QUERY = 1000  # characters
LONGEST_ID = 64
LARGEST_INT = 2**31 - 1
LONG = (3, 5, 8)  # of `COLUMNS`: query, search_params, categories
SHORT = 1400  # bytes
MOST_BYTES = 1 << 20  # of one statement; max_allowed_packet is 16 MiB or more unless somebody lowered it


@attrs.frozen(eq=False)
class Written:
    """A row as parameters: of itself, and of its databases if they are several; `only` is a single one."""

    row: SearchRow
    values: Sequence[Any]
    shares: Sequence[Sequence[Any]]
    only: Sequence[Any] | None = None

    @property
    def size(self) -> int:
        """Give an upper bound of its bytes in a statement."""
        # Hexadecimal doubles what holds a backslash; a character has up to four bytes. What is short is bounded by its
        # columns: five ids, a mode's name, the request's id, the rest. This runs for each row.
        query, params, categories = (self.values[place] for place in LONG)
        return SHORT + 8 * (len(query) + len(params or "") + len(categories or ""))


def parts(rows: Sequence[Written]) -> Iterator[Sequence[Written]]:
    """Divide rows into statements of at most `MOST_BYTES`."""
    part: list[Written] = []
    size = 0
    for row in rows:
        if part and size + row.size > MOST_BYTES:
            yield part
            part, size = [], 0
        part.append(row)
        size += row.size
    if part:
        yield part


def write(row: SearchRow) -> Written | None:
    """Write a row; None if no column can hold it."""
    if not (is_key(row.id) and is_key(row.user_id) and len(row.id) <= 36):
        return None
    params = None if row.search_params is None else dict(row.search_params)
    try:
        written, categories = to_json(params), to_json(row.categories)
    except TypeError:
        return None
    plain = row.search_mode in MODES
    values = (
        row.id,
        row.user_id,
        _key(row.database_id),
        row.query[:LONGEST_QUERY].encode("utf-8", "replace").decode().replace("\0", "\ufffd"),
        row.search_mode if plain else None,
        written,
        _int(row.result_count),
        _int(row.execution_time_ms),
        categories,
        to_second(row.created_at),
        None if plain else row.search_mode[:LONGEST_ID].encode("utf-8", "replace").decode().replace("\0", "\ufffd"),
        _key(row.api_key_id),
        row.request_id if is_key(row.request_id) else "",
        row.environment if row.environment in ENVIRONMENTS else None,
        None if row.error_code is None else error_code(row.error_code),
    )
    shares = [
        (row.id, share.id, share.status[:16], _int(share.result_count), _int(share.execution_time_ms))
        for share in row.databases
        if _key(share.id) is not None and share.status.isascii()
    ]
    only = None
    if values[2] is not None and not shares:
        status = {None: "ok", "TIMEOUT": "timeout"}.get(row.error_code, "error")
        only = (row.id, values[2], status, _int(row.result_count), _int(row.execution_time_ms))
    return Written(row, values, shares, only)


def read(row: Sequence[Any], databases: Sequence[SearchedDatabase] = ()) -> SearchRow:
    """Read a row of `COLUMNS`."""
    values = dict(zip(COLUMNS.split(", "), row, strict=True))
    params = from_json(values["search_params"])
    mode = values["search_mode"] or values["mode_name"]
    if mode is None:
        mode = (params or {}).pop(MODE_KEY, "")
        params = params or None
    return SearchRow(
        id=values["id"],
        user_id=values["user_id"],
        query=values["query"],
        search_mode=mode,
        created_at=from_time_needed(values["created_at"]),
        database_id=values["database_id"],
        search_params=params,
        result_count=values["result_count"],
        execution_time_ms=values["execution_time_ms"],
        categories=from_json(values["categories"]),
        api_key_id=values["api_key_id"],
        request_id=values["request_id"],
        environment=values["environment"],
        error_code=values["error_code"],
        databases=tuple(databases),
    )


def error_code(text: str) -> str:
    """Make a code fit its column: whatever a plugin calls an error, the search has failed."""
    return text[:LONGEST_ID].encode("ascii", "replace").decode().replace("\0", "?")


def _key(text: str | None) -> str | None:
    return text if text is not None and is_key(text) and len(text) <= 36 else None


def _int(number: int) -> int:
    return max(0, min(LARGEST_INT, number))
