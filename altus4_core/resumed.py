"""Going on with a coroutine whose first step was taken by hand."""

from collections.abc import Coroutine, Generator
from typing import Any, Generic, TypeVar

T = TypeVar("T")


class Resumed(Generic[T]):
    """Awaits the rest of a coroutine after `waiting = coroutine.send(None)`.

    What the coroutine waits for is handed to the event loop exactly as `await` would, and what the loop sends or
    throws (a cancellation) is handed back.
    """

    def __init__(self, coroutine: Coroutine[Any, Any, T], waiting: Any) -> None:
        self._coroutine = coroutine
        self._waiting = waiting

    def __await__(self) -> Generator[Any, Any, T]:
        """Go on until the coroutine returns or raises."""
        coroutine, waiting = self._coroutine, self._waiting
        while True:
            try:
                try:
                    sent = yield waiting
                except BaseException as error:  # noqa: BLE001 -- handed on to whom it is for
                    waiting = coroutine.throw(error)
                else:
                    waiting = coroutine.send(sent)
            except StopIteration as done:
                result: T = done.value
                return result
