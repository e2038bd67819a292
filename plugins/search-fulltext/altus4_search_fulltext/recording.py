"""What was really sent for a table: a target that writes statements down, for searches that want an explanation."""

from collections.abc import Sequence
from typing import Any, cast

from altus4_mysql import Limits, MySQLTarget, Rows, Scalar

from altus4_search_fulltext.statements import masked


class Recording:
    """A target that passes everything on, and keeps the texts of statements.

    Args:
        origin: The target.

    Attributes:
        statements: In the order in which they were sent, every value masked; each once.
    """

    def __init__(self, origin: MySQLTarget) -> None:
        self.origin = origin
        self.statements: dict[str, None] = {}

    @property
    def target(self) -> MySQLTarget:
        """Give itself as the target that it is, too."""
        return cast("MySQLTarget", self)

    async def fetch(
        self,
        sql: str,
        params: Sequence[Scalar] = (),
        *,
        deadline: float,
        limits: Limits | None = None,
        slow: bool = False,
    ) -> Rows:
        """Run one reading statement."""
        self.statements[masked(sql)] = None
        return await self.origin.fetch(sql, params, deadline=deadline, limits=limits, slow=slow)

    def __getattr__(self, name: str) -> Any:
        """Give whatever else the target has."""
        return getattr(self.origin, name)


def unrecorded(target: MySQLTarget) -> MySQLTarget:
    """Give the target itself, for work that is not part of the search."""
    return target.origin if isinstance(target, Recording) else target
