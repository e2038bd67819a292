"""Reading a sample of a table: a few rows at each of many places spread over the primary key.

Each place is a range of the primary key with a LIMIT, of which the server reads only the rows that it gives, however
large the table is. `ORDER BY RAND()` would read the whole table. Texts are cut, rows and bytes bounded, so that a
sample is never more than a moment's work for either side.
"""

from collections.abc import AsyncIterator, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

import attrs
from altus4_mysql import AsideTarget, Limits, MySQLTarget, Row, Rows, Scalar, quote_identifier

from altus4_search_fulltext.planner import TablePlan
from altus4_search_fulltext.statements import table_name

ROWS = 300  # of a sample
CHARACTERS = 2000  # read of each column
_PLACES = 100  # spread over the key
_PLACES_AT_ONCE = 10  # in one statement
_LETTERS = "0123456789abcdefghijklmnopqrstuvwxyz"
_DIGITS = 4  # letters of a text between two others
_STATEMENT_SECONDS = 2.0
_LIMITS = Limits(max_rows=ROWS + 1)


@attrs.frozen
class SampledRow:
    """One row: its primary key, to tell rows that are read twice, and the texts of the index's columns."""

    key: Row
    texts: Sequence[str]


async def sampled_rows(target: MySQLTarget, plan: TablePlan) -> AsyncIterator[list[SampledRow]]:
    """Read a sample, a few rows at a time; a small table is read whole.

    The same rows come again as long as the table does not change.

    Raises:
        MySQLError, TargetFailed: as the target does.
    """
    reader = _Reader(target, plan)
    first = await reader.rows("", (), ROWS + 1)
    if len(first) <= ROWS:
        yield first
        return
    probes = await reader.probes() if plan.key else ()
    if not probes:
        yield first[:ROWS]
        return
    each = ROWS // _PLACES
    seen: set[Row] = set()
    for start in range(0, len(probes), _PLACES_AT_ONCE):
        rows = await reader.rows_from(probes[start : start + _PLACES_AT_ONCE], each)
        new = [row for row in {row.key: row for row in rows}.values() if row.key not in seen]
        seen.update(row.key for row in new)
        yield new
    if len(seen) < ROWS // 2:  # the places were not where the rows are
        yield [row for row in first if row.key not in seen][: ROWS - len(seen)]


class _Reader:
    def __init__(self, target: MySQLTarget, plan: TablePlan) -> None:
        self._target = target
        self._plan = plan
        self._keys = [quote_identifier(column.name) for column in plan.key]
        texts = [f"LEFT({quote_identifier(name)}, {CHARACTERS})" for name in plan.index.columns]
        self._select = f"SELECT {', '.join([*self._keys, *texts])} FROM {table_name(plan)}"

    async def rows(self, where: str, params: Sequence[Scalar], limit: int) -> list[SampledRow]:
        """Give rows in the order of the key."""
        order = f" ORDER BY {', '.join(self._keys)}" if self._keys else ""
        return self._read(await self._fetch(f"{self._select}{where}{order} LIMIT {limit}", params))

    async def rows_from(self, probes: Sequence[Scalar], each: int) -> list[SampledRow]:
        """Give the first rows from each place on."""
        order = f"ORDER BY {', '.join(self._keys)} LIMIT {each}"
        one = f"({self._select} WHERE {self._keys[0]} >= %s {order})"
        return self._read(await self._fetch(" UNION ALL ".join([one] * len(probes)), probes))

    async def probes(self) -> Sequence[Scalar]:
        """Give values spread over the first column of the primary key; nothing when it cannot be spread."""
        key = self._keys[0]
        sql = f"SELECT MIN({key}), MAX({key}) FROM {table_name(self._plan)}"
        low, high = (await self._fetch(sql, ())).rows[0]
        return spread(low, high, _PLACES)

    def _read(self, rows: Rows) -> list[SampledRow]:
        width = len(self._keys)
        return [
            SampledRow(row[:width], [text for text in row[width:] if isinstance(text, str) and text]) for row in rows
        ]

    async def _fetch(self, sql: str, params: Sequence[Scalar]) -> Rows:
        fetch = self._target.fetch_aside if isinstance(self._target, AsideTarget) else self._target.fetch
        return await fetch(sql, params, deadline=_STATEMENT_SECONDS, limits=_LIMITS)


def spread(low: Any, high: Any, places: int) -> list[Scalar]:
    """Give values between two others, at equal distances.

    Args:
        low: The smallest.
        high: The largest.
        places: How many values.

    Returns:
        at most so many, in order; none when values of the type have no distances.
    """
    if isinstance(low, int) and isinstance(high, int):
        return _distinct([low + (high - low) * number // places for number in range(places)])
    if isinstance(low, float | Decimal) and isinstance(high, float | Decimal):
        return _distinct([low + (high - low) * number / places for number in range(places)])  # type: ignore[operator]
    if isinstance(low, date | datetime | timedelta) and isinstance(high, date | datetime | timedelta):
        return _distinct([low + (high - low) * number / places for number in range(places)])  # type: ignore[operator]
    if isinstance(low, bytes) and isinstance(high, bytes):
        size = max(len(low), len(high))
        first, last = (int.from_bytes(end.ljust(size, b"\0")) for end in (low, high))
        return _distinct([(first + (last - first) * number // places).to_bytes(size) for number in range(places)])
    if isinstance(low, str) and isinstance(high, str):
        return _between_texts(low.lower(), high.lower(), places)
    return []


def _between_texts(low: str, high: str, places: int) -> list[Scalar]:
    """Give texts between two others, as if made of digits and letters alone: UUIDs, codes, slugs."""
    if low == high:
        return [low]
    shared = 0
    while shared < min(len(low), len(high)) and low[shared] == high[shared]:
        shared += 1
    base = len(_LETTERS)
    first, last = (_number(text[shared : shared + _DIGITS]) for text in (low, high))
    made = []
    for place in range(places):
        number, letters = first + (last - first) * place // places, ""
        for _ in range(_DIGITS):
            number, digit = divmod(number, base)
            letters = _LETTERS[digit] + letters
        made.append(low[:shared] + letters)
    return _distinct(made)


def _number(text: str) -> int:
    number = 0
    for letter in text.ljust(_DIGITS, "0"):
        digit = _LETTERS.find(letter)
        if digit < 0:  # what comes before the digits, or behind the letters
            digit = 0 if letter < "a" else len(_LETTERS) - 1
        number = number * len(_LETTERS) + digit
    return number


def _distinct(values: Sequence[Any]) -> list[Scalar]:
    return list(dict.fromkeys(values))
