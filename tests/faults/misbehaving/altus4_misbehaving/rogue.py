"""A plugin that offers the seams that its settings name, and misbehaves in each as they say."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

import attrs
import click
from attrs.validators import deep_mapping, in_, instance_of

from altus4_core import Plugin, hookimpl, setting
from altus4_core.errors import Rejected, TargetFailed
from altus4_core.records import (
    Action,
    Category,
    Event,
    Finding,
    FusedHit,
    Hit,
    Identity,
    Severity,
    Suggestion,
    TableHits,
    Verdict,
)
from altus4_core.routing import Route
from altus4_core.seams import Service
from altus4_misbehaving.ways import WAYS, misbehave, misbehave_now

UNSENDABLE = "\ud800"  # half a character: a text, but none that can be written


@attrs.frozen
class RogueSettings:
    """Section `[plugins.rogue]`."""

    seams: Mapping[str, str] = setting(
        factory=dict,
        doc="How to misbehave in which seam.",
        validator=deep_mapping(
            instance_of(str), in_([*WAYS, "rejects", "refuses", "denies", "abstains", "unsendable"])
        ),
    )
    ping: str = setting("well", doc="How the ping misbehaves.")
    close: str = setting("well", doc="How closing misbehaves.")


class Greeter:
    """A service of the rogue's."""


class GreeterTwo:
    """A service of the second rogue's."""


