"""A customer's database, opened: what a search mode for MySQL gets."""

from collections.abc import Sequence
from datetime import datetime
from typing import Literal, Protocol, runtime_checkable

from attrs import field, frozen

from .literals import Scalar
from .options import Limits
from .rows import Rows
from .server_facts import ServerFacts
from .table import Table


@frozen
class TargetSchema:
    """What was found in a database at one moment."""

    database: str
    server: ServerFacts
    tables: tuple[Table, ...] = ()
    read_at: datetime = field(kw_only=True, metadata={"doc": "aware, UTC"})

    def table(self, name: str) -> Table | None:
        """The table of exactly that name, which is how the server itself spelt it."""
        for each in self.tables:
            if each.name == name:
                return each
        return None

    @property
    def searchable(self) -> tuple[Table, ...]:
        """The tables with a FULLTEXT index."""
        return tuple([each for each in self.tables if each.searchable])


@runtime_checkable
class MySQLTarget(Protocol):
    """An open target of kind `mysql`. Identifiers in statements come from its own schema alone."""

    @property
    def id(self) -> str:
        """The registered database's id."""

    @property
    def name(self) -> str:
        """The registered database's name."""

    @property
    def kind(self) -> Literal["mysql"]:
        """The kind of target."""

    async def schema(self) -> TargetSchema:
        """The discovered schema, possibly remembered.

        Raises:
            MySQLError: it could not be read.
        """

    async def fetch(
        self,
        sql: str,
        params: Sequence[Scalar] = (),
        *,
        deadline: float,
        limits: Limits | None = None,
        slow: bool = False,
    ) -> Rows:
        """Run one reading statement; see `Pool.fetch`.

        Args:
            sql: a template with `%s`.
            params: its values.
            deadline: seconds, everything included.
            limits: caps for the answer.
            slow: it will keep the server busy; few of these run at once.

        Raises:
            MySQLError: as `Pool.fetch`.
        """


@runtime_checkable
class AsideTarget(MySQLTarget, Protocol):
    """A target that also does work for which nobody waits, so that it takes no connection from those who do."""

    async def fetch_aside(
        self, sql: str, params: Sequence[Scalar] = (), *, deadline: float, limits: Limits | None = None
    ) -> Rows:
        """Run one small reading statement on a connection besides the pool's, of which there is one.

        Args:
            sql: a template with `%s`.
            params: its values.
            deadline: seconds, waiting for the connection included.
            limits: caps for the answer.

        Raises:
            MySQLError: as `Pool.fetch`.
        """
