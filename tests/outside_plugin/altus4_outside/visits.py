"""A service that counts, and routes on it."""

from collections import Counter
from collections.abc import Sequence

import attrs

from altus4_core.errors import NotFound
from altus4_core.plugin import Handle
from altus4_core.records import Action
from altus4_core.routing import Call, Reply, Route
from altus4_core.schema.decode import field


class Visits:
    """Counts visits by page."""

    def __init__(self) -> None:
        self.counts: Counter[str] = Counter()
        self.closed = False

    async def ping(self) -> None:
        """Fail when closed."""
        if self.closed:
            raise RuntimeError

    async def aclose(self) -> None:
        """Close."""
        self.closed = True


@attrs.frozen
class Visit:
    """A visit to a page."""

    page: str = field(doc="Which page.", min_length=1, max_length=100)


@attrs.frozen
class VisitCount:
    """How often a page was visited."""

    page: str
    visit_count: int


def visit_routes(visits: Handle[Visits]) -> Sequence[Route]:
    """Make the routes."""

    async def add(call: Call) -> Reply:
        visits().counts[call.body.page] += 1
        return Reply(VisitCount(call.body.page, visits().counts[call.body.page]), 201)

    async def show(call: Call) -> VisitCount:
        page = call.path["page"]
        if page not in visits().counts:
            message = "Nobody has been there."
            raise NotFound(message)
        return VisitCount(page, visits().counts[page])

    base = "/api/v1/outside/visits"
    return [
        Route(
            "POST", base, add, "Count a visit.", action=Action("outside.visit"), request=Visit, response=VisitCount,
            status=201,
        ),
        Route("GET", f"{base}/{{page}}", show, "Show visits.", action=Action("outside.show"), response=VisitCount),
    ]  # fmt: skip
