"""The values that travel through the gateway. All are frozen; none knows where it came from.

Times are timezone-aware UTC `datetime`s unless a name says otherwise (`_ms`: milliseconds).
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from typing import Any, Literal

import attrs

from altus4_core.facets import FacetCounts, Fold
from altus4_core.filters import Filter, Misfit
from altus4_core.matches import Matches

# Percent signs in front of what separates the parts of a result's id, so that no two rows share one.
_IN_TABLE = str.maketrans({"%": "%25", ":": "%3A"})
_IN_KEY = str.maketrans({"%": "%25", ",": "%2C"})

Environment = Literal["test", "live"]
Permission = Literal["search", "analytics", "admin"]


@attrs.frozen
class RateLimit:
    """A quota: `requests_per_hour` sustained, `burst` at once."""

    requests_per_hour: int
    burst: int


@attrs.frozen
class Identity:
    """Who calls, as an authentication scheme established it.

    `databases` confines the caller to these ids (None: all of the user's own). `environment` is set for
    keys bound to test or live databases. `expires_at` is when a cached copy stops being valid. `limited_as` says
    what a limiter counts: the credential (`key`) or the user (`account`).
    """

    user_id: str
    scheme: str
    credential_id: str
    name: str = ""
    role: str = "user"
    permissions: frozenset[str] = frozenset()
    environment: Environment | None = None
    databases: frozenset[str] | None = None
    tier: str = "free"
    rate_limit: RateLimit | None = None
    expires_at: datetime | None = None
    limited_as: Literal["key", "account"] = "key"


@attrs.frozen
class AuthRequest:
    """What an authentication scheme may look at: never the body."""

    method: str
    path: str
    headers: Mapping[str, str]
    cookies: Mapping[str, str]
    remote: str


@attrs.frozen
class Action:
    """A protected operation: its stable name (`search.run`) and the permission it needs (None: any identity).

    `whole_account`: it shows or does what concerns all databases of the account alike. Callers that are confined to
    some (`Identity.databases`) are refused, whatever policies say.
    """

    name: str
    permission: str | None = None
    role: str | None = None
    whole_account: bool = False


@attrs.frozen
class Verdict:
    """A limiter's answer. Times in seconds from now."""

    allowed: bool
    limit: int = 0
    remaining: int = 0
    reset_after: float = 0.0
    retry_after: float = 0.0
    window: int = 3600
    tier: str = ""
    policy: str = "default"


@attrs.frozen
class Subject:
    """What is limited: a key, an account or an address."""

    kind: Literal["key", "account", "address"]
    id: str
    tier: str = "free"
    custom: RateLimit | None = None


@attrs.frozen
class Notice:
    """A warning inside an answer: a stable code, a sentence, and whatever else helps."""

    code: str
    message: str
    details: Mapping[str, Any] = attrs.field(factory=dict)


@attrs.frozen
class SortKey:
    """One key of an order: a column, or `relevance` (the score) when `table` is None."""

    column: str
    descending: bool = False
    table: str | None = None


@attrs.frozen
class Highlight:
    """How matches are marked in the texts of a result.

    `columns` are names as `columnnames` reads them, None: all that match. `crop_length` in characters; None: the whole
    text.
    """

    columns: tuple[str, ...] | None = None
    pre_tag: str = "<mark>"
    post_tag: str = "</mark>"
    crop_length: int | None = None


@attrs.frozen
class FusionChoice:
    """Which fusion merges the lists (None: the configured one), and the weights of databases by id."""

    method: str | None = None
    weights: Mapping[str, float] = attrs.field(factory=dict, hash=False)


@attrs.frozen
class SearchRequest:
    """One validated search. `options` is the mode's own options record, or None.

    `ranking` None means what the mode does by itself; `min_score` is compared with the fused score in 0..1.
    `pins` has what the lists of earlier pages were ranked with: what `TableHits.pin` said, by `databaseId:table`.
    `consumed` tells, by the same names, how many rows of a list earlier pages gave out; it is set only with a cursor,
    and then bounds what is needed of each list (`depth_of`).
    """

    query: str
    mode: str = "natural"
    databases: tuple[str, ...] | None = None
    tables: tuple[str, ...] | None = None
    columns: tuple[str, ...] | None = None
    limit: int = 20
    offset: int = 0
    totals: Literal["exact", "estimated", "none"] = "estimated"
    timeout_ms: int = 2000
    partial: Literal["allow", "fail"] = "allow"
    include_analytics: bool = False
    categories: bool = True
    suggestions: Literal["auto", "always", "none"] = "auto"
    filters: Filter | None = None
    fields: tuple[str, ...] | None = None
    sort: tuple[SortKey, ...] = ()
    min_score: float | None = None
    facets: tuple[str, ...] = ()
    facet_mode: Literal["sample", "exact"] = "sample"
    highlight: Highlight | None = None
    ranking: Literal["bm25", "mysql"] | None = None
    fusion: FusionChoice = FusionChoice()
    explain: bool = False
    cache: Literal["default", "bypass"] = "default"
    cursor: str | None = None
    pins: Mapping[str, Any] = attrs.field(factory=dict, hash=False)
    consumed: Mapping[str, int] = attrs.field(factory=dict, hash=False)
    options: Any = None

    @property
    def depth(self) -> int:
        """How many rows of the merged list are needed to cut this page."""
        return self.offset + self.limit

    def depth_of(self, database_id: str, table: str) -> int:
        """Give how many rows of one table's list are needed to cut this page."""
        if not self.consumed:
            return self.offset + self.limit
        return min(self.consumed.get(f"{database_id}:{table}", 0), self.offset) + self.limit


@attrs.frozen
class Hit:
    """One row that matched, as its search mode found it.

    `key` is the primary key's values in order, JSON-ready and hashable. `score` is comparable within its `TableHits`
    only; `data` holds JSON-ready column values. `order` has what the row is sorted by, one value for each
    `SearchRequest.sort` that is not relevance: numbers, dates, spans or texts folded as their collation compares, None
    for none; a list in such an order must come in it. Where `SearchRequest.highlight` wants marks, `matches` gives by
    column what of its text matches; it is called for the results of the page alone, and the core escapes, crops and
    marks. A mode that has marked texts (HTML, escaped) anyway may give them as `highlights` instead. `folds` says by
    column, for all hits of a table, which texts are one value; a column that is not there tells all texts apart.
    """

    key: tuple[Any, ...]
    score: float
    data: Mapping[str, Any]
    matched_columns: tuple[str, ...] = ()
    snippet: str = ""
    highlights: Mapping[str, str] | None = None
    order: tuple[Any, ...] = ()
    matches: Callable[[], Mapping[str, Matches]] | None = attrs.field(default=None, eq=False, repr=False)
    folds: Mapping[str, Fold] | None = attrs.field(default=None, eq=False, repr=False)


@attrs.frozen
class TermEvidence:
    """What the order of a list rests on, so that lists of several tables can be compared.

    Attributes:
        rows: Of the table, estimated.
        frequencies: How many of them have each term of the query, estimated.
        weights: For each hit of the list what each term weighs in it, before the term's rarity counts. BM25: the
            saturated frequency tf * (k1 + 1) / (tf + k1 * (1 - b + b * length / average length)).
        windows: Lengths of the pieces of the list that were ranked one after the other.
    """

    rows: float
    frequencies: Mapping[str, float]
    weights: Sequence[Mapping[str, float]]
    windows: Sequence[int]


@attrs.frozen
class TableHits:
    """The ranked list of one table, best first; equal scores keep the order given here.

    `total` counts all matching rows (None: not counted); `relation` says how exact it is. `exhausted` is true
    when the table has no further matching rows beyond `hits`. `pin` is what the list was ranked with, as far as it may
    change: further pages bring it back in `SearchRequest.pins`, maybe to another process, and are to be ranked by it;
    JSON-ready, at most 64 KiB; None: there is nothing of the kind. `misfits` tells what of the request does not fit the
    table. `facets` has the counts of the columns asked for that the table has, as spelt there; rows are counted as in
    `total`. `failure` says why this table could not answer while others of its database did, which then is `partial`.
    `statements` are those that were sent, every value masked, where the request wants an explanation. `scales` names
    for each of `Hit.order` what its numbers are places in (an ENUM); "": values that compare, None: none.
    """

    table: str
    index: str
    hits: Sequence[Hit]
    total: int | None = None
    relation: Literal["eq", "gte", "unknown"] = "unknown"
    exhausted: bool = True
    notices: Sequence[Notice] = ()
    pin: Any = None
    evidence: TermEvidence | None = None
    misfits: Sequence[Misfit] = ()
    facets: Mapping[str, FacetCounts] = attrs.field(factory=dict)
    failure: Notice | None = None
    statements: Sequence[str] = ()
    scales: Sequence[str | None] = ()


class DatabaseStatus(StrEnum):
    """How one database fared in a search."""

    OK = "ok"
    PARTIAL = "partial"
    TIMEOUT = "timeout"
    ERROR = "error"
    SKIPPED = "skipped"
    CIRCUIT_OPEN = "circuitOpen"


@attrs.frozen
class DatabaseOutcome:
    """One database's part of a search; `took_ms` is wall time in milliseconds."""

    id: str
    name: str
    status: DatabaseStatus
    took_ms: float = 0.0
    tables: Sequence[TableHits] = ()
    error: Notice | None = None
    notices: Sequence[Notice] = ()


@attrs.frozen
class RankedList:
    """Input of a fusion: one table's hits with its origin, its weight, and what its order rests on if that is known."""

    database_id: str
    table: str
    hits: Sequence[Hit]
    weight: float = 1.0
    evidence: TermEvidence | None = None


@attrs.frozen
class FusedHit:
    """Output of a fusion: a hit, where it came from, and its score in 0..1 comparable across the answer."""

    database_id: str
    table: str
    hit: Hit
    score: float
    rank: int

    @property
    def id(self) -> str:
        """Give the result's stable id: `databaseId:table:primary key`, with separators inside the parts escaped."""
        return id_prefix(self.database_id, self.table) + id_key(self.hit.key)


def id_prefix(database_id: str, table: str) -> str:
    """Give what the ids of a table's rows begin with."""
    return f"{database_id}:{table.translate(_IN_TABLE)}:"


def id_key(key: tuple[Any, ...]) -> str:
    """Give what the id of a row ends with."""
    return str(key[0]) if len(key) == 1 else ",".join([str(part).translate(_IN_KEY) for part in key])


@attrs.frozen
class Category:
    """A group of results. `filter` is what narrows a search to it, if anything does.

    `members` are the ids of its results (`FusedHit.id`), as far as the categorizer says: they show it then.
    """

    name: str
    count: int
    confidence: float
    source: str
    filter: Mapping[str, Any] | None = None
    members: frozenset[str] = frozenset()


@attrs.frozen
class Suggestion:
    """A query worth trying. `score` in 0..1."""

    text: str
    score: float
    type: Literal["spelling", "semantic", "popular", "completion"]


@attrs.frozen
class SuggestRequest:
    """What a suggester gets: the text so far and whose it is.

    `databases` are the ids that are meant; the core names all that the caller may search when the caller names none.
    `mode` is the one that will search for what is proposed.
    """

    identity: Identity
    query: str
    databases: tuple[str, ...] | None = None
    tables: tuple[str, ...] | None = None
    limit: int = 10
    mode: str = "natural"


@attrs.frozen
class Event:
    """Something that happened and is to be recorded. `payload` is JSON-ready; `id` makes replays harmless."""

    id: str
    kind: str
    at: datetime
    user_id: str
    request_id: str
    payload: Mapping[str, Any] = attrs.field(factory=dict)
    credential_id: str | None = None
    environment: Environment | None = None


class Severity(StrEnum):
    """How much a finding matters."""

    OK = "ok"
    INFO = "info"
    WARNING = "warning"
    ERROR = "error"


@attrs.frozen
class Finding:
    """What a check found; `hint` says what to do."""

    name: str
    severity: Severity
    message: str
    hint: str = ""
    details: Mapping[str, Any] = attrs.field(factory=dict)