class Rogue(Plugin):
    """Misbehaves as it is told."""

    name = "rogue"
    Settings = RogueSettings
    settings: RogueSettings
    service_type: type = Greeter

    def __init__(self, settings: Any = None) -> None:
        super().__init__(settings)
        self.asked: list[str] = []
        self.written: list[Event] = []

    def _offer(self, seam: str, **members: Any) -> list[Any]:
        """Make a provider of the seam, if it is to be offered, of methods and attributes."""
        if seam not in self.settings.seams:
            return []
        return [type(seam, (), {"name": self.name, **members})()]

    def _way(self, seam: str) -> str:
        self.asked.append(seam)
        return self.settings.seams.get(seam, "well")

    @hookimpl
    def altus4_services(self) -> list[Service]:
        """Offer a service that starts, answers and closes badly."""
        if "service" not in self.settings.seams:
            return []

        @asynccontextmanager
        async def open_greeter() -> AsyncIterator[Any]:
            yield await misbehave(self._way("service"), self.service_type(), None)
            self.asked.append("close")
            await misbehave(self.settings.close, None)

        async def ping(_: Any) -> Any:
            return await misbehave(self.settings.ping, None, "junk")

        return [Service(self.service_type, open_greeter, ping, f"greeter of {self.name}")]

    @hookimpl
    def altus4_auth_schemes(self) -> list[Any]:
        """Authenticate everybody as `stranger`, badly."""

        async def authenticate(_: Any, request: Any) -> Any:
            way = self._way("auth-scheme")
            if way == "rejects":
                message = "Not with me."
                raise Rejected(message)
            well = Identity("stranger", self.name, "stranger", permissions=frozenset({"search", "admin"}))
            return await misbehave(way, None if way == "abstains" else well, attrs.evolve(well, user_id=None))

        return self._offer("auth-scheme", authenticate=authenticate)

    @hookimpl
    def altus4_policies(self) -> list[Any]:
        """Permit everything, badly."""

        async def permits(_: Any, identity: Any, action: Any, resource: Any) -> Any:
            way = self._way("policy")
            return await misbehave(way, {"denies": False, "abstains": None}.get(way, True), "yes")

        return self._offer("policy", permits=permits)

    @hookimpl
    def altus4_limiters(self) -> list[Any]:
        """Admit everything, badly."""

        async def admit(_: Any, subject: Any, action: Any, cost: Any) -> Any:
            way = self._way("limiter")
            verdict = Verdict(allowed=way != "refuses", limit=5, remaining=1, retry_after=9.2, tier="free")
            return await misbehave(way, verdict, attrs.evolve(verdict, remaining="many"))

        return self._offer("limiter", admit=admit)

    @hookimpl
    def altus4_search_modes(self) -> list[Any]:
        """Find one row, badly; on the database `quiet` always well."""

        async def search(_: Any, request: Any, target: Any) -> Any:
            way = self._way("search-mode")
            if target.database.id == "quiet":
                way = "well"
            table = UNSENDABLE if way == "unsendable" else "t"
            found = TableHits(table, "i", [Hit((1,), 1.0, {"text": "found"})])
            return await misbehave(way, [found], [attrs.evolve(found, hits=[{"text": "found"}])])

        return self._offer("search-mode", search=search, kinds=frozenset({"memory", self.name}), options=None)

    @hookimpl
    def altus4_targets(self) -> list[Any]:
        """Open databases of kind `rogue`, badly."""

        async def open_(_: Any, database: Any) -> Any:
            way = self._way("target")
            if way == "refuses":
                message = "Not today."
                raise TargetFailed(message, code="ACCESS_DENIED")
            return await misbehave(way, RogueTarget(database), RogueTarget(None))

        def describe(_: Any) -> Any:
            return misbehave_now(self._way("target"), {"title": "rogue"}, {"title": object()})

        return self._offer("target", open=open_, describe=describe)

    @hookimpl
    def altus4_fusions(self) -> list[Any]:
        """Merge, badly."""

        def fuse(_: Any, lists: Any, options: Any) -> Any:
            fused = [FusedHit(ranked.database_id, ranked.table, hit, 1.0, 1) for ranked in lists for hit in ranked.hits]
            return misbehave_now(self._way("fusion"), fused, [attrs.evolve(hit, hit=None) for hit in fused])

        def explain(_: Any, hits: Any, lists: Any, options: Any) -> Any:
            told = [{"formula": "rank"} for _ in hits]
            return misbehave_now(self._way("arithmetic"), told, [{"formula": UNSENDABLE} for _ in hits])

        return self._offer("fusion", fuse=fuse, explain=explain)

    @hookimpl
    def altus4_categorizers(self) -> list[Any]:
        """Categorize, badly."""

        async def categorize(_: Any, request: Any, hits: Any) -> Any:
            way = self._way("categorizer")
            category = Category(UNSENDABLE if way == "unsendable" else "rogue", len(hits), 1.0, self.name)
            return await misbehave(way, [category], [attrs.evolve(category, filter=object())])

        return self._offer("categorizer", categorize=categorize)

    @hookimpl
    def altus4_suggesters(self) -> list[Any]:
        """Suggest, badly."""

        async def suggest(_: Any, request: Any) -> Any:
            way = self._way("suggester")
            suggestion = Suggestion(UNSENDABLE if way == "unsendable" else "rogue", 1.0, "popular")
            return await misbehave(way, [suggestion], [attrs.evolve(suggestion, score="high")])

        return self._offer("suggester", suggest=suggest)

    @hookimpl
    def altus4_analytics_sinks(self) -> list[Any]:
        """Write, badly."""

        async def write(_: Any, events: Any) -> Any:
            result = await misbehave(self._way("analytics-sink"), None)
            self.written.extend(events)
            return result

        return self._offer("analytics-sink", write=write)

    @hookimpl
    def altus4_routes(self) -> list[Any]:
        """Answer, badly."""
        if "route" not in self.settings.seams:
            return []

        async def answer(call: Any) -> Any:
            return await misbehave(self._way("route"), {"fine": True}, {"not for JSON": object()})

        return [
            Route("GET", f"/api/v1/{self.name}", answer, "Answer.", action=Action("rogue.answer")),
            Route("GET", f"/api/v1/{self.name}/public", answer, "Answer anybody."),
        ]

    @hookimpl
    def altus4_commands(self) -> list[Any]:
        """Run, badly."""
        if "command" not in self.settings.seams:
            return []

        def callback() -> None:
            click.echo(misbehave_now(self._way("command"), "fine", "fine"))

        return [click.Command(f"{self.name}-command", callback=callback)]

    @hookimpl
    def altus4_checks(self) -> list[Any]:
        """Look, badly."""

        async def run(_: Any) -> Any:
            finding = Finding(self.name, Severity.OK, "fine")
            return await misbehave(self._way("check"), finding, [finding, "fine"])

        return self._offer("check", run=run, readiness=True)


@attrs.define
class RogueTarget:
    """Looks like an open target."""

    database: Any

    async def describe(self) -> Any:
        """Describe nothing."""
        return {"database": "rogue", "tables": []}

    async def aclose(self) -> None:
        """Fail: nobody may care."""
        message = "cannot be closed"
        raise RuntimeError(message)


class RogueTwo(Rogue):
    """Another one, so that two can misbehave at once."""

    name = "rogue-two"
    service_type = GreeterTwo
