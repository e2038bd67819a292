"""Figures of the search log, computed by the server from its rows: `altus4_core.searchlog` says what each holds."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import date
from typing import Any, Final

from altus4_mysql import Scalar

from altus4_core.indexgaps import MEMBER, summed
from altus4_core.searchlog import (
    CATEGORIES,
    CLICKS,
    COMPLETE,
    DAILY,
    DATABASES,
    FINE_BITS,
    INDEX_GAPS,
    KEYS,
    LATENCY,
    MODES,
    MOST_CATEGORIES,
    MOST_QUERIES,
    NO_RESULTS,
    POPULAR,
    Span,
)
from altus4_metadata_mysql.values import from_json, to_time

Fetch = Callable[[str, Sequence[Scalar]], Awaitable[Any]]
Figures = dict[date, dict[str, Any]]

DAY: Final = "DATE(s.created_at) AS d, IF(s.environment = 'test', 'test', 'live') AS e"
ANSWERED: Final = "s.error_code IS NULL"
ANSWERED_TIMES: Final = f"SUM(IF({ANSWERED}, s.execution_time_ms, 0)), SUM(s.error_code IS NOT NULL)"
TIMES: Final = f"COUNT(*), {ANSWERED_TIMES}"
# JSON is read of the rows alone that have found nothing: it is most of what a row costs.
UNSETTLED: Final = f"(s.result_count = 0 AND JSON_CONTAINS(s.search_params, 'false', '$.{COMPLETE}') IS TRUE)"
SHIFT: Final = f"GREATEST(LENGTH(BIN(s.execution_time_ms)) - {FINE_BITS}, 0)"

# Texts, categories and names of tables are told apart by their code points, not as a collation compares them.
PLAIN: Final = {
    DAILY: f"SELECT {DAY}, s.error_code, COUNT(*), SUM(s.result_count = 0), SUM({UNSETTLED}), SUM(s.execution_time_ms),"
    " MIN(s.execution_time_ms), MAX(s.execution_time_ms), SUM(s.result_count)"
    " FROM searches s WHERE {where} GROUP BY d, e, s.error_code",
    LATENCY: f"SELECT {DAY}, s.execution_time_ms >> {SHIFT} << {SHIFT} AS b, COUNT(*)"
    f" FROM searches s WHERE {{where}} AND {ANSWERED} GROUP BY d, e, b ORDER BY b",
    MODES: f"SELECT {DAY}, s.search_mode, s.mode_name, {TIMES}"
    " FROM searches s WHERE {where} GROUP BY d, e, s.search_mode, s.mode_name",
    KEYS: f"SELECT {DAY}, COALESCE(s.api_key_id, '') AS k, {TIMES} FROM searches s WHERE {{where}} GROUP BY d, e, k",
    CATEGORIES: f"SELECT {DAY}, c.name COLLATE utf8mb4_bin AS n, SUM(c.number) FROM searches s,"
    " JSON_TABLE(s.categories, '$[*]' COLUMNS (name VARCHAR(255) PATH '$.name', number INT PATH '$.count')) c"
    " WHERE {where} AND s.categories IS NOT NULL AND c.name IS NOT NULL GROUP BY d, e, n",
    CLICKS: f"SELECT {DAY}, COUNT(DISTINCT IF(v.event_type = 'click', s.id, NULL)), SUM(v.event_type = 'click'),"
    " SUM(v.event_type = 'conversion'), COALESCE(SUM(IF(v.event_type = 'click', v.position, 0)), 0),"
    " COUNT(IF(v.event_type = 'click', v.position, NULL))"
    " FROM searches s JOIN search_events v ON v.search_id = s.id WHERE {where} GROUP BY d, e",
}
ONE_DATABASE: Final = (
    f"SELECT {DAY}, s.database_id AS k, {TIMES} FROM searches s"
    " WHERE {where} AND s.database_id IS NOT NULL GROUP BY d, e, k"
)
SEVERAL_DATABASES: Final = (
    f"SELECT {DAY}, p.database_id AS k, COUNT(*), SUM(IF({ANSWERED}, p.execution_time_ms, 0)),"
    " SUM(s.error_code IS NOT NULL)"
    " FROM searches s JOIN search_databases p ON p.search_id = s.id"
    " WHERE {where} AND s.database_id IS NULL GROUP BY d, e, k"
)
# Searches that missed the same indexes are counted together by the server, and taken apart here.
GAPS: Final = (
    f"SELECT {DAY}, CAST(JSON_EXTRACT(s.search_params, '$.{MEMBER}') AS CHAR) COLLATE utf8mb4_bin AS g,"
    " COUNT(*), SUM(s.execution_time_ms), UNIX_TIMESTAMP(MAX(s.created_at)) FROM searches s"
    f" WHERE {{where}} AND JSON_EXTRACT(s.search_params, '$.{MEMBER}') IS NOT NULL GROUP BY d, e, g"
)
QUERIES: Final = (
    "SELECT d, e, q, n, ms, results, last FROM"
    " (SELECT g.*, ROW_NUMBER() OVER (PARTITION BY d, e ORDER BY n DESC, q) AS r"
    f" FROM (SELECT {DAY}, s.query COLLATE utf8mb4_bin AS q, COUNT(*) AS n, SUM(s.execution_time_ms) AS ms,"
    " SUM(s.result_count) AS results, UNIX_TIMESTAMP(MAX(s.created_at)) AS last"
    " FROM searches s WHERE {where} GROUP BY d, e, q) g) t"
    f" WHERE r <= {MOST_QUERIES + 1} ORDER BY d, e, r"
)
NOTHING_FOUND: Final = f" AND s.result_count = 0 AND NOT {UNSETTLED}"
CLICK_PARTS: Final = ("searches", "clicks", "conversions", "positions", "positioned")
DAILY_PARTS: Final = ("noResults", "unsettled", "totalMs", "minMs", "maxMs", "totalResults")
NOTHING_ANSWERED: Final = {
    "noResults": 0,
    "unsettled": 0,
    "totalMs": 0,
    "minMs": None,
    "maxMs": None,
    "totalResults": 0,
}


async def compute(fetch: Fetch, user_id: str | None, name: str, spans: Sequence[Span]) -> Mapping[date, Any]:
    """Compute a figure for each day of the spans that has rows."""
    if not spans:
        return {}
    ranges = " OR ".join(["(s.created_at >= %s AND s.created_at < %s)"] * len(spans))
    params: list[Scalar] = [to_time(moment) for span in spans for moment in span]
    where = f"({ranges})"
    if user_id is not None:
        where = f"s.user_id = %s AND {where}"
        params.insert(0, user_id)
    if name in {POPULAR, NO_RESULTS}:
        narrowed = f"{where} AND {ANSWERED}{NOTHING_FOUND if name == NO_RESULTS else ''}"
        return _queries(await fetch(QUERIES.replace("{where}", narrowed), params))
    if name == INDEX_GAPS:
        return _gaps(await fetch(GAPS.replace("{where}", where), params))
    found: Figures = {}
    if name == DATABASES:
        for sql in (ONE_DATABASE, SEVERAL_DATABASES):
            for day, env, key, *numbers in await fetch(sql.replace("{where}", where), params):
                _add(_part(found, day, env), key, numbers)
        return found
    for row in await fetch(PLAIN[name].replace("{where}", where), params):
        _take(name, _part(found, row[0], row[1]), row[2:])
    return _largest(found) if name == CATEGORIES else found


def _take(name: str, part: dict[str, Any], values: Sequence[Any]) -> None:
    """Put a row, but for its day and environment, into a part of a figure."""
    if name == DAILY:
        _add_day(part, values[0], list(map(int, values[1:])))
    elif name == CLICKS:
        part.update(zip(CLICK_PARTS, map(int, values), strict=True))
    elif name == MODES:
        _add(part, values[0] or values[1] or "", values[2:])
    elif name == KEYS:
        _add(part, values[0], values[1:])
    elif name == LATENCY:
        part[str(int(values[0]))] = int(values[1])
    else:
        part[values[0]] = int(values[1] or 0)


def _part(found: Figures, day: date, env: str) -> dict[str, Any]:
    part: dict[str, Any] = found.setdefault(day, {}).setdefault(env, {})
    return part


def _add(part: dict[str, Any], key: str, numbers: Sequence[Any]) -> None:
    before = part.get(key, (0, 0, 0))
    part[key] = [one + int(more) for one, more in zip(before, numbers, strict=True)]


def _add_day(part: dict[str, Any], code: str | None, numbers: Sequence[int]) -> None:
    """Add a day's searches that ended in one way: with an answer, or with an error of this code."""
    if not part:
        part.update(searches=0, failed=0, errors={}, **NOTHING_ANSWERED)
    part["searches"] += numbers[0]
    if code is None:
        part.update(zip(DAILY_PARTS, numbers[1:], strict=True))
        part["noResults"] -= part["unsettled"]
    else:
        part["failed"] += numbers[0]
        part["errors"][code] = numbers[0]


def _queries(rows: Any) -> Mapping[date, Any]:
    found: Figures = {}
    for day, env, text, count, ms, results, last in rows:
        part = found.setdefault(day, {}).setdefault(env, {"queries": [], "below": 0})
        if len(part["queries"]) == MOST_QUERIES:
            part["below"] = int(count)
        else:
            part["queries"].append([text, int(count), int(ms), int(results), int(last)])
    return found


def _gaps(rows: Any) -> Mapping[date, Any]:
    groups: dict[tuple[date, str], list[tuple[Any, int, int, int]]] = {}
    for day, env, text, count, ms, last in rows:
        groups.setdefault((day, env), []).append((from_json(text), int(count), int(ms), int(last)))
    found: Figures = {}
    for (day, env), group in groups.items():
        part = summed(group)
        if part:
            found.setdefault(day, {})[env] = part
    return found


def _largest(found: Figures) -> Figures:
    return {
        day: {
            env: dict(sorted(part.items(), key=lambda item: (-item[1], item[0]))[:MOST_CATEGORIES])
            for env, part in parts.items()
        }
        for day, parts in found.items()
    }
