"""Figures of the search log in memory: the plain recomputation of what `altus4_core.searchlog` describes."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from typing import Any

from altus4_core.indexgaps import MEMBER, summed
from altus4_core.searchlog import (
    CATEGORIES,
    COMPLETE,
    DAILY,
    DATABASES,
    INDEX_GAPS,
    KEYS,
    LATENCY,
    MODES,
    MOST_CATEGORIES,
    MOST_QUERIES,
    NO_RESULTS,
    POPULAR,
    ResultEvent,
    bucket_of,
)
from altus4_core.stored import SearchRow


def figure(name: str, rows: Iterable[SearchRow], events: Iterable[ResultEvent]) -> Mapping[str, Any]:
    """Compute a figure from the rows of one day and what came of them."""
    by_environment: dict[str, list[SearchRow]] = defaultdict(list)
    for row in rows:
        by_environment["test" if row.environment == "test" else "live"].append(row)
    known = list(events)
    computed = {env: _of(name, own, known) for env, own in by_environment.items()}
    return {env: part for env, part in computed.items() if part}


def _of(name: str, rows: list[SearchRow], events: list[ResultEvent]) -> dict[str, Any]:
    answered = [row for row in rows if row.error_code is None]
    if name == DAILY:
        times = [row.execution_time_ms for row in answered]
        errors = Counter(row.error_code for row in rows if row.error_code is not None)
        return {
            "searches": len(rows),
            "failed": errors.total(),
            "errors": dict(errors),
            "noResults": sum(_found_nothing(row) for row in answered),
            "unsettled": sum(not row.result_count and not _found_nothing(row) for row in answered),
            "totalMs": sum(times),
            "minMs": min(times, default=None),
            "maxMs": max(times, default=None),
            "totalResults": sum(row.result_count for row in answered),
        }
    if name == LATENCY:
        counts = Counter(bucket_of(row.execution_time_ms) for row in answered)
        return {str(bucket): counts[bucket] for bucket in sorted(counts)}
    if name in {POPULAR, NO_RESULTS}:
        return _queries([row for row in answered if name == POPULAR or _found_nothing(row)])
    if name == MODES:
        return _sums((row.search_mode, row.execution_time_ms, row) for row in rows)
    if name == KEYS:
        return _sums((row.api_key_id or "", row.execution_time_ms, row) for row in rows)
    if name == DATABASES:
        single = [(row.database_id, row.execution_time_ms, row) for row in rows if row.database_id is not None]
        return _sums([*single, *((one.id, one.execution_time_ms, row) for row in rows for one in row.databases)])
    if name == CATEGORIES:
        total: Counter[str] = Counter()
        for row in rows:
            for category in row.categories or ():
                total[category["name"]] += category["count"]
        return dict(sorted(total.items(), key=lambda item: (-item[1], item[0]))[:MOST_CATEGORIES])
    if name == INDEX_GAPS:
        return summed(
            (dict(row.search_params or {}).get(MEMBER), 1, row.execution_time_ms, int(row.created_at.timestamp()))
            for row in rows
        )
    return _clicks({row.id for row in rows}, events)


def _found_nothing(row: SearchRow) -> bool:
    return not row.result_count and (row.search_params or {}).get(COMPLETE) is not False


def _sums(triples: Iterable[tuple[str, int, SearchRow]]) -> dict[str, Any]:
    found: dict[str, list[int]] = {}
    for key, ms, row in triples:
        entry = found.setdefault(key, [0, 0, 0])
        entry[0] += 1
        entry[1] += ms if row.error_code is None else 0
        entry[2] += row.error_code is not None
    return found


def _queries(rows: list[SearchRow]) -> dict[str, Any]:
    found: dict[str, list[int]] = {}
    for row in rows:
        entry = found.setdefault(row.query, [0, 0, 0, 0])
        entry[0] += 1
        entry[1] += row.execution_time_ms
        entry[2] += row.result_count
        entry[3] = max(entry[3], int(row.created_at.timestamp()))
    ordered = sorted(found.items(), key=lambda item: (-item[1][0], item[0]))
    if not ordered:
        return {}
    below = ordered[MOST_QUERIES][1][0] if len(ordered) > MOST_QUERIES else 0
    return {"queries": [[text, *numbers] for text, numbers in ordered[:MOST_QUERIES]], "below": below}


def _clicks(ids: set[str], events: list[ResultEvent]) -> dict[str, Any]:
    own = [event for event in events if event.search_id in ids]
    clicks = [event for event in own if event.type == "click"]
    positions = [event.position for event in clicks if event.position is not None]
    if not own:
        return {}
    return {
        "searches": len({event.search_id for event in clicks}),
        "clicks": len(clicks),
        "conversions": len(own) - len(clicks),
        "positions": sum(positions),
        "positioned": len(positions),
    }
