"""The one place where a provider is awaited: under a deadline, with its faults counted and named.

What a fault *means* is the seam's policy and stands with the caller; here it only becomes a `ProviderFault`.
"""

import asyncio
import logging
from collections import Counter
from collections.abc import Callable, Coroutine, Mapping
from typing import Any

import attrs

from altus4_core.composing.composition import Entry
from altus4_core.deadlines import Deadlines, Scope
from altus4_core.errors import FOREIGN_FAULTS, Altus4Error, ProviderFault
from altus4_core.resumed import Resumed

logger = logging.getLogger("altus4.dispatch")

FaultKey = tuple[str, str, str, str]  # plugin, seam, provider, kind


@attrs.define
class FaultLedger:
    """How often which provider broke its contract."""

    counts: Counter[FaultKey] = attrs.field(factory=Counter)

    def add(self, fault: ProviderFault) -> None:
        """Count one."""
        self.counts[(fault.plugin, fault.seam, fault.provider, fault.kind)] += 1

    def of_plugin(self, plugin: str) -> Mapping[str, int]:
        """Give a plugin's faults by kind."""
        totals: Counter[str] = Counter()
        for (name, _, _, kind), count in self.counts.items():
            if name == plugin:
                totals[kind] += count
        return totals


class Dispatch:
    """Awaits providers."""

    def __init__(self, ledger: FaultLedger | None = None) -> None:
        self.ledger = ledger or FaultLedger()
        self._deadlines = Deadlines()

    async def call(
        self,
        entry: Entry,
        method: Callable[..., Coroutine[Any, Any, Any]],
        *arguments: Any,
        deadline: float,
        check: Callable[[Any], str | None] | None = None,
        passes: tuple[type[Altus4Error], ...] = (),
    ) -> Any:
        """Await one method of a provider.

        Args:
            entry: Whose method it is.
            method: The bound method.
            arguments: Its arguments.
            deadline: Seconds.
            check: Says what is wrong with the result, or None.
            passes: Errors that the seam's contract allows; they go through untouched.

        Raises:
            ProviderFault: it raised anything else, was late, or returned what `check` refuses.
        """
        scope: Scope | None = None
        try:
            coroutine = method(*arguments)
            try:
                # Most calls are answered from memory: a first step without a timer costs a tenth of one with.
                waiting = coroutine.send(None)
            except StopIteration as done:
                result = done.value
            else:
                with self._deadlines.within(deadline) as scope:
                    result = await Resumed(coroutine, waiting)
        except passes:
            raise
        except TimeoutError as error:
            if scope is not None and scope.expired:
                raise self._fault(entry, "timeout", f"did not answer within {deadline:g} s") from error
            raise self._fault(entry, "raised", "raised TimeoutError") from error
        except asyncio.CancelledError as error:
            task = asyncio.current_task()
            if task is not None and task.cancelling():
                raise
            raise self._fault(entry, "raised", "raised CancelledError without being cancelled") from error
        except (Exception, SystemExit) as error:  # a plugin may not end the process either
            raise self._fault(entry, "raised", f"raised {type(error).__name__}") from error
        if scope is not None and scope.expired:  # it swallowed the cancellation: a late answer counts no more than none
            raise self._fault(entry, "timeout", f"did not answer within {deadline:g} s")
        if check is not None and (wrong := check(result)) is not None:
            raise self._fault(entry, "wrong-type", wrong)
        return result

    def run(
        self,
        entry: Entry,
        function: Callable[..., Any],
        *arguments: Any,
        check: Callable[[Any], str | None] | None = None,
    ) -> Any:
        """Call a provider's plain function; the same faults, but nothing can interrupt it."""
        try:
            result = function(*arguments)
        except FOREIGN_FAULTS as error:
            raise self._fault(entry, "raised", f"raised {type(error).__name__}") from error
        if check is not None and (wrong := check(result)) is not None:
            raise self._fault(entry, "wrong-type", wrong)
        return result

    def _fault(self, entry: Entry, kind: str, detail: str) -> ProviderFault:
        fault = ProviderFault(entry.plugin, entry.seam, entry.name, kind, detail)
        self.ledger.add(fault)
        logger.warning("%s", fault.message, extra={"plugin": entry.plugin}, exc_info=kind == "raised")
        return fault
