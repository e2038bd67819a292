"""Whether what a provider returned is what its seam promises: each check gives None, or says what is wrong.

Types are looked into, because a record does not check its own members, and a wrong one would only fail where nobody
knows any more whose it is.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

import orjson

from altus4_core.explanations import Diagnosis, SourceExplanation, TableAnalysis
from altus4_core.facets import FacetCounts
from altus4_core.matches import Matches
from altus4_core.records import (
    Category,
    Finding,
    FusedHit,
    Hit,
    Identity,
    Notice,
    Severity,
    Suggestion,
    TableHits,
    Verdict,
)
from altus4_core.schema.encode import dumps

LARGEST_PIN: Final = 64 << 10  # bytes as JSON

Check = Callable[[Any], str | None]


def expect(*types: type, optional: bool = False) -> Check:
    """Make a check that a result is of one of these types (or None)."""

    def check(result: Any) -> str | None:
        if isinstance(result, types) or (optional and result is None):
            return None
        wanted = " or ".join(kind.__name__ for kind in types)
        return f"returned a {type(result).__name__}, not a {wanted}"

    return check


def each(item: type, look: Check) -> Check:
    """Make a check that a result is a list or tuple of this type, and that `look` finds nothing wrong with any."""

    def check(result: Any) -> str | None:
        if not isinstance(result, list | tuple):
            return f"returned a {type(result).__name__}, not a list of {item.__name__}"
        for element in result:
            if not isinstance(element, item):
                return f"returned a list with a {type(element).__name__} in it, not only {item.__name__}"
            if (wrong := look(element)) is not None:
                return wrong
        return None

    return check


def check_identity(result: Any) -> str | None:
    """Check what an authentication scheme returned: an identity or None."""
    if result is None:
        return None
    if not isinstance(result, Identity):
        return f"returned a {type(result).__name__}, not an Identity"
    for name in ("user_id", "scheme", "credential_id"):
        value = getattr(result, name)
        if type(value) is not str or not value:
            return f"returned an Identity without {name}"
    if not isinstance(result.permissions, frozenset):
        return "returned an Identity whose permissions are no frozenset"
    if result.databases is not None and not isinstance(result.databases, frozenset):
        return "returned an Identity whose databases are no frozenset"
    return None


def check_verdict(result: Any) -> str | None:
    """Check what a limiter returned."""
    if not isinstance(result, Verdict):
        return f"returned a {type(result).__name__}, not a Verdict"
    if type(result.allowed) is not bool:
        return "returned a Verdict whose `allowed` is no bool"
    if not (_is_whole(result.limit) and _is_whole(result.remaining) and _is_whole(result.window)):
        return "returned a Verdict with counts that are no whole numbers"
    if not (_is_number(result.reset_after) and _is_number(result.retry_after)):
        return "returned a Verdict with times that are no numbers"
    return None


def _look_at_table(table: Any) -> str | None:
    if type(table.table) is not str or not isinstance(table.hits, list | tuple):
        return "returned a TableHits without a table's name or without a list of hits"
    if table.total is not None and not _is_whole(table.total):
        return f"returned a total of {table.table!r} that is no whole number"
    if table.pin is not None and not _is_whole(table.pin) and (wrong := _look_at_pin(table)) is not None:
        return wrong
    if (wrong := _look_beside_hits(table)) is not None:
        return wrong
    for hit in table.hits:
        # Exact types first, which nearly all hits have: a call for each of three members of each hit costs more.
        if type(hit) is Hit and type(hit.score) is float and type(hit.data) is dict and type(hit.key) is tuple:
            if not math.isfinite(hit.score):
                return f"returned a Hit of {table.table!r} whose score is no number"
            continue
        if not isinstance(hit, Hit):
            return f"returned a {type(hit).__name__} among the hits of {table.table!r}, not a Hit"
        if not (_is_kind(hit.data, Mapping) and _is_number(hit.score) and _is_kind(hit.key, tuple)):
            return f"returned a Hit of {table.table!r} whose score, key or data is of a wrong type"
    try:
        hash(tuple([hit.key for hit in table.hits]))
    except TypeError:
        return f"returned a Hit of {table.table!r} whose key has a part that cannot be hashed"
    told = [(notice.code, notice.message, notice.details) for notice in (*table.notices, table.failure) if notice]
    rows = [(hit.key, hit.data, hit.matched_columns, hit.snippet, hit.highlights) for hit in table.hits]
    return _sendable([table.table, table.index, told, rows])


def _look_beside_hits(table: TableHits) -> str | None:
    if table.facets and (wrong := _look_at_facets(table.facets)) is not None:
        return wrong
    if table.scales and not all(isinstance(scale, str | None) for scale in table.scales):
        return f"returned scales of {table.table!r} that are no texts"
    if table.failure is not None and not isinstance(table.failure, Notice):
        return f"returned a failure of {table.table!r} that is no Notice"
    return None


def _look_at_pin(table: TableHits) -> str | None:
    try:
        size = len(orjson.dumps(table.pin))
    except TypeError:
        return f"returned a pin of {table.table!r} that is not JSON-ready"
    return f"returned a pin of {table.table!r} of more than {LARGEST_PIN} bytes" if size > LARGEST_PIN else None


def _look_at_facets(facets: Any) -> str | None:
    if not isinstance(facets, Mapping):
        return "returned facets that are no mapping"
    for name, counts in facets.items():
        if type(name) is not str or not isinstance(counts, FacetCounts) or not _is_whole(counts.sampled):
            return "returned facets without a column's name, or counts that are no FacetCounts"
        values: Sequence[Any] = counts.values
        if not all(isinstance(pair, tuple) and len(pair) == 2 and _is_whole(pair[1]) for pair in values):
            return f"returned values of {name!r} that are no pairs of a value and a whole number"
        if (wrong := _sendable(values)) is not None:
            return wrong
        if counts.fold is not None and not _folds(
            [value for value, _ in values if isinstance(value, str)], counts.fold
        ):
            return f"returned counts of {name!r} whose fold does not give a text for each text"
    return None


def _folds(texts: Sequence[str], fold: Callable[[str], Any]) -> bool:
    try:
        return all(isinstance(fold(text), str) for text in ("", *texts))
    except Exception:  # noqa: BLE001 -- whatever a foreign function does
        return False


def check_matches(result: Any) -> str | None:
    """Check what a hit said about its matches: texts and places in them, by column."""
    if not isinstance(result, Mapping):
        return f"returned matches that are a {type(result).__name__}, not a mapping"
    for column, matches in result.items():
        if type(column) is not str or not isinstance(matches, Matches) or type(matches.text) is not str:
            return "returned matches without a column's name or its text"
        spans: Sequence[Any] = matches.spans
        if not all(isinstance(span, tuple) and len(span) == 2 and all(map(_is_whole, span)) for span in spans):
            return f"returned matches of {column!r} whose spans are no pairs of whole numbers"
    return _sendable([(column, matches.text) for column, matches in result.items()])


def check_fused(result: Any) -> str | None:
    """Check what a fusion returned."""
    if isinstance(result, list | tuple):
        for fused in result:
            # A loop of its own, and exact types first: this is looked at for every hit of every search.
            if type(fused) is not FusedHit or type(fused.hit) is not Hit or type(fused.score) is not float:
                break
            if not math.isfinite(fused.score):
                break
        else:
            return None
    return _check_any_fused(result)


def _look_at_fused(fused: Any) -> str | None:
    if not isinstance(fused.hit, Hit) or not _is_number(fused.score):
        return "returned a FusedHit whose hit or score is of a wrong type"
    return None


def _look_at_category(category: Any) -> str | None:
    if type(category.name) is not str:
        return f"returned a Category whose name is a {type(category.name).__name__}, not a str"
    if not _is_whole(category.count):
        return f"returned a Category whose count is a {type(category.count).__name__}, not a whole number"
    if not _is_number(category.confidence):
        return f"returned a Category whose confidence is a {type(category.confidence).__name__}, not a finite number"
    if category.filter is not None and not isinstance(category.filter, Mapping):
        return "returned a Category whose filter is no mapping"
    if not isinstance(category.members, frozenset):
        return "returned a Category whose members are no frozenset"
    return _sendable([category.name, category.source, category.filter])


def _look_at_suggestion(suggestion: Any) -> str | None:
    if type(suggestion.text) is not str:
        return f"returned a Suggestion whose text is a {type(suggestion.text).__name__}, not a str"
    if not isinstance(suggestion.type, str):
        return f"returned a Suggestion whose type is a {type(suggestion.type).__name__}, not a str"
    if not _is_number(suggestion.score):
        return f"returned a Suggestion whose score is a {type(suggestion.score).__name__}, not a finite number"
    return _sendable([suggestion.text, suggestion.type])


def _look_at_finding(finding: Any) -> str | None:
    if not isinstance(finding.severity, Severity) or not isinstance(finding.message, str):
        return "returned a Finding whose severity or message is of a wrong type"
    return None


def _look_at_analysis(analysis: Any) -> str | None:
    if type(analysis.table) is not str or not isinstance(analysis.terms, Mapping) or not _is_number(analysis.seconds):
        return "returned a TableAnalysis whose table, terms or seconds are of a wrong type"
    return _sendable([analysis.index, analysis.statement, list(analysis.plan), dict(analysis.terms), analysis.rows])


def check_explanations(result: Any) -> str | None:
    """Check what a mode returned as explanations: by table and key."""
    if not isinstance(result, Mapping):
        return f"returned a {type(result).__name__}, not a mapping"
    for rows in result.values():
        if not isinstance(rows, Mapping):
            return "returned explanations of a table that are no mapping"
        for row in rows.values():
            if not isinstance(row, SourceExplanation) or not _is_number(row.raw_score):
                return "returned an explanation that is no SourceExplanation, or without a score"
    return None


def check_arithmetic(hits: int) -> Check:
    """Make a check of what a fusion tells of so many hits: a mapping for each, that can be sent as JSON."""

    def check(result: Any) -> str | None:
        if not isinstance(result, list | tuple) or not all(isinstance(each, Mapping) for each in result):
            return "returned no list of mappings"
        if len(result) != hits:
            return f"explained {len(result)} of {hits} hits"
        return _sendable([dict(each) for each in result])

    return check


def check_diagnosis(result: Any) -> str | None:
    """Check what a mode said about one row."""
    if not isinstance(result, Diagnosis) or type(result.reason) is not str or type(result.message) is not str:
        return "returned something else than a Diagnosis with a reason and a message"
    return _sendable(dict(result.details))


check_analyses = each(TableAnalysis, _look_at_analysis)
check_hits = each(TableHits, _look_at_table)
_check_any_fused = each(FusedHit, _look_at_fused)
check_categories = each(Category, _look_at_category)
check_suggestions = each(Suggestion, _look_at_suggestion)
_check_finding_list = each(Finding, _look_at_finding)


def check_findings(result: Any) -> str | None:
    """Check what a doctor's check returned: one finding, or a list of them."""
    return _check_finding_list([result] if isinstance(result, Finding) else result)


def check_mapping(result: Any) -> str | None:
    """Check a description: a mapping that can be sent as JSON."""
    if not isinstance(result, Mapping):
        return f"returned a {type(result).__name__}, not a mapping"
    return _sendable(dict(result))


def _sendable(value: Sequence[Any] | Mapping[str, Any]) -> str | None:
    try:
        dumps(value)
    except Exception:  # noqa: BLE001 -- whatever a foreign object does when it is looked at
        return "returned something that cannot be sent as JSON"
    return None


def _is_kind(value: Any, kind: type) -> bool:
    return isinstance(value, kind)


def _is_number(value: Any) -> bool:
    return (type(value) is float or isinstance(value, int | float)) and math.isfinite(value)


def _is_whole(value: Any) -> bool:
    return type(value) is int
