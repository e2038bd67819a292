"""The hooks. Each is called once per enabled plugin at start, does no I/O and returns providers.

A hook may take fewer arguments than listed. What each seam's provider must offer, and what happens when it
misbehaves, stands in `altus4_core.seams`; the order is always that of `enable`.
"""

from collections.abc import Iterable
from typing import Any

import click
import pluggy

from altus4_core.plugin import PluginContext
from altus4_core.routing import Route
from altus4_core.seams import (
    AnalyticsSink,
    AuthScheme,
    Categorizer,
    Check,
    Fusion,
    Limiter,
    Migrations,
    Policy,
    SearchMode,
    Service,
    Suggester,
    TargetProvider,
)

PROJECT = "altus4"

hookspec = pluggy.HookspecMarker(PROJECT)
hookimpl = pluggy.HookimplMarker(PROJECT)


class Altus4HookSpecs:
    """All hooks of the gateway."""

    @hookspec
    def altus4_services(self, ctx: PluginContext) -> Iterable[Service]:
        """Offer long-lived services by type.

        When: first, at start; factories then run in `requires` order and are closed in reverse.

        When it misbehaves: a factory that fails or is late refuses the start; a failing ping makes the gateway not
        ready (503 naming it).

            class Greeter:
                def __init__(self, word):
                    self.word = word


            @hookimpl
            def altus4_services(self, ctx):
                @asynccontextmanager
                async def open_greeter():
                    yield Greeter("hello")

                return [Service(Greeter, open_greeter, name="greeter")]
        """
        raise NotImplementedError

    @hookspec
    def altus4_auth_schemes(self, ctx: PluginContext) -> Iterable[AuthScheme]:
        """Offer ways to establish who calls.

        When: the schemes are asked in order on every non-public request, until one answers.

        When it misbehaves: `Rejected` is a 401; any other fault or a late answer is a 503, never the next scheme.

            class ProxyHeader:
                name = "proxy-header"

                async def authenticate(self, request):
                    user = request.headers.get("X-Authenticated-User")
                    return Identity(user_id=user, scheme=self.name, credential_id=user) if user else None


            @hookimpl
            def altus4_auth_schemes(self, ctx):
                return [ProxyHeader()]
        """
        raise NotImplementedError

    @hookspec
    def altus4_policies(self, ctx: PluginContext) -> Iterable[Policy]:
        """Offer permission checks.

        When: the policies are asked before each protected action.

        When it misbehaves: any False, any fault, or all abstaining (None) is a 403.

            class OfficeHours:
                name = "office-hours"

                def __init__(self, clock):
                    self.clock = clock

                async def permits(self, identity, action, resource):
                    return None if 8 <= self.clock.now().hour < 18 else False


            @hookimpl
            def altus4_policies(self, ctx):
                return [OfficeHours(ctx.clock)]
        """
        raise NotImplementedError

    @hookspec
    def altus4_limiters(self, ctx: PluginContext) -> Iterable[Limiter]:
        """Offer rate limits.

        When: the limiters are asked after identity, before work, and before login and registration.

        When it misbehaves: the setting `limits.on_fault` decides (allow or deny), and it is counted.

            class Nobody:
                name = "nobody"

                async def admit(self, subject, action, cost):
                    return Verdict(allowed=False, retry_after=60)


            @hookimpl
            def altus4_limiters(self, ctx):
                return [Nobody()]
        """
        raise NotImplementedError

    @hookspec
    def altus4_search_modes(self, ctx: PluginContext) -> Iterable[SearchMode]:
        """Offer values of `searchMode`.

        When: `search` is called once per database whose kind is in `kinds`, for searches of that mode.

        When it misbehaves: a fault is shown as that database's entry; an unknown mode is a 400 that lists the modes.

            class Exact:
                name = "exact"
                kinds = frozenset({"memory"})
                options = None

                async def search(self, request, target):
                    return [TableHits("notes", "", [Hit((1,), 1.0, {"text": request.query})])]


            @hookimpl
            def altus4_search_modes(self, ctx):
                return [Exact()]
        """
        raise NotImplementedError

    @hookspec
    def altus4_targets(self, ctx: PluginContext) -> Iterable[TargetProvider]:
        """Offer kinds of databases; the provider's name is the `kind` of the rows it opens.

        When: `open` is called on first use of a registered database of that kind, `describe` for the capabilities.

        When it misbehaves: it concerns that database only.

            class OpenShelf:
                def __init__(self, database):
                    self.database = database

                async def describe(self):
                    return {"database": self.database.database_name, "tables": []}

                async def aclose(self):
                    pass


            class Shelf:
                name = "shelf"

                async def open(self, database):
                    return OpenShelf(database)

                def describe(self):
                    return {"title": "a shelf of books"}


            @hookimpl
            def altus4_targets(self, ctx):
                return [Shelf()]
        """
        raise NotImplementedError

    @hookspec
    def altus4_fusions(self, ctx: PluginContext) -> Iterable[Fusion]:
        """Offer ways to merge ranked lists. `fuse` is a plain function: pure, no I/O.

        When: `fuse` is called for each search, to merge what its tables and databases gave.

        When it misbehaves: that search is a 502; others are not touched.

            class Concatenate:
                name = "concatenate"

                def fuse(self, lists, options):
                    rows = [(ranked, hit) for ranked in lists for hit in ranked.hits]
                    return [
                        FusedHit(ranked.database_id, ranked.table, hit, 1 / (position + 1), position + 1)
                        for position, (ranked, hit) in enumerate(rows)
                    ]


            @hookimpl
            def altus4_fusions(self, ctx):
                return [Concatenate()]
        """
        raise NotImplementedError

    @hookspec
    def altus4_categorizers(self, ctx: PluginContext) -> Iterable[Categorizer]:
        """Offer groupings of results.

        When: after fusion, within a time budget.

        When it misbehaves: the answer goes out without them and with a warning; after repeated faults the categorizer
        is paused.

            class ByTable:
                name = "by-table"

                async def categorize(self, request, hits):
                    counts = Counter(hit.table for hit in hits)
                    return [Category(name, count, 1.0, self.name) for name, count in counts.most_common()]


            @hookimpl
            def altus4_categorizers(self, ctx):
                return [ByTable()]
        """
        raise NotImplementedError

    @hookspec
    def altus4_suggesters(self, ctx: PluginContext) -> Iterable[Suggester]:
        """Offer query suggestions, for `GET /api/v1/search/suggestions` and for searches with few results.

        When: for `GET /api/v1/search/suggestions`, and for searches with few results.

        When it misbehaves: as for categorizers.

            class Plural:
                name = "plural"

                async def suggest(self, request):
                    return [Suggestion(request.query + "s", 0.5, "completion")]


            @hookimpl
            def altus4_suggesters(self, ctx):
                return [Plural()]
        """
        raise NotImplementedError

    @hookspec
    def altus4_analytics_sinks(self, ctx: PluginContext) -> Iterable[AnalyticsSink]:
        """Offer places where events are recorded.

        When: `write` is called with batches, from a task and a bounded queue of each sink's own; what is queued is
        flushed at stop, or lies on disk until the next start. Each search is one event of kind `search`; one that
        ended in an error (422, 5xx) has the code of its answer as `error_code` in the payload, others have none.

        When it misbehaves: its own events wait on disk (`events.spill`) and are tried again; beyond that they are lost
        and counted.

            class Lines:
                name = "lines"

                async def write(self, events):
                    for event in events:
                        print(event.kind, event.payload)


            @hookimpl
            def altus4_analytics_sinks(self, ctx):
                return [Lines()]
        """
        raise NotImplementedError

    @hookspec
    def altus4_migrations(self, ctx: PluginContext) -> Iterable[Migrations]:
        """Offer a namespace of SQL migrations for `altus4 migrate`.

        When: `altus4 migrate` reads the files; the gateway looks whether all are applied.

        When it misbehaves: it is refused in the plan, before any SQL.

            @hookimpl
            def altus4_migrations(self, ctx):
                return [Migrations("notes", str(Path(__file__).parent / "migrations"))]
        """
        raise NotImplementedError

    @hookspec
    def altus4_routes(self, ctx: PluginContext) -> Iterable[Route]:
        """Offer HTTP operations, mounted once and part of the OpenAPI document.

        When: each route is mounted once and is part of the OpenAPI document.

        When it misbehaves: a path claimed twice refuses the start; a handler's fault is a 500 that names the plugin in
        the log.

            async def hello(call):
                return {"hello": call.caller.user_id}


            @hookimpl
            def altus4_routes(self, ctx):
                return [Route("GET", "/api/v1/hello", hello, "Say hello", action=Action("hello"))]
        """
        raise NotImplementedError

    @hookspec
    def altus4_commands(self, ctx: PluginContext) -> Iterable[click.Command]:
        """Offer click commands or groups for `altus4 <name> ...`.

        When: the command line asks for them when a command is not the core's own.

        When it misbehaves: a name claimed twice refuses the start of that command; the core's own commands always
        work.

            @hookimpl
            def altus4_commands(self, ctx):
                return [click.Command("hello", callback=lambda: click.echo("hello"))]
        """
        raise NotImplementedError

    @hookspec
    def altus4_checks(self, ctx: PluginContext) -> Iterable[Check]:
        """Offer checks for `altus4 doctor` and, with an attribute `readiness = True`, for readiness.

        When: `altus4 doctor` runs them, and readiness those with an attribute `readiness = True`.

        When it misbehaves: a fault becomes an error finding.

            class DiskSpace:
                name = "disk-space"

                async def run(self):
                    free = shutil.disk_usage("/").free
                    return Finding(self.name, Severity.OK, f"{free >> 30} GiB free")


            @hookimpl
            def altus4_checks(self, ctx):
                return [DiskSpace()]
        """
        raise NotImplementedError

    @hookspec
    def altus4_wrap(self, ctx: PluginContext, seam: str, provider: Any) -> Any:
        """Offer a replacement around a provider: same seam, same name. Return None to leave it alone.

        When: after composition, for every provider, in the order of `enable`.

        When it misbehaves: a provider of another seam or name refuses the start. `altus4 plugins` shows the chain.

            class Shouting:
                def __init__(self, inner):
                    self.inner, self.name = inner, inner.name
                    self.kinds, self.options = inner.kinds, inner.options

                async def search(self, request, target):
                    return await self.inner.search(attrs.evolve(request, query=request.query.upper()), target)


            @hookimpl
            def altus4_wrap(self, ctx, seam, provider):
                return Shouting(provider) if (seam, provider.name) == ("search-mode", "natural") else None
        """
        raise NotImplementedError
