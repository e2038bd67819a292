"""The twins as one plugin: everything a gateway needs, without a server."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import click

from altus4_core.composing.seamtable import seam_table
from altus4_core.hookspecs import hookimpl
from altus4_core.plugin import Plugin
from altus4_core.records import Identity
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
from altus4_core.store import MetadataStore
from altus4_core.stored import Database
from altus4_core.testing.sink import RecordingSink
from altus4_core.testing.twins.auth import TokenScheme
from altus4_core.testing.twins.categorizer import ByTable
from altus4_core.testing.twins.check import AllIsWell
from altus4_core.testing.twins.command import hello_command
from altus4_core.testing.twins.fusion import Interleave
from altus4_core.testing.twins.limiter import NeverLimits
from altus4_core.testing.twins.migrations import write_migrations
from altus4_core.testing.twins.policy import AllowAll
from altus4_core.testing.twins.route import echo_route
from altus4_core.testing.twins.search import MemorySearch
from altus4_core.testing.twins.service import held_service
from altus4_core.testing.twins.suggester import FixedSuggester
from altus4_core.testing.twins.target import KIND, MemoryTargets, Tables
from altus4_core.testing.twins.wrap import CountingWrap

TOKEN = "memory-token"  # noqa: S105 -- opens nothing but a gateway of twins
USER = "user-1"
SEAMS = frozenset({*(spec.name for spec in seam_table()), "wrap"})


class MemoryPlugin(Plugin):
    """A twin of every seam; one user, whose token is `memory-token`, and the databases given.

    Args:
        store: The metadata store.
        databases: Tables by name: each becomes a database of the user when `fill` is called.
        folder: Where migrations are written; without it there are none.
        tokens: Identity of each token, instead of the one user's.
        words: What the suggester knows.
        leave_out: Seams (as in `[prefer]`, or `wrap`) that are not offered.
    """

    name = "memory"

    def __init__(
        self,
        store: MetadataStore,
        databases: Mapping[str, Tables] | None = None,
        *,
        folder: Path | None = None,
        tokens: Mapping[str, Identity] | None = None,
        words: Sequence[str] = (),
        leave_out: Iterable[str] = (),
    ) -> None:
        super().__init__()
        self.store = store
        self.tokens = dict(tokens) if tokens is not None else {TOKEN: user_identity()}
        self.sink = RecordingSink()
        self.targets = MemoryTargets(databases or {})
        self.calls: Counter[str] = Counter()
        self._databases = tuple(databases or ())
        self._folder = folder
        self._words = words
        self._left_out = frozenset(leave_out)
        if unknown := self._left_out - SEAMS:
            message = f"there is no seam {min(unknown)!r}; there are: {', '.join(sorted(SEAMS))}"
            raise ValueError(message)

    async def fill(self, user_id: str = USER) -> Sequence[Database]:
        """Register the databases with the store as this user's; their ids are their names."""
        rows = [
            Database(name, user_id, name, "memory.invalid", 1, name, "nobody", kind=KIND) for name in self._databases
        ]
        for row in rows:
            await self.store.databases.add(row)
        return rows

    @hookimpl
    def altus4_services(self) -> Iterable[Service]:
        """Offer the metadata store."""
        return self._unless("service", lambda: held_service(MetadataStore, self.store, "metadata"))

    @hookimpl
    def altus4_auth_schemes(self) -> Iterable[AuthScheme]:
        """Offer the scheme `memory`."""
        return self._unless("auth-scheme", lambda: TokenScheme(self.tokens))

    @hookimpl
    def altus4_policies(self) -> Iterable[Policy]:
        """Offer the policy `allow-all`."""
        return self._unless("policy", AllowAll)

    @hookimpl
    def altus4_limiters(self) -> Iterable[Limiter]:
        """Offer the limiter `never-limits`."""
        return self._unless("limiter", NeverLimits)

    @hookimpl
    def altus4_search_modes(self) -> Iterable[SearchMode]:
        """Offer the mode `memory`."""
        return self._unless("search-mode", MemorySearch)

    @hookimpl
    def altus4_targets(self) -> Iterable[TargetProvider]:
        """Offer the kind `memory`."""
        return self._unless("target", lambda: self.targets)

    @hookimpl
    def altus4_fusions(self) -> Iterable[Fusion]:
        """Offer the fusion `interleave`."""
        return self._unless("fusion", Interleave)

    @hookimpl
    def altus4_categorizers(self) -> Iterable[Categorizer]:
        """Offer the categorizer `by-table`."""
        return self._unless("categorizer", ByTable)

    @hookimpl
    def altus4_suggesters(self) -> Iterable[Suggester]:
        """Offer the suggester `fixed`."""
        return self._unless("suggester", lambda: FixedSuggester(self._words))

    @hookimpl
    def altus4_analytics_sinks(self) -> Iterable[AnalyticsSink]:
        """Offer the sink `recording`."""
        return self._unless("analytics-sink", lambda: self.sink)

    @hookimpl
    def altus4_migrations(self) -> Iterable[Migrations]:
        """Offer the namespace `memory`, where there is a folder for it."""
        folder = self._folder
        return [] if folder is None else self._unless("migrations", lambda: write_migrations(folder))

    @hookimpl
    def altus4_routes(self) -> Iterable[Route]:
        """Offer `POST /api/v1/memory/echo`."""
        return self._unless("route", echo_route)

    @hookimpl
    def altus4_commands(self) -> Iterable[click.Command]:
        """Offer `altus4 memory-hello`."""
        return self._unless("command", hello_command)

    @hookimpl
    def altus4_checks(self) -> Iterable[Check]:
        """Offer the check `all-is-well`."""
        return self._unless("check", AllIsWell)

    @hookimpl
    def altus4_wrap(self, seam: str, provider: Any) -> Any:
        """Count the calls of this plugin's own search mode in `calls`."""
        if seam == "search-mode" and isinstance(provider, MemorySearch) and "wrap" not in self._left_out:
            return CountingWrap(provider, self.calls, "search")
        return None

    def _unless(self, seam: str, make: Any) -> list[Any]:
        return [] if seam in self._left_out else [make()]


def user_identity(user_id: str = USER, **changes: Any) -> Identity:
    """Make the identity of a user who may search, read figures and administrate."""
    fields: dict[str, Any] = {
        "user_id": user_id,
        "scheme": "memory",
        "credential_id": f"credential-of-{user_id}",
        "permissions": frozenset({"search", "analytics", "admin"}),
    }
    return Identity(**{**fields, **changes})
