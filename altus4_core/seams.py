"""The seams: what a provider must look like, and what its errors mean.

A provider is any object with a `name` (`[a-z][a-z0-9-]*`, unique in its seam) and the methods below. Hooks return
providers once, at start; the core alone awaits their methods, under a deadline, in `dispatch`. Methods written
`async def` here must be coroutine functions, the others must not: both are checked at start.

Every method may be cancelled at any await and must let `asyncio.CancelledError` through.
"""

import builtins
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from typing import Any, Protocol, runtime_checkable

import attrs

from altus4_core.explanations import Diagnosis, SourceExplanation, TableAnalysis
from altus4_core.records import (
    Action,
    AuthRequest,
    Category,
    Event,
    Finding,
    FusedHit,
    Identity,
    RankedList,
    SearchRequest,
    Subject,
    Suggestion,
    SuggestRequest,
    TableHits,
    Verdict,
)
from altus4_core.stored import Database


@runtime_checkable
class AuthScheme(Protocol):
    """Establishes who calls."""

    name: str

    async def authenticate(self, request: AuthRequest) -> Identity | None:
        """Give the identity, or None when these credentials are not of this scheme.

        Raises:
            Rejected: the credentials are of this scheme and wrong (401).
            Unavailable: they cannot be judged now (503). Any other exception counts as this, too.
        """
        ...


@runtime_checkable
class Policy(Protocol):
    """Decides whether an identity may do something. Any False wins; all None means no."""

    name: str

    async def permits(self, identity: Identity, action: Action, resource: str | None) -> bool | None:
        """Give True, False, or None to abstain."""
        ...


@runtime_checkable
class Limiter(Protocol):
    """Counts what subjects do and says when it is too much."""

    name: str

    async def admit(self, subject: Subject, action: str, cost: int) -> Verdict:
        """Count `cost` units of `action` for the subject and judge.

        Raises:
            LimitsUnknown: it cannot count now, and its own settings say to refuse then (503). What any other
                exception means is the core's setting `limits.on_fault`.
        """
        ...


@runtime_checkable
class OpenTarget(Protocol):
    """One customer's database, opened. A kind of target adds methods of its own; modes name the kinds they know."""

    database: Database

    async def describe(self) -> Mapping[str, Any]:
        """Give a JSON-ready description of what can be searched: `{database, tables: [...]}`."""
        ...

    async def aclose(self) -> None:
        """Free everything held. May be called twice."""
        ...


@runtime_checkable
class TargetProvider(Protocol):
    """Opens registered databases of one kind (a row's `kind`; the provider's name is the kind)."""

    name: str

    async def open(self, database: Database) -> OpenTarget:
        """Prepare the target; connecting may wait until first use.

        Raises:
            TargetFailed: this database cannot be opened; others are not concerned.
        """
        ...

    def describe(self) -> Mapping[str, Any]:
        """Give a JSON-ready description of the kind for `GET /api/v1/capabilities`."""
        ...


@runtime_checkable
class SearchMode(Protocol):
    """A way to search. Called once per database of a kind in `kinds`, all at the same time."""

    name: str
    kinds: frozenset[str]
    options: type | None  # attrs record of the mode's own options, or None

    async def search(self, request: SearchRequest, target: OpenTarget) -> list[TableHits]:
        """Give the ranked lists of the target's tables, each at least `request.depth` deep if there is so much.

        With `request.highlight` the hits may say where they match (`Hit.matches`); without, that is left out. The
        values of `request.facets` may be counted (`TableHits.facets`).

        Raises:
            ValidationFailed, Unsearchable: the request itself is wrong; the whole search answers so.
            CursorExpired: what the request pins cannot be used.
            TargetFailed: this database cannot answer.
        """
        ...


@runtime_checkable
class ExplainingMode(SearchMode, Protocol):
    """A search mode that can also say why rows stand where they stand. Optional: ask with `isinstance`."""

    async def explain(
        self, request: SearchRequest, target: OpenTarget, rows: Mapping[str, Sequence[tuple[Any, ...]]]
    ) -> Mapping[str, Mapping[tuple[Any, ...], SourceExplanation]]:
        """Explain rows by their table's name and their `Hit.key`; the ranks are left to the caller.

        A row that the query does not find is explained, too (its `raw_score` is 0). What cannot be explained is left
        out: rows that are gone, tables without a primary key. `request.pins` has what the lists were ranked with.

        Raises:
            ValidationFailed, Unsearchable, TargetFailed: as `search`.
        """
        ...


