"""What a search answers: the records of the OpenAPI document. `search/answer.py` writes the JSON."""

from typing import Any, Literal

import attrs


@attrs.frozen
class TermData:
    """One word's part of a row's score: `tf` in the row, `df` rows of the `n` of the table have it."""

    term: str
    df: int
    score: float
    tf: float | None = None
    n: int | None = None


@attrs.frozen
class SourceData:
    """Why a row stands where it stands in its table's list.

    `raw_score` is the server's own number, absent where it could not be asked for, as of rows without a primary key.
    `terms` are its parts, computed anew, with 1 for each of the signs `>` that apply and -1 for each `<` and `~`
    (`signs`); `agrees` says whether they add up to it, absent where the server's formula is not reproduced (MyISAM).
    `list_score` is what the list is ranked by, and `ranking` how it
    is computed where the gateway does that. `beside` has the row's scores by further indexes of the table, which are
    not higher. `statement` found the list, and `statements` are all that were sent for it, every value masked.
    """

    index: str
    list_score: float
    raw_score: float | None = None
    rank: int | None = None
    terms: tuple[TermData, ...] = ()
    dropped: tuple[str, ...] = ()
    agrees: bool | None = None
    signs: int | None = None
    ranking: dict[str, Any] | None = None
    beside: tuple[dict[str, Any], ...] | None = None
    statement: str | None = None
    statements: tuple[str, ...] | None = None


@attrs.frozen
class ExplainData:
    """How a result's score came about; `fusion` has the method, the list's weight, the rank in it, and the rest of the
    method's arithmetic.
    """

    source: SourceData
    fusion: dict[str, Any]


@attrs.frozen
class ResultData:
    """One result. `id` is `databaseId:table:primary key`; `relevance_score` lies in 0..1.

    `highlights` has by column the HTML of its text with the matches marked, of columns that match.
    """

    id: str
    table: str
    database: str
    relevance_score: float
    matched_columns: tuple[str, ...]
    data: dict[str, Any]
    snippet: str
    categories: tuple[str, ...]
    explain: ExplainData | None = None
    highlights: dict[str, str] | None = None


@attrs.frozen
class CategoryData:
    """A group of results."""

    name: str
    count: int
    confidence: float
    source: str
    filter: dict[str, Any] | None = None


@attrs.frozen
class FacetValueData:
    """A value as results have it, null for rows without one, and how many rows have it."""

    value: Any
    count: int


@attrs.frozen
class FacetData:
    """How often the values of a column occur, the 100 most frequent ones.

    `exact`: all rows that match were counted; `sampled`: how many were.
    """

    field: str
    values: tuple[FacetValueData, ...]
    exact: bool
    sampled: int


@attrs.frozen
class SuggestionData:
    """A query worth trying."""

    text: str
    score: float
    type: Literal["spelling", "semantic", "popular", "completion"]


@attrs.frozen
class SuggestData:
    """Queries worth trying, best first."""

    suggestions: tuple[SuggestionData, ...]


@attrs.frozen
class TableData:
    """What one table gave."""

    name: str
    index: str
    matched: int | None = None


@attrs.frozen
class NoticeData:
    """A warning or a database's error; further members depend on the code."""

    code: str
    message: str


@attrs.frozen
class DatabaseData:
    """How one database fared; `took` in milliseconds."""

    id: str
    name: str
    status: Literal["ok", "partial", "timeout", "error", "skipped", "circuitOpen"]
    took: float
    returned: int
    tables: tuple[TableData, ...]
    matched: int | None = None
    error: NoticeData | None = None


@attrs.frozen
class SearchData:
    """The answer to a search; `execution_time` in milliseconds."""

    results: tuple[ResultData, ...]
    categories: tuple[CategoryData, ...]
    suggestions: tuple[SuggestionData, ...]
    query_optimization: tuple[dict[str, Any], ...]
    facets: tuple[FacetData, ...]
    total_relation: Literal["eq", "gte", "unknown"]
    execution_time: float
    page: int
    limit: int
    offset: int
    has_more: bool
    databases: tuple[DatabaseData, ...]
    complete: bool
    warnings: tuple[NoticeData, ...]
    total_count: int | None = None
    next_cursor: str | None = None
    trends: tuple[dict[str, Any], ...] | None = None
