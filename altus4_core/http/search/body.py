"""What a search may ask for, and its way into a `SearchRequest`."""

import unicodedata
from typing import Literal

import attrs

from altus4_core.errors import FieldProblem, ValidationFailed
from altus4_core.records import SearchRequest
from altus4_core.schema.decode import field
from altus4_core.settings.core import SearchSettings

MOST_ROWS = 1000
LONGEST_QUERY = 500
LONGEST_BEGINNING = 100


@attrs.frozen
class SearchBody:
    """One search."""

    query: str = field(doc=f"What to find: 1..{LONGEST_QUERY} characters after NFC and trimming.", max_length=4000)
    databases: tuple[str, ...] | None = field(None, doc="Ids to search; all visible ones when absent.", max_length=64)
    tables: tuple[str, ...] | None = field(
        None, doc="Tables; every one with a FULLTEXT index when absent.", max_length=256
    )
    columns: tuple[str, ...] | None = field(None, doc="Columns to search in.", max_length=64)
    search_mode: str | None = field(None, doc="natural, boolean, or any registered mode.", max_length=64)
    limit: int = field(20, doc="Results on a page.", min=1, max=100)
    offset: int = field(0, doc="Results to skip; offset + limit at most 1,000.", min=0, max=MOST_ROWS)
    include_analytics: bool = field(False, doc="Add trends and hints to the answer.")
    totals: Literal["exact", "estimated", "none"] = field("estimated", doc="How exactly to count.")
    timeout_ms: int | None = field(None, doc="Deadline in milliseconds.", min=10)
    partial: Literal["allow", "fail"] = field("allow", doc="Whether a part of the answer is better than none.")
    categories: bool = field(True, doc="Whether to group the results.")
    ranking: Literal["bm25", "mysql"] | None = field(
        None,
        doc="bm25: in the gateway, with statistics of sampled rows, other forms of the words included; "
        "mysql: the server's own order. Absent: bm25 for natural, mysql for boolean.",
    )


@attrs.frozen
class SearchQuery:
    """`GET /api/v1/search?q=`: the same, in the query string."""

    q: str = field(doc="What to find.", max_length=4000)
    databases: tuple[str, ...] | None = field(None, doc="Ids to search.", max_length=64)
    tables: tuple[str, ...] | None = field(None, doc="Tables.", max_length=256)
    columns: tuple[str, ...] | None = field(None, doc="Columns to search in.", max_length=64)
    search_mode: str | None = field(None, doc="natural, boolean, or any registered mode.", max_length=64)
    limit: int = field(20, doc="Results on a page.", min=1, max=100)
    offset: int = field(0, doc="Results to skip.", min=0, max=MOST_ROWS)


@attrs.frozen
class SuggestQuery:
    """What is known of a query so far."""

    query: str = field(doc="The text so far.", min_length=1, max_length=LONGEST_BEGINNING)
    databases: tuple[str, ...] | None = field(None, doc="Ids to search.", max_length=64)
    tables: tuple[str, ...] | None = field(None, doc="Tables.", max_length=256)


def read_request(body: SearchBody, settings: SearchSettings) -> SearchRequest:
    """Turn a decoded body into a request.

    Raises:
        ValidationFailed: naming every member that is wrong.
    """
    query = unicodedata.normalize("NFC", body.query).strip()
    problems = []
    if not 1 <= len(query) <= LONGEST_QUERY:
        problems.append(FieldProblem("query", f"must have 1 to {LONGEST_QUERY} characters", "length"))
    if body.offset + body.limit > MOST_ROWS:
        problems.append(FieldProblem("offset", f"offset + limit must be at most {MOST_ROWS}", "too_deep"))
    most = settings.max_timeout_ms
    if body.timeout_ms is not None and body.timeout_ms > most:
        problems.append(FieldProblem("timeoutMs", f"must be at most {most}", "max"))
    for name, listed in (("databases", body.databases), ("tables", body.tables), ("columns", body.columns)):
        if listed is not None and not listed:
            problems.append(FieldProblem(name, "must not be empty; leave it out for all", "min_length"))
    if problems:
        raise ValidationFailed.of(problems)
    return SearchRequest(
        query=query,
        mode=body.search_mode or settings.default_mode,
        databases=body.databases,
        tables=body.tables,
        columns=body.columns,
        limit=body.limit,
        offset=body.offset,
        totals=body.totals,
        timeout_ms=body.timeout_ms or settings.timeout_ms,
        partial=body.partial,
        include_analytics=body.include_analytics,
        categories=body.categories,
        ranking=body.ranking,
    )
