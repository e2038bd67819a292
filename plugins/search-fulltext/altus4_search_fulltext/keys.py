"""Rows by their primary keys: from a result's key to a condition, and from a row back to the key."""

import math
import re
import struct
import time
from calendar import monthrange
from collections.abc import Sequence
from typing import Any

from altus4_mysql import Column, MySQLTarget, in_list, quote_identifier

from altus4_search_fulltext.planner import TablePlan
from altus4_search_fulltext.statements import table_name
from altus4_search_fulltext.values import converter, is_shown, key_part

_DAY = re.compile(r"([0-9]{4})-([0-9]{2})-([0-9]{2})")


def key_condition(plan: TablePlan, keys: Sequence[tuple[Any, ...]]) -> tuple[str, list[Any]]:
    """Give the condition that a row has one of the keys, and its values.

    Args:
        plan: A table with a primary key.
        keys: At least one, as `Hit.key` has them; parts may be texts where the column has numbers.
    """
    odd = [] if plan.mariadb else [key for key in keys if any(map(_impossible, plan.key, key))]
    if odd:
        even = [key for key in keys if key not in odd]
        parts = [*([key_condition(plan, even)] if even else []), *(_apart(plan, key) for key in odd)]
        return f"({' OR '.join(sql for sql, _ in parts)})", [value for _, values in parts for value in values]
    names = [quote_identifier(column.name) for column in plan.key]
    values = [_sent(column, part) for key in keys for column, part in zip(plan.key, key, strict=True)]
    if len(names) == 1:
        if is_shown(plan.key[0]):
            return f"{names[0]} IN ({in_list(values)})", values
        return f"{names[0]} IN ({', '.join(['UNHEX(%s)'] * len(keys))})", values
    one = f"({', '.join('%s' if is_shown(column) else 'UNHEX(%s)' for column in plan.key)})"
    return f"({', '.join(names)}) IN ({', '.join([one] * len(keys))})", values


def key_of(plan: TablePlan, values: Sequence[Any]) -> tuple[Any, ...]:
    """Give the key as `Hit.key` has it.

    Args:
        plan: The table.
        values: Of the columns of its primary key, as the driver gives them.
    """
    parts = []
    for column, value in zip(plan.key, values, strict=True):
        convert = converter(column) if is_shown(column) else None
        parts.append(key_part(convert(value) if convert else value))
    return tuple(parts)


def _impossible(column: Column, part: Any) -> tuple[str, str] | None:
    """Give the bounds of the month where a key has a day that the month has not, such as 2024-02-31; else None."""
    found = _DAY.match(part) if column.data_type in {"date", "datetime"} and isinstance(part, str) else None
    if found is None:
        return None
    year, month, day = map(int, found.groups())
    if not 1 <= month <= 12 or not monthrange(max(year, 1), month)[1] < day <= 31:
        return None
    return f"{year:04d}-{month:02d}-00", f"{year:04d}-{month + 1:02d}-00"  # December has all 31 days


def _apart(plan: TablePlan, key: tuple[Any, ...]) -> tuple[str, list[Any]]:
    """Give the condition for a key with impossible dates.

    ALLOW_INVALID_DATES lets them in, and without it MySQL refuses to compare with them, but as texts.
    """
    conditions, values = [], []
    for column, part in zip(plan.key, key, strict=True):
        name, bounds = quote_identifier(column.name), _impossible(column, part)
        if bounds is not None:
            # The bounds let the server find the month by its index.
            conditions.append(f"{name} >= %s AND {name} < %s AND CAST({name} AS CHAR) = %s")
            values += [*bounds, part]
        else:
            conditions.append(f"{name} = {'%s' if is_shown(column) else 'UNHEX(%s)'}")
            values.append(_sent(column, part))
    return f"({' AND '.join(conditions)})", values


def _sent(column: Column, part: Any) -> Any:
    if column.data_type == "timestamp" and isinstance(part, str):
        return part.removesuffix("Z")  # the session's time is UTC
    try:
        if column.data_type == "bit":
            return int(part, 16)
        if column.data_type == "year":
            return int(part)  # the text 0 is the year 2000
        if column.data_type == "float":
            number: float = struct.unpack("<f", struct.pack("<f", float(part)))[0]  # as the column has it: not 0.1
            return number if math.isfinite(number) else part
    except (TypeError, ValueError, OverflowError, struct.error):
        return part  # of an id that somebody made up
    return part


async def texts_of(
    target: MySQLTarget, plan: TablePlan, keys: Sequence[tuple[Any, ...]], longest: int, ends: float
) -> list[tuple[tuple[Any, ...], list[str]]]:
    """Read the searched texts of rows, those with any text, each with the row's key.

    Args:
        target: The database.
        plan: Of the table; without a primary key nothing is read.
        keys: As `Hit.key` has them.
        longest: Characters after which texts are cut.
        ends: `time.monotonic()` of the deadline.

    Raises:
        TargetFailed, MySQLError: as the target does.
    """
    keys = [key for key in keys if len(key) == len(plan.key)]
    if not keys or not plan.key:
        return []
    where, values = key_condition(plan, keys)
    names = [quote_identifier(column.name) for column in plan.key]
    listed = [*names, *[f"LEFT({quote_identifier(name)}, {longest})" for name in plan.index.columns]]
    sql = f"SELECT {', '.join(listed)} FROM {table_name(plan)} WHERE {where}"
    rows = (await target.fetch(sql, values, deadline=max(ends - time.monotonic(), 0.001))).rows
    width = len(names)
    return [
        (key_of(plan, row[:width]), [text for text in row[width:] if isinstance(text, str) and text]) for row in rows
    ]
