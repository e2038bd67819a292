"""What a search may ask for, and its way into a `SearchRequest`."""

import unicodedata
from collections.abc import Callable, Mapping
from typing import Any, Literal

import attrs

from altus4_core.errors import FieldProblem, InvalidJSON, ValidationFailed
from altus4_core.http.search.filterlanguage import read_filters
from altus4_core.http.search.highlight import LONGEST_CROP, LONGEST_TAG, MOST_HIGHLIGHTED, HighlightBody, read_highlight
from altus4_core.http.search.wishes import MOST_FACETS, MOST_FIELDS, MOST_SORT_KEYS, read_names, read_sort
from altus4_core.records import FusionChoice, SearchRequest
from altus4_core.schema.decode import field
from altus4_core.schema.json_body import parse_json
from altus4_core.search.cursors import LONGEST_CURSOR
from altus4_core.settings.core import SearchSettings

MOST_ROWS = 1000
LONGEST_QUERY = 500
LONGEST_BEGINNING = 100
MOST_WEIGHTS = 64
LARGEST_WEIGHT = 1000.0


@attrs.frozen
class FusionBody:
    """How the lists of all tables become one."""

    method: str | None = field(
        None, doc="rrf (ranks), relative (scores), globalIdf (BM25 over all tables), or a plugin's.", max_length=64
    )
    weights: dict[str, float] = field(
        factory=dict, doc="How much each database's results count, by id; 1 for those not named."
    )


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
    fusion: FusionBody = field(factory=FusionBody, doc="How the lists of all tables become one.")
    suggestions: Literal["auto", "always", "none"] = field(
        "auto", doc="Whether to propose other queries; auto: when there are few results."
    )
    cache: Literal["default", "bypass"] = field(
        "default", doc="bypass: run this search anew even if the same one runs already or its answer is kept."
    )
    explain: bool = field(False, doc="Show how each result's score came about.")
    hybrid: dict[str, Any] | None = field(None, doc="Options of modes that have some, see /api/v1/capabilities.")
    cursor: str | None = field(
        None,
        doc="nextCursor of the page before; everything else as in the request it came with.",
        min_length=1,
        max_length=LONGEST_CURSOR,
    )
    filters: dict[str, Any] | None = field(
        None,
        doc='Conditions on columns: {"price": {"gte": 5, "lt": 10}, "or": [{"lang": "en"}, {"lang": null}], '
        '"not": {"archived": true}}. Operators: eq ne lt lte gt gte in nin between prefix isNull; a value alone is eq, '
        "null isNull, a list in. table.column concerns that table alone.",
    )
    fields: tuple[str, ...] | None = field(
        None, doc="Columns of data; absent: all but binary ones.", min_length=1, max_length=MOST_FIELDS
    )
    sort: tuple[str, ...] | None = field(
        None,
        doc='Order: columns and relevance, as ["price:asc", "relevance:desc"]; rows without a value come last.',
        max_length=MOST_SORT_KEYS,
    )
    min_score: float | None = field(None, doc="Leave out results with a lower relevanceScore.", min=0, max=1)
    facets: tuple[str, ...] | None = field(
        None,
        doc="Columns whose values are counted in what the query finds, spelt as in filters.",
        max_length=MOST_FACETS,
    )
    facet_mode: Literal["sample", "exact"] = field(
        "sample",
        doc="sample: count in the first 1,000 rows of each table; exact: in all, where that is not too dear.",
    )
    highlight: bool | HighlightBody | None = field(
        None, doc="Mark in the results what matched: true, or how. The texts are HTML, everything but the tags escaped."
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
    include_analytics: bool = field(False, doc="Add trends and hints to the answer.")
    totals: Literal["exact", "estimated", "none"] = field("estimated", doc="How exactly to count.")
    timeout_ms: int | None = field(None, doc="Deadline in milliseconds.", min=10)
    partial: Literal["allow", "fail"] = field("allow", doc="Whether a part of the answer is better than none.")
    categories: bool = field(True, doc="Whether to group the results.")
    ranking: Literal["bm25", "mysql"] | None = field(None, doc="Who ranks: the gateway or the server.")
    fusion: str | None = field(None, doc="rrf, relative, globalIdf, or a plugin's.", max_length=64)
    suggestions: Literal["auto", "always", "none"] = field("auto", doc="Whether to propose other queries.")
    cache: Literal["default", "bypass"] = field("default", doc="bypass: run this search anew.")
    explain: bool = field(False, doc="Show how each result's score came about.")
    cursor: str | None = field(None, doc="nextCursor of the page before.", min_length=1, max_length=LONGEST_CURSOR)
    filters: str | None = field(None, doc='Conditions on columns, the JSON that a body has: {"price": {"lt": 10}}.')
    fields: tuple[str, ...] | None = field(None, doc="Columns of data.", min_length=1, max_length=MOST_FIELDS)
    sort: tuple[str, ...] | None = field(None, doc="Order, as price:asc.", max_length=MOST_SORT_KEYS)
    min_score: float | None = field(None, doc="Leave out results with a lower relevanceScore.", min=0, max=1)
    facets: tuple[str, ...] | None = field(None, doc="Columns whose values are counted.", max_length=MOST_FACETS)
    facet_mode: Literal["sample", "exact"] = field("sample", doc="Count in the first rows, or in all.")
    highlight: bool = field(False, doc="Mark in the results what matched; the texts are HTML.")
    highlight_columns: tuple[str, ...] | None = field(
        None, name="highlight.columns", doc="Columns to mark.", min_length=1, max_length=MOST_HIGHLIGHTED
    )
    pre_tag: str | None = field(None, name="highlight.preTag", doc="Before a match.", max_length=LONGEST_TAG)
    post_tag: str | None = field(None, name="highlight.postTag", doc="Behind a match.", max_length=LONGEST_TAG)
    crop_length: int | None = field(
        None, name="highlight.cropLength", doc="Characters shown around the first match.", min=1, max=LONGEST_CROP
    )

    def body(self) -> SearchBody:
        """Give the same search as a body.

        Raises:
            ValidationFailed: the filters are not the JSON of an object.
        """
        given = {name: getattr(self, name) for name in _SHARED}
        how = HighlightBody(self.highlight_columns, self.pre_tag, self.post_tag, self.crop_length)
        highlight = how if how != HighlightBody() else self.highlight
        filters = None if self.filters is None else _parsed(self.filters)
        return SearchBody(query=self.q, fusion=FusionBody(self.fusion), highlight=highlight, filters=filters, **given)


def _parsed(filters: str) -> dict[str, Any]:
    try:
        value = parse_json(filters.encode(errors="surrogatepass"))
    except InvalidJSON:
        value = None
    if not isinstance(value, dict):
        message = 'must be a JSON object as in a body, percent-encoded: {"price": {"lt": 10}}'
        raise ValidationFailed.of([FieldProblem("filters", message, "json")])
    return value


_APART = frozenset({"q", "fusion", "filters", "highlight", "highlight_columns", "pre_tag", "post_tag", "crop_length"})
_SHARED = tuple(one.name for one in attrs.fields(SearchQuery) if one.name not in _APART)


@attrs.frozen
class SuggestQuery:
    """What is known of a query so far."""

    query: str = field(doc="The text so far.", min_length=1, max_length=LONGEST_BEGINNING)
    databases: tuple[str, ...] | None = field(None, doc="Ids to search.", max_length=64)
    tables: tuple[str, ...] | None = field(None, doc="Tables.", max_length=256)
    search_mode: str | None = field(None, doc="The mode that will search for what is proposed.", max_length=64)


def read_request(
    body: SearchBody, settings: SearchSettings, options: Any = None, fusion: str | None = None
) -> SearchRequest:
    """Turn a decoded body into a request.

    Args:
        body: As decoded.
        settings: Defaults and bounds.
        options: The mode's own, read from `hybrid`.
        fusion: The one for a body that names none.

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
    if body.fusion.weights:
        problems += _wrong_weights(body.fusion.weights)
    wishes, wrong = _wishes(body)
    if problems or wrong:
        raise ValidationFailed.of([*problems, *wrong])
    method = fusion if body.fusion.method is None else body.fusion.method
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
        fusion=FusionChoice(method, body.fusion.weights),
        suggestions=body.suggestions,
        cache=body.cache,
        explain=body.explain,
        facet_mode=body.facet_mode,
        cursor=body.cursor,
        options=options,
        **wishes,
    )


def _wishes(body: SearchBody) -> tuple[dict[str, Any], list[FieldProblem]]:
    """Read what is asked for beside the query; a search without any of it pays nothing for it."""
    readers: dict[str, Callable[[], Any]] = {}
    if body.filters is not None:
        readers["filters"] = lambda: read_filters(body.filters)
    if body.fields is not None:
        readers["fields"] = lambda: read_names("fields", body.fields)
    if body.sort is not None:
        readers["sort"] = lambda: read_sort(body.sort)
    if body.facets:
        readers["facets"] = lambda: read_names("facets", body.facets)
    if body.highlight:
        readers["highlight"] = lambda: read_highlight(body.highlight)
    found: dict[str, Any] = {"min_score": body.min_score}
    problems: list[FieldProblem] = []
    for name, read in readers.items():
        try:
            found[name] = read()
        except ValidationFailed as error:
            problems += [FieldProblem(**details) for details in error.details]
    return found, problems


def _wrong_weights(weights: Mapping[str, float]) -> list[FieldProblem]:
    if len(weights) > MOST_WEIGHTS:
        return [FieldProblem("fusion.weights", f"must name at most {MOST_WEIGHTS} databases", "max_length")]
    return [
        FieldProblem(f"fusion.weights.{database_id[:60]}", f"must be above 0 and at most {LARGEST_WEIGHT:g}", "range")
        for database_id, weight in weights.items()
        if not 0 < weight <= LARGEST_WEIGHT
    ]
