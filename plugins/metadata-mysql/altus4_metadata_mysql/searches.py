"""Table `searches`."""

import logging
from collections.abc import Iterator, Sequence
from typing import Any

from altus4_core.errors import Conflict, NotFound, ValidationFailed
from altus4_core.stored import SearchRow
from altus4_metadata_mysql.link import Link
from altus4_metadata_mysql.values import (
    from_json,
    from_time_needed,
    is_key,
    key_value,
    table_of,
    to_json,
    to_second,
)

logger = logging.getLogger("altus4.metadata-mysql")

COLUMNS = (
    "id, user_id, database_id, query, search_mode, search_params, result_count, execution_time_ms, categories,"
    " created_at"
)
VALUES = (
    key_value("id"), key_value("user_id"), key_value("database_id"), "%s AS query", "%s AS search_mode",
    "%s AS search_params", "%s AS result_count", "%s AS execution_time_ms", "%s AS categories", "%s AS created_at",
)  # fmt: skip
MODES = frozenset({"natural", "boolean", "semantic"})
MODE_KEY = "searchMode"  # of search_params, for the modes of plugins, which the column's ENUM does not have
LONGEST_QUERY = 1000  # characters
LARGEST_INT = 2**31 - 1
MOST_BYTES = 1 << 20  # of one statement; max_allowed_packet is 16 MiB or more unless somebody lowered it


class Searches:
    """The search log in MySQL."""

    def __init__(self, link: Link) -> None:
        self._link = link

    async def add_many(self, rows: Sequence[SearchRow]) -> int:
        """Insert a batch, in one statement unless it is larger than a mebibyte.

        A row that no column can hold is dropped and logged. Should the server refuse a batch all the same, it is
        halved until the row that is to blame stands alone.
        """
        return sum([await self._insert(part) for part in _parts(rows)])

    async def _insert(self, rows: Sequence[Sequence[Any]]) -> int:
        # The joins drop rows of users that are gone, and forget databases that are gone or somebody else's. IGNORE
        # leaves out rows that are there already, and those of users that go between the join and the insertion.
        # STRAIGHT_JOIN: the other way round the statement would lock every user.
        sql = (
            f"INSERT IGNORE INTO searches ({COLUMNS}) SELECT v.id, u.id, d.id, v.query, v.search_mode,"
            " v.search_params, v.result_count, v.execution_time_ms, v.categories, v.created_at"
            f" FROM {table_of(VALUES, len(rows))} v STRAIGHT_JOIN users u ON u.id = v.user_id"
            " LEFT JOIN `databases` d ON d.id = v.database_id AND d.user_id = v.user_id"
        )
        try:
            return await self._link.write(sql, [value for row in rows for value in row])
        except (ValidationFailed, Conflict, NotFound) as error:
            if len(rows) == 1:
                logger.warning("a search could not be recorded and is dropped: %s", error.__cause__)
                return 0
            middle = len(rows) // 2
            return await self._insert(rows[:middle]) + await self._insert(rows[middle:])

    async def list(self, user_id: str, *, limit: int, offset: int) -> Sequence[SearchRow]:
        """List a user's searches, newest first."""
        sql = f"SELECT {COLUMNS} FROM searches WHERE user_id = %s ORDER BY created_at DESC, id LIMIT %s OFFSET %s"
        return [_search(row) for row in await self._link.fetch(sql, (user_id, limit, offset))]

    async def count(self, user_id: str) -> int:
        """Count a user's searches."""
        return int((await self._link.fetch("SELECT COUNT(*) FROM searches WHERE user_id = %s", (user_id,))).scalar())


def _parts(rows: Sequence[SearchRow]) -> Iterator[Sequence[Sequence[Any]]]:
    """Write rows as values, in parts of at most `MOST_BYTES`."""
    part: list[Sequence[Any]] = []
    size = 0
    for row in rows:
        values = _values(row)
        if values is None:
            logger.warning("a search could not be recorded and is dropped: it holds what no column can hold")
            continue
        # Hexadecimal doubles what holds a backslash; a character has up to four bytes.
        bytes_of_row = 300 + sum(8 * len(value) for value in values if isinstance(value, str))
        if part and size + bytes_of_row > MOST_BYTES:
            yield part
            part, size = [], 0
        part.append(values)
        size += bytes_of_row
    if part:
        yield part


def _values(row: SearchRow) -> Sequence[Any] | None:
    if not (is_key(row.id) and is_key(row.user_id) and len(row.id) <= 36):
        return None
    params = None if row.search_params is None else dict(row.search_params)
    if row.search_mode not in MODES:
        params = {**(params or {}), MODE_KEY: row.search_mode}
    try:
        written, categories = to_json(params), to_json(row.categories)
    except TypeError:
        return None
    return (
        row.id,
        row.user_id,
        row.database_id if row.database_id is not None and is_key(row.database_id) else None,
        row.query[:LONGEST_QUERY].encode("utf-8", "replace").decode().replace("\0", "\ufffd"),
        row.search_mode if row.search_mode in MODES else None,
        written,
        max(0, min(LARGEST_INT, row.result_count)),
        max(0, min(LARGEST_INT, row.execution_time_ms)),
        categories,
        to_second(row.created_at),
    )


def _search(row: Sequence[Any]) -> SearchRow:
    values = dict(zip(COLUMNS.split(", "), row, strict=True))
    mode, params = values["search_mode"], from_json(values["search_params"])
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
    )