@runtime_checkable
class DiagnosingMode(SearchMode, Protocol):
    """A search mode that can also say why a row is not found. Optional: ask with `isinstance`."""

    async def diagnose(self, request: SearchRequest, target: OpenTarget, table: str, key: str) -> Diagnosis:
        """Look at one row, given by its table's name and what its result's id ends with (see `resultids.key_parts`).

        `MATCHES` says that the query and the filters find it; how far down the list it stands is the caller's to see.
        `request.pins` has what the lists were ranked with.

        Raises:
            ValidationFailed, Unsearchable, TargetFailed: as `search`.
        """
        ...


@runtime_checkable
class AnalyzingMode(SearchMode, Protocol):
    """A search mode that can also say how it would run a query. Optional: ask with `isinstance`."""

    async def analyze(self, request: SearchRequest, target: OpenTarget) -> Sequence[TableAnalysis]:
        """Plan the query on each table of the target, without running it.

        Raises:
            ValidationFailed, Unsearchable, TargetFailed: as `search`.
        """
        ...


@runtime_checkable
class Fusion(Protocol):
    """Merges ranked lists into one total order. Pure: same input, same output."""

    name: str

    def fuse(self, lists: Sequence[RankedList], options: Mapping[str, Any]) -> Sequence[FusedHit]:
        """Give all hits, best first, with scores in 0..1."""
        ...


@runtime_checkable
class ExplainingFusion(Fusion, Protocol):
    """A fusion that can also show its arithmetic. Optional: ask with `isinstance`."""

    def explain(
        self, hits: Sequence[FusedHit], lists: Sequence[RankedList], options: Mapping[str, Any]
    ) -> Sequence[Mapping[str, Any]]:
        """Say for each of `hits` how its score came about, JSON-ready, in their order.

        `lists` and `options` are what `fuse` was given; `hits` are some of what it gave.
        """
        ...


@runtime_checkable
class Categorizer(Protocol):
    """Groups the results of a search."""

    name: str

    async def categorize(self, request: SearchRequest, hits: Sequence[FusedHit]) -> Sequence[Category]:
        """Give categories of the answer, best first; none rather than noise."""
        ...


@runtime_checkable
class Suggester(Protocol):
    """Proposes queries."""

    name: str

    async def suggest(self, request: SuggestRequest) -> Sequence[Suggestion]:
        """Give suggestions, best first."""
        ...


@runtime_checkable
class AnalyticsSink(Protocol):
    """Records events. Has a task and a bounded queue of its own; never in the request path."""

    name: str

    async def write(self, events: Sequence[Event]) -> None:
        """Record the batch; raise to have it tried again later. The same event may come twice (same `id`)."""
        ...


@runtime_checkable
class Check(Protocol):
    """One thing `altus4 doctor` and deep readiness look at."""

    name: str

    async def run(self) -> Finding | Sequence[Finding]:
        """Look and tell."""
        ...


@attrs.frozen
class Migrations:
    """A namespace of SQL migrations. The name of the plugin unless it is the metadata schema itself (`""`)."""

    name: str
    folder: str  # absolute path of a folder with NNN_name.up.sql / NNN_name.down.sql
    after: tuple[str, ...] = ()


@attrs.frozen
class Service:
    """A long-lived thing offered by type. `factory` is entered at start and left in reverse order at stop.

    `ping` (optional) is awaited by readiness; raising means not ready. `name` is what operators see.
    `requires` None means what the plugin requires; `()` starts it first, so that what is wrong with it is found even
    when nothing else works.
    """

    type: type
    factory: Callable[[], AbstractAsyncContextManager[Any]]
    ping: Callable[[Any], Awaitable[None]] | None = None
    name: str = ""
    requires: tuple[builtins.type, ...] | None = None


@attrs.frozen
class SeamSpec:
    """How the core treats one seam."""

    name: str  # singular, as in `[prefer]`: "search-mode"
    hook: str
    provider: type
    methods: tuple[str, ...] = ()  # must be coroutine functions
    plain_methods: tuple[str, ...] = ()  # must be plain functions
    attributes: tuple[str, ...] = ("name",)
    record: bool = False  # the provider is a record of exactly this type
    preferable: bool = True
