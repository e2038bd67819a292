"""Identical searches of one principal at the same time run once; and their answers are kept, if the settings say so.

Who comes first searches in its own task, so that the usual search, which nobody shares, costs nothing more. Others
wait for its outcome. When the first one's client goes away, its search stops, and one of those who wait begins anew;
when the last one leaves, nothing is left running.
"""

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from typing import Generic, TypeVar

import attrs

from altus4_core.clock import Clock

Key = tuple[object, ...]
Answer = TypeVar("Answer")


@attrs.define(eq=False)
class _Flight(Generic[Answer]):
    """One search under way, and those who wait for it. A future without a result: begin anew."""

    waiting: list["asyncio.Future[Answer | None]"] = attrs.field(factory=list)

    def land(self, answer: Answer | None, error: Exception | None) -> None:
        for future in self.waiting:
            if future.done():
                continue
            if error is not None:
                future.set_exception(error)
                future.exception()  # whoever waited may have left: that is no error
            else:
                future.set_result(answer)


class Flights(Generic[Answer]):
    """Runs searches by key.

    Args:
        clock: Says how old a kept answer is.
        keep: Seconds for which answers are kept; 0: not at all.
        capacity: Answers kept at most.
    """

    def __init__(self, clock: Clock, keep: float = 0.0, capacity: int = 1000) -> None:
        self._clock = clock
        self._keep = keep
        self._capacity = capacity
        self._flying: dict[Key, _Flight[Answer]] = {}
        self._kept: OrderedDict[Key, tuple[float, Answer]] = OrderedDict()

    @property
    def running(self) -> int:
        """Give how many different searches are under way."""
        return len(self._flying)

    async def run(
        self, key: Key, search: Callable[[], Awaitable[Answer]], keep: Callable[[Answer], Answer | None]
    ) -> Answer:
        """Search, or share the answer of the same search.

        Args:
            key: Equal for searches that may share: it holds the principal.
            search: Does it.
            keep: Gives what of an answer is worth keeping; None: nothing.
        """
        kept = self._kept_answer(key) if self._keep else None
        if kept is not None:
            return kept
        while True:
            flight = self._flying.get(key)
            if flight is None:
                return await self._fly(key, search, keep)
            future: asyncio.Future[Answer | None] = asyncio.get_running_loop().create_future()
            flight.waiting.append(future)
            try:
                answer = await future
            finally:
                if not future.done() or future.cancelled():
                    flight.waiting.remove(future)
            if answer is not None:
                return answer

    async def _fly(
        self, key: Key, search: Callable[[], Awaitable[Answer]], keep: Callable[[Answer], Answer | None]
    ) -> Answer:
        flight = self._flying[key] = _Flight[Answer]()
        answer: Answer | None = None
        error: Exception | None = None
        try:
            answer = await search()
        except Exception as failure:
            error = failure
            raise
        finally:
            del self._flying[key]
            if flight.waiting:
                flight.land(answer, error)
        if self._keep:
            self._remember(key, keep(answer))
        return answer

    def _kept_answer(self, key: Key) -> Answer | None:
        held = self._kept.get(key)
        if held is None:
            return None
        if held[0] <= self._clock.monotonic():
            del self._kept[key]
            return None
        return held[1]

    def _remember(self, key: Key, answer: Answer | None) -> None:
        if answer is None:
            return
        self._kept[key] = (self._clock.monotonic() + self._keep, answer)
        self._kept.move_to_end(key)
        while len(self._kept) > self._capacity:
            self._kept.popitem(last=False)
