"""Searches that end in an error: which of them the search log has, under which code."""

from asyncio import CancelledError
from collections.abc import Sequence
from typing import Final

from altus4_core.deadlines import Scope
from altus4_core.errors import DeadlineExceeded, told_of
from altus4_core.records import DatabaseOutcome

REFUSED: Final = 422
"""The status of searches that ran as far as a database's tables, or a mode, and could not be run."""


class FailedSearch(Exception):
    """A search that ended in an error: which, and how the databases fared, as far as that is known."""

    def __init__(self, error: BaseException, outcomes: Sequence[DatabaseOutcome] = ()) -> None:
        super().__init__(str(error))
        self.error = error
        self.outcomes = outcomes


def logged_code(error: BaseException, scope: Scope | None, *, begun: bool) -> str | None:
    """Give the code under which the search log has a search that ended so, the one of its answer; None: not at all.

    A request that is refused as wrong (400, 404) was no search. One whose client went away, or that a stop interrupted,
    was answered by nobody: it has no outcome that anybody saw, and how long it ran says how patient the client was.

    Args:
        error: What ended the search.
        scope: The deadline that may have interrupted it.
        begun: Whether its databases were known. Before that it is one only if it was interrupted: nothing was wrong.
    """
    if isinstance(error, CancelledError):
        return DeadlineExceeded.code if scope is not None and scope.expired else None
    if not begun or not isinstance(error, Exception):
        return None
    told = told_of(error)
    return told.error_code if told.status == REFUSED or told.status >= 500 else None
