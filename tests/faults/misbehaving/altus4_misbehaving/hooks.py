"""Plugins whose hooks are wrong."""

from pathlib import Path
from typing import Any

from altus4_core import Plugin, hookimpl
from altus4_core.seams import Migrations, Service


class MisspelledHook(Plugin):
    """Nobody would ever call it."""

    name = "misspelled-hook"

    @hookimpl
    def altus4_limitters(self) -> list[Any]:
        """Misspell."""
        return []


class UnknownArgument(Plugin):
    """Wants something that is not offered."""

    name = "unknown-argument"

    @hookimpl
    def altus4_limiters(self, ctx: Any, database: Any) -> list[Any]:
        """Want a database."""
        return []


class AsyncHook(Plugin):
    """Hooks register; they do not wait."""

    name = "async-hook"

    @hookimpl
    async def altus4_limiters(self) -> list[Any]:
        """Wait."""
        return []

    @hookimpl
    async def altus4_wrap(self, seam: str, provider: Any) -> Any:
        """Wait."""
        return None


class UnmarkedHook(Plugin):
    """Forgot the decorator."""

    name = "unmarked-hook"

    def altus4_limiters(self) -> list[Any]:
        """Forget."""
        return []


class RaisingHook(Plugin):
    """One hook raises, the other is fine."""

    name = "raising-hook"

    @hookimpl
    def altus4_limiters(self) -> list[Any]:
        """Raise."""
        message = "on purpose"
        raise RuntimeError(message)


class ExitingHook(Plugin):
    """Wants to end the process."""

    name = "exiting-hook"

    @hookimpl
    def altus4_limiters(self) -> list[Any]:
        """Exit."""
        raise SystemExit(7)


class JunkHook(Plugin):
    """Gives other things than providers."""

    name = "junk-hook"

    @hookimpl
    def altus4_limiters(self) -> Any:
        """Give no list."""
        return 42

    @hookimpl
    def altus4_services(self) -> Any:
        """Give a list of something else."""
        return ["a service"]

    @hookimpl
    def altus4_routes(self) -> Any:
        """Break off in the middle."""
        yield from ()
        message = "in the middle"
        raise RuntimeError(message)


class _Limiter:
    name = "plain"

    def admit(self, subject: Any, action: str, cost: int) -> Any:
        """Answer at once."""


class SyncMethod(Plugin):
    """A method that the core could not await."""

    name = "sync-method"

    @hookimpl
    def altus4_limiters(self) -> list[Any]:
        """Offer it."""
        return [_Limiter()]


class _Named:
    def __init__(self, name: Any) -> None:
        self.name = name

    async def admit(self, subject: Any, action: str, cost: int) -> Any:
        """Never asked."""


class BadNames(Plugin):
    """Providers with names that nobody could type."""

    name = "bad-names"

    @hookimpl
    def altus4_limiters(self) -> list[Any]:
        """Offer them."""
        return [_Named("Capital Letters"), _Named(None), _Named(7)]


class _Trap:
    """An attribute that raises."""

    name = "trap"
    options = None

    @property
    def kinds(self) -> Any:
        """Raise."""
        message = "on purpose"
        raise RuntimeError(message)

    async def search(self, request: Any, target: Any) -> Any:
        """Never asked."""


class _Kindless:
    """`kinds` is one text, which holds every of its letters."""

    name = "kindless"
    kinds = "memory"
    options = None

    async def search(self, request: Any, target: Any) -> Any:
        """Never asked."""


class BadAttributes(Plugin):
    """Providers whose attributes raise or are of a wrong type, and a record with wrong members."""

    name = "bad-attributes"

    @hookimpl
    def altus4_search_modes(self) -> list[Any]:
        """Offer them."""
        return [_Trap(), _Kindless()]

    @hookimpl
    def altus4_services(self) -> list[Any]:
        """Offer a service of no type."""
        return [Service("greeter", lambda: None)]


class WrongTypes(Plugin):
    """Records that hold something else than they should."""

    name = "wrong-types"

    @hookimpl
    def altus4_services(self) -> list[Service]:
        """Name a type in words."""
        return [Service("Unicorn", lambda: None)]  # type: ignore[arg-type,return-value]

    @hookimpl
    def altus4_migrations(self) -> list[Migrations]:
        """Give a path for a text."""
        return [Migrations("wrong-types", Path("sql"))]  # type: ignore[arg-type]
