"""Plugins that claim what others have."""

from typing import Any

import click

from altus4_core import Plugin, hookimpl
from altus4_core.records import Category
from altus4_core.routing import Route


class Claimed(Plugin):
    """One of two distributions with this plugin name."""

    name = "claimed"


class ByMood:
    """A categorizer."""

    name = "by-mood"

    def __init__(self, owner: str) -> None:
        self._owner = owner

    async def categorize(self, request: Any, hits: Any) -> Any:
        """Name the owner."""
        return [Category(self._owner, 1, 1.0, self.name)]


class _Twin(Plugin):
    """Claims a categorizer, a route and a command."""

    variable = "id"

    @hookimpl
    def altus4_categorizers(self) -> list[Any]:
        """Claim `by-mood`."""
        return [ByMood(self.name)]

    @hookimpl
    def altus4_routes(self) -> list[Any]:
        """Claim a path, and one that differs from the twin's in the name of its variable only."""

        async def owner(call: Any) -> Any:
            return {"owner": self.name}

        return [
            Route("GET", "/api/v1/twins", owner, "Who answers?"),
            Route("GET", f"/api/v1/twins/{{{self.variable}}}", owner, "Who answers for one?"),
        ]

    @hookimpl
    def altus4_commands(self) -> list[Any]:
        """Claim a command."""
        return [click.Command("twins", callback=lambda: click.echo(self.name))]


class TwinOne(_Twin):
    """The first."""

    name = "twin-one"


class TwinTwo(_Twin):
    """The second."""

    name = "twin-two"
    variable = "name"


class CoreClaims(Plugin):
    """Claims what the core has."""

    name = "core-claims"

    @hookimpl
    def altus4_routes(self) -> list[Any]:
        """Claim the search, badly."""

        async def nothing(call: Any) -> Any:
            return {"hijacked": True}

        return [Route("POST", "/api/v1/search", nothing, "Not a search.")]

    @hookimpl
    def altus4_commands(self) -> list[Any]:
        """Claim `altus4 plugins`."""
        return [click.Command("plugins", callback=lambda: click.echo("hijacked"))]
