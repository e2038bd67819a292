"""A gateway: everything composed from settings, and its life from start to stop. Two can live in one process."""

import asyncio
import logging
from collections.abc import Collection, Sequence

import attrs

from altus4_core.changes import Changes
from altus4_core.clock import Clock, SystemClock
from altus4_core.composing.composition import Composition
from altus4_core.composing.manager import PluginManager, Selection
from altus4_core.counters import Counters
from altus4_core.dispatch import Dispatch
from altus4_core.errors import Problem, SettingsError, StartupRefused
from altus4_core.events import EventBus, spill_folder
from altus4_core.migrate.files import MigrationsRefused, read_files
from altus4_core.migrate.plan import pending
from altus4_core.nearest import did_you_mean
from altus4_core.plugin import Handle
from altus4_core.registry import PlannedService, Registry, plan_services
from altus4_core.search.directory import DatabaseDirectory
from altus4_core.search.merging import known_fusions
from altus4_core.search.pipeline import SearchPipeline
from altus4_core.search.targets import OpenTargets
from altus4_core.settings.loader import LoadedSettings
from altus4_core.siblings import Siblings
from altus4_core.store import MetadataStore, MigrationStore
from altus4_core.watchdog import LoopWatchdog

logger = logging.getLogger("altus4.gateway")


class Gateway:
    """Settings -> plugins -> services -> requests. Built once; holds no state of a request.

    Args:
        settings: What was read.
        selection: What the command line asked for.
        clock: Source of time.
        strict: Refuse to start services while any plugin has a problem.
    """

    def __init__(
        self,
        settings: LoadedSettings,
        selection: Selection | None = None,
        clock: Clock | None = None,
        *,
        strict: bool = True,
    ) -> None:
        self.settings = settings
        self.clock = clock or SystemClock()
        self.strict = strict
        self.registry = Registry()
        self.changes = Changes()
        self.counters = Counters()
        self.composition: Composition = PluginManager(
            settings, self.clock, self.registry, selection, self.changes, self.counters
        ).compose()
        core = settings.core
        self.dispatch = Dispatch()
        self.directory = DatabaseDirectory(
            Handle(lambda: self.registry.get(MetadataStore)), self.clock, core.search.directory_ttl
        )
        self.changes.listen("databases", self.directory.forget)
        self.changes.listen("user", self.directory.forget)
        self.targets = OpenTargets(self.composition, self.dispatch, core.deadlines.target_open)
        self.events = EventBus(
            self.composition, self.dispatch, core.events, core.deadlines.sink, spill_folder(core), core.server.workers
        )
        self.pipeline = SearchPipeline(
            self.composition, self.dispatch, self.directory, self.targets, self.events, core, self.clock
        )
        self.watchdog = LoopWatchdog()
        self.siblings: Siblings | None = None  # set where several processes serve one port

    def problems(self) -> list[Problem]:
        """Give everything that keeps the whole gateway from starting, as far as it can be seen without starting."""
        _, unplanned = plan_services(self.composition)
        wrong = SettingsError(self.settings.problems).problems
        return [*wrong, *self.composition.problems, *unplanned, *self._unknown_fusion()]

    def _unknown_fusion(self) -> list[Problem]:
        chosen = self.settings.core.search.fusion
        offered = sorted(known_fusions(self.composition))
        if chosen in offered:
            return []
        return [Problem("search.fusion", f"there is no fusion {chosen!r}", hint=did_you_mean(chosen, offered))]

    async def start(self) -> None:
        """Start all services, sinks and watchers.

        Raises:
            StartupRefused: with every problem found, those of the services included.
        """
        problems = self.problems() if self.strict else []
        order, _ = plan_services(self.composition)
        try:
            await self._start_in(order)
            problems += await self._pending_of_plugins()
        except StartupRefused as refused:
            problems += refused.problems
        if problems:
            await self.registry.close()
            raise StartupRefused(problems)
        for warning in self.composition.warnings:
            logger.warning(warning.line())
        self.events.start()
        self.watchdog.start()

    async def _pending_of_plugins(self) -> Sequence[Problem]:
        """Name pending migrations of plugins; those of the metadata schema are its store's to refuse."""
        entries = [entry for entry in self.composition.of("migrations") if entry.provider.name]
        if not entries or not self.settings.core.metadata.require_migrated or not self.registry.has(MigrationStore):
            return []
        try:
            files = read_files([attrs.evolve(entry.provider, after=()) for entry in entries])
        except MigrationsRefused as refused:
            return refused.problems
        applied = await self.registry.get(MigrationStore).applied()
        hint = "run: altus4 migrate up"
        return [
            Problem(name.split("/")[0], f"its migration {name} is pending", hint=hint)
            for name in pending(files, applied)
        ]

    async def start_services(self, wanted: Collection[type]) -> None:
        """Start these services and what they require, for a command; other plugins' problems do not matter to it.

        Raises:
            StartupRefused: one is not offered or failed, or the core's settings are wrong.
        """
        if self.settings.problems:
            raise SettingsError(self.settings.problems)
        order, _ = plan_services(self.composition, wanted)
        offered = {planned.service.type for planned in order}
        missing = [kind for kind in wanted if kind not in offered]
        if missing:
            lines = [
                Problem("altus4", f"no enabled plugin offers {kind.__name__}", hint="enable one that does")
                for kind in missing
            ]
            raise StartupRefused([*lines, *self.composition.problems])
        await self._start_in(order)

    async def _start_in(self, order: Sequence[PlannedService]) -> None:
        await self.registry.start(order, deadline=self.settings.core.deadlines.service_start)

    async def stop(self) -> None:
        """Flush events, close databases, close services in reverse order."""
        await self.watchdog.stop()
        await self.events.stop()
        await self.targets.aclose()
        await self.registry.close()
        await asyncio.sleep(0)
