"""Running services: started in the order of what requires what, pinged for readiness, closed in reverse."""

import asyncio
import logging
from collections.abc import Collection, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from typing import Any, TypeVar, cast

import attrs

from altus4_core.composing.composition import Composition, Entry
from altus4_core.errors import FOREIGN_FAULTS, Altus4Error, Problem, StartupRefused, Unavailable
from altus4_core.seams import Service

logger = logging.getLogger("altus4.registry")

T = TypeVar("T")

CLOSE_SECONDS = 10.0


@attrs.frozen
class PlannedService:
    """A service with what it needs: its own requirements and those of its plugin."""

    entry: Entry
    service: Service
    requires: tuple[type, ...]


def plan_services(
    composition: Composition, wanted: Collection[type] | None = None
) -> tuple[list[PlannedService], list[Problem]]:
    """Order services so that each comes after what it requires.

    Args:
        composition: Where the services come from.
        wanted: Only these types and what they require; all when None.

    Returns:
        The order, and problems: requirements nobody offers, and cycles.
    """
    plugins = {plugin.name: plugin.instance for plugin in composition.loaded()}
    planned: dict[type, PlannedService] = {}
    for entry in composition.of("service"):
        service: Service = entry.provider
        needs = plugins[entry.plugin].requires if service.requires is None else service.requires
        planned[service.type] = PlannedService(entry, service, tuple(t for t in needs if t is not service.type))
    own = {kind: plan.entry.plugin for kind, plan in planned.items()}
    problems = [
        Problem(name, f"needs a {kind.__name__}, which no enabled plugin offers", hint="enable one that does")
        for name, plugin in plugins.items()
        for kind in plugin.requires
        if kind not in planned
    ]
    order: list[PlannedService] = []
    state: dict[type, str] = {}

    def visit(kind: type, path: tuple[type, ...]) -> None:
        if state.get(kind) == "done" or kind not in planned:
            return
        if state.get(kind) == "open":
            cycle = " -> ".join(f"{t.__name__} ({own[t]})" for t in (*path[path.index(kind) :], kind))
            problems.append(Problem(own[kind], f"services require each other in a cycle: {cycle}", hint="break it"))
            return
        state[kind] = "open"
        for need in planned[kind].requires:
            visit(need, (*path, kind))
        state[kind] = "done"
        order.append(planned[kind])

    for kind in planned if wanted is None else wanted:
        visit(kind, ())
    return order, problems


class Registry:
    """The running services. Looked up by type; a lookup of what does not run raises `Unavailable`."""

    def __init__(self) -> None:
        self._running: dict[type, Any] = {}
        self._open: list[tuple[PlannedService, AbstractAsyncContextManager[Any]]] = []

    def get(self, wanted: type[T]) -> T:
        """Give the running service of this type."""
        try:
            return cast("T", self._running[wanted])
        except KeyError:
            message = f"The service {wanted.__name__} is not running."
            raise Unavailable(message, retry_after=5) from None

    def has(self, wanted: type) -> bool:
        """Say whether a service of this type runs."""
        return wanted in self._running

    async def start(self, order: Sequence[PlannedService], *, deadline: float) -> None:
        """Start services; all that can start do, so that every failure is reported at once.

        Raises:
            StartupRefused: one or more failed; those that had started are closed again.
        """
        problems: list[Problem] = []
        for planned in order:
            missing = [kind for kind in planned.requires if kind not in self._running]
            if missing:
                continue
            problem = await self._start_one(planned, deadline)
            problems += problem
        if problems:
            await self.close()
            raise StartupRefused(problems)

    async def _start_one(self, planned: PlannedService, deadline: float) -> list[Problem]:
        who = planned.entry.plugin
        name = planned.entry.name
        try:
            context = planned.service.factory()
            async with asyncio.timeout(deadline):
                instance = await context.__aenter__()
        except StartupRefused as error:
            return list(error.problems)
        except TimeoutError:
            return [Problem(who, f"service {name!r} did not start within {deadline:g} s", hint="see its settings")]
        except Altus4Error as error:
            return [Problem(who, error.message)]
        except FOREIGN_FAULTS as error:
            if _is_cancelled():
                raise
            logger.debug("service %s failed to start", name, exc_info=True)
            return [Problem(who, f"service {name!r} failed to start: {type(error).__name__}", hint="log_level debug")]
        self._running[planned.service.type] = instance
        self._open.append((planned, context))
        if not _is_one(instance, planned.service.type):
            what = f"service {name!r} gave a {type(instance).__name__}, not a {planned.service.type.__name__}"
            return [Problem(who, what, hint="correct or disable the plugin")]
        return []

    async def close(self) -> None:
        """Close everything in reverse order; a service that fails or hangs does not keep the others."""
        while self._open:
            planned, context = self._open.pop()
            self._running.pop(planned.service.type, None)
            try:
                async with asyncio.timeout(CLOSE_SECONDS):
                    await context.__aexit__(None, None, None)
            except FOREIGN_FAULTS:
                if _is_cancelled():
                    raise
                logger.exception("service %s failed to close", planned.entry.name)

    async def ping(self, deadline: float) -> Mapping[str, tuple[bool, float]]:
        """Ping all services at once.

        Returns:
            By service name: whether it answered, and after how many milliseconds.
        """
        loop = asyncio.get_running_loop()

        async def one(planned: PlannedService) -> tuple[bool, float]:
            started = loop.time()
            ping = planned.service.ping
            ok = True
            if ping is not None:
                try:
                    async with asyncio.timeout(deadline) as scope:
                        await ping(self._running[planned.service.type])
                    ok = not scope.expired()  # a ping that swallows its cancellation is late all the same
                except FOREIGN_FAULTS:
                    if _is_cancelled():
                        raise
                    logger.warning("ping of %s failed", planned.entry.name, exc_info=True)
                    ok = False
            return ok, (loop.time() - started) * 1000

        running = [planned for planned, _ in self._open]
        results = await asyncio.gather(*(one(planned) for planned in running))
        return {planned.entry.name: result for planned, result in zip(running, results, strict=True)}


def _is_cancelled() -> bool:
    """Tell whether it is we who are being cancelled, and not a service that raises `CancelledError` by itself."""
    task = asyncio.current_task()
    return task is not None and bool(task.cancelling())


def _is_one(instance: Any, kind: type) -> bool:
    """Tell whether the instance is of the type it is offered as; Protocols that cannot be checked are believed."""
    if getattr(kind, "_is_protocol", False) and not getattr(kind, "_is_runtime_protocol", False):
        return instance is not None
    return isinstance(instance, kind)
