"""Asking all databases at once, under one deadline; what fails or is late becomes that database's entry."""

import asyncio
import time
from collections.abc import Sequence

from altus4_core.composing.composition import Entry
from altus4_core.dispatch import Dispatch
from altus4_core.errors import ProviderFault, TargetFailed, Unsearchable, ValidationFailed
from altus4_core.records import DatabaseOutcome, DatabaseStatus, Notice, SearchRequest, TableHits
from altus4_core.search.paces import Paces
from altus4_core.search.results import check_hits
from altus4_core.search.targets import OpenTargets
from altus4_core.stored import Database

OVERRUN = (
    0.05  # seconds: a database's own deadline ends first, so that it is named and not the mode; this is for the rest
)
CANCEL_GRACE = 0.1  # seconds that cancelled searches get to notice

STATUS_OF_CODE = {
    "TIMEOUT": DatabaseStatus.TIMEOUT,
    "CIRCUIT_OPEN": DatabaseStatus.CIRCUIT_OPEN,
}


class FanOut:
    """Runs one search mode over many databases."""

    def __init__(self, targets: OpenTargets, dispatch: Dispatch) -> None:
        self._targets = targets
        self._dispatch = dispatch
        self._paces = Paces()

    async def run(self, mode: Entry, request: SearchRequest, databases: Sequence[Database]) -> list[DatabaseOutcome]:
        """Search all databases, the slowest one first; the outcomes stand in the order of `databases`.

        Raises:
            ValidationFailed, Unsearchable: the mode refuses the request itself.
        """
        seconds = request.timeout_ms / 1000
        if len(databases) == 1:
            return [await self._one(mode, request, databases[0], seconds)]
        started: dict[int, asyncio.Task[DatabaseOutcome]] = {
            place: asyncio.create_task(self._one(mode, request, databases[place], seconds))
            for place in self._paces.slowest_first([database.id for database in databases])
        }
        tasks = [started[place] for place in range(len(databases))]
        try:
            _, late = await asyncio.wait(tasks, timeout=seconds + 2 * OVERRUN)
            if late:
                for task in late:
                    task.cancel()
                await asyncio.wait(late, timeout=CANCEL_GRACE)
        except asyncio.CancelledError:
            for task in tasks:
                task.cancel()
            raise
        refusals = [error for task in tasks if task.done() and not task.cancelled() and (error := task.exception())]
        if refusals:
            raise refusals[0]
        outcomes = [
            task.result() if task.done() and not task.cancelled() else _late(database, seconds)
            for task, database in zip(tasks, databases, strict=True)
        ]
        self._paces.note(outcomes)
        return outcomes

    async def _one(self, mode: Entry, request: SearchRequest, database: Database, seconds: float) -> DatabaseOutcome:
        started = time.perf_counter()
        status, error, tables = DatabaseStatus.OK, None, ()
        kinds = mode.provider.kinds
        if database.kind not in kinds:
            message = f"Mode {mode.name!r} cannot search a database of kind {database.kind!r}."
            return _outcome(database, DatabaseStatus.SKIPPED, started, error=Notice("UNSUPPORTED_KIND", message))
        try:
            target = self._targets.held(database)
            if target is None:
                try:
                    async with asyncio.timeout(seconds):
                        target = await self._targets.get(database)
                except TimeoutError:
                    return _late(database, seconds)
            left = seconds - (time.perf_counter() - started)
            tables = await self._dispatch.call(
                mode,
                mode.provider.search,
                request,
                target,
                deadline=max(left, 0.0) + OVERRUN,
                check=check_hits,
                passes=(TargetFailed, Unsearchable, ValidationFailed),
            )
        except TargetFailed as failure:
            status = STATUS_OF_CODE.get(failure.error_code, DatabaseStatus.ERROR)
            error = Notice(failure.error_code, failure.message)
        except Unsearchable as refusal:
            if refusal.error_code != "NO_FULLTEXT_INDEX":
                raise
            status = DatabaseStatus.SKIPPED
            error = Notice(refusal.error_code, refusal.message, {"details": refusal.details})
        except ProviderFault as fault:
            timed_out = fault.kind == "timeout"
            status = DatabaseStatus.TIMEOUT if timed_out else DatabaseStatus.ERROR
            error = _timeout_notice(seconds) if timed_out else Notice("MODE_FAULT", "The search mode failed here.")
        else:
            error = _failure_of(tables)
            status = DatabaseStatus.OK if error is None else DatabaseStatus.PARTIAL
        return _outcome(database, status, started, tables=tables, error=error)


def _failure_of(tables: Sequence[TableHits]) -> Notice | None:
    """Say which tables could not answer, and why the first of them could not."""
    failures = {table.table: table.failure for table in tables if table.failure is not None}
    for first in failures.values():
        return Notice(first.code, first.message, {"tables": list(failures), **first.details})
    return None


def _outcome(
    database: Database,
    status: DatabaseStatus,
    started: float,
    *,
    tables: Sequence[TableHits] = (),
    error: Notice | None = None,
) -> DatabaseOutcome:
    took = round((time.perf_counter() - started) * 1000, 2)
    return DatabaseOutcome(database.id, database.name, status, took, tables, error)


def _timeout_notice(seconds: float) -> Notice:
    return Notice("TIMEOUT", f"The database did not answer within {round(seconds * 1000)} ms.")


def _late(database: Database, seconds: float) -> DatabaseOutcome:
    return DatabaseOutcome(
        database.id, database.name, DatabaseStatus.TIMEOUT, round(seconds * 1000, 2), (), _timeout_notice(seconds)
    )
