"""A service that is a thing made before."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from altus4_core.seams import Service


def held_service(kind: type, instance: Any, name: str = "") -> Service:
    """Offer an instance as the service of a type; its `ping()` is asked by readiness where it has one."""

    @asynccontextmanager
    async def hold() -> AsyncIterator[Any]:
        yield instance

    async def ping(running: Any) -> None:
        answer = getattr(running, "ping", None)
        if answer is not None:
            await answer()

    return Service(kind, hold, ping, name or kind.__name__)
