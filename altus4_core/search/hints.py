"""What would make a search better, and what to try when it found nothing: made of what happened, hence true."""

from collections.abc import Mapping, Sequence
from typing import Any

from altus4_core.records import DatabaseOutcome, DatabaseStatus, Notice, SearchRequest

SLOW_MS = 500.0
"""Milliseconds after which a database's part of a search is called slow."""

_DROPPED = frozenset({"STOPWORD_REMOVED", "TOKEN_TOO_SHORT", "TOKEN_TOO_LONG", "NOTHING_SEARCHABLE", "QUERY_SHORTENED"})
_UNSEARCHED = frozenset({DatabaseStatus.TIMEOUT, DatabaseStatus.ERROR, DatabaseStatus.CIRCUIT_OPEN})

_RARER = "ask for words that fewer rows have, or require several (searchMode boolean: +one +two)"

Hint = Mapping[str, Any]


def connect_hint() -> Hint:
    """Say that there is nothing to search."""
    return _hint("schema", "No database is connected: connect one to have something to search.", "high")


def hints(outcomes: Sequence[DatabaseOutcome], notices: Sequence[Notice]) -> list[Hint]:
    """Give what would make this search faster or more complete."""
    found: list[Hint] = []
    seen: set[str] = set()
    for notice in notices:
        hint = _of_notice(notice)
        if hint is not None and (mark := f"{hint['description']}{hint.get('sqlSuggestion')}") not in seen:
            seen.add(mark)
            found.append(hint)
    for outcome in outcomes:
        # Why it took so long nobody here knows: a server may as well be down, or busy with something else.
        if outcome.status is DatabaseStatus.TIMEOUT:
            text = (
                f"Database '{outcome.name}' did not answer within {outcome.took_ms:.0f} ms: if it does for other words,"
            )
            found.append(_hint("query", f"{text} {_RARER}, or give it more time (timeoutMs).", "high"))
        elif outcome.took_ms >= SLOW_MS:
            text = f"Database '{outcome.name}' took {outcome.took_ms:.0f} ms: if it does each time, {_RARER}."
            found.append(_hint("query", text, "medium"))
    return found


def _hint(kind: str, description: str, impact: str, sql: str | None = None) -> Hint:
    hint = {"type": kind, "description": description, "impact": impact}
    return {**hint, "sqlSuggestion": sql} if sql else hint


def _of_notice(notice: Notice) -> Hint | None:
    remedy = notice.details.get("sqlSuggestion")
    if remedy:
        impact = "high" if notice.code == "NO_FULLTEXT_INDEX" else "medium"
        return _hint("index", notice.message, impact, remedy)
    if notice.code == "NO_FULLTEXT_INDEX":
        details = notice.details.get("details")
        first = next(iter(details), None) if isinstance(details, list | tuple) else None
        remedy = first.get("sqlSuggestion") if isinstance(first, Mapping) else None
        return _hint("index", notice.message, "high", remedy)
    if notice.code in {"COLUMNS_NOT_EXACT", "COLUMNS_NOT_INDEXED"}:
        return _hint("index", notice.message, "medium")
    if notice.code == "NO_PRIMARY_KEY":
        remedy = "Let it cover whole columns." if notice.details.get("prefixed") else "Add a primary key."
        return _hint("schema", f"{notice.message} {remedy}", "medium")
    if notice.code in _DROPPED:
        return _hint("query", notice.message, "low")
    return None


def nothing_found(request: SearchRequest, outcomes: Sequence[DatabaseOutcome], notices: Sequence[Notice]) -> Notice:
    """Say why an answer is empty, as far as that can be told, and what to try."""
    dropped: dict[str, None] = {}
    for notice in notices:
        if notice.code in _DROPPED:
            tokens = notice.details.get("tokens", ())
            dropped.update(dict.fromkeys(token for token in tokens if isinstance(token, str)))
    searched, skipped = 0, []
    for outcome in outcomes:
        if outcome.status in _UNSEARCHED:
            skipped.append({"database": outcome.id, "reason": outcome.status.value})
        elif outcome.status is DatabaseStatus.SKIPPED:
            code = outcome.error.code if outcome.error else outcome.status.value
            skipped.append({"database": outcome.id, "reason": code})
        for table in outcome.tables:
            if table.failure is not None:
                skipped.append({"database": outcome.id, "table": table.table, "reason": table.failure.code})
            elif table.index:
                searched += 1
            else:
                reason = table.notices[0].code if table.notices else "SKIPPED"
                skipped.append({"database": outcome.id, "table": table.table, "reason": reason})
    advice = list(_advice(request, searched, dropped=bool(dropped), skipped=bool(skipped)))
    parts = [f"Nothing was found in {searched} searched {'table' if searched == 1 else 'tables'}."]
    if dropped:
        shown = ", ".join(f"'{token[:60]}'" for token in list(dropped)[:5])
        parts.append(f"Not searched for: {shown}{' and more' if len(dropped) > 5 else ''}.")
    if skipped:
        parts.append(f"Not searched: {len(skipped)} {'place' if len(skipped) == 1 else 'places'}.")
    details = {"searchedTables": searched, "dropped": list(dropped), "skipped": skipped, "try": advice}
    return Notice("NOTHING_FOUND", " ".join(parts), details)


def _advice(request: SearchRequest, searched: int, *, dropped: bool, skipped: bool) -> Sequence[str]:
    found: list[str] = []
    if dropped:
        found.append("Use longer or less common words: the database's index leaves out the ones named here.")
    if request.filters is not None:
        found.append("Search without filters.")
    if request.min_score is not None:
        found.append("Search without minScore.")
    if request.columns is not None:
        found.append("Search without columns, in everything that is indexed.")
    if request.tables is not None or request.databases is not None:
        found.append("Search all databases and tables: leave out `databases` and `tables`.")
    if skipped:
        found.append("See `warnings` and `databases` for what was not searched.")
    if request.mode == "boolean":
        found.append("Require less: leave out + and NOT, or use searchMode natural.")
    elif searched:
        found.append("Check the spelling, or search for the beginning of a word: searchMode boolean with `word*`.")
    return found
