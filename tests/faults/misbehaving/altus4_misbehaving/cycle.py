"""Services that require each other, or nobody."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from altus4_core import Plugin, hookimpl
from altus4_core.seams import Service


class Hen:
    """Of eggs."""


class Egg:
    """Of hens."""


class Unicorn:
    """Of nobody."""


@asynccontextmanager
async def _never() -> AsyncIterator[Any]:
    yield None


class CycleOne(Plugin):
    """The hen needs the egg."""

    name = "cycle-one"

    @hookimpl
    def altus4_services(self) -> list[Service]:
        """Offer the hen."""
        return [Service(Hen, _never, requires=(Egg,))]


class CycleTwo(Plugin):
    """The egg needs the hen."""

    name = "cycle-two"

    @hookimpl
    def altus4_services(self) -> list[Service]:
        """Offer the egg."""
        return [Service(Egg, _never, requires=(Hen,))]


class WantsNobody(Plugin):
    """Needs what nobody offers; a service of its own does, too."""

    name = "wants-nobody"
    requires = (Unicorn,)

    @hookimpl
    def altus4_services(self) -> list[Service]:
        """Offer something that can never start."""
        return [Service(dict, _never, requires=(Unicorn,))]


class BadRequires(Plugin):
    """Forgot the comma."""

    name = "bad-requires"
    requires = Unicorn
