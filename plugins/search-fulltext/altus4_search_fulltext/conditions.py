"""A condition on the rows of a table, as its statements take it up."""

from collections.abc import Sequence

import attrs
from altus4_mysql import Scalar


@attrs.frozen
class Condition:
    """A fragment of SQL, and its values. Names in it come from the schema, all values are placeholders.

    Attributes:
        sql: Empty: every row is wanted.
        params: For its placeholders.
    """

    sql: str = ""
    params: tuple[Scalar, ...] = ()

    def __bool__(self) -> bool:
        """Say whether there is any condition."""
        return bool(self.sql)

    @property
    def beside(self) -> str:
        """Give it as it stands behind another condition."""
        return f" AND {self.sql}" if self.sql else ""


EVERY_ROW = Condition()


def joined(conditions: Sequence[Condition], word: str) -> Condition:
    """Give several in brackets, with AND or OR between them.

    Args:
        conditions: At least one.
        word: `AND` or `OR`.
    """
    if len(conditions) == 1:
        return conditions[0]
    sql = f" {word} ".join([condition.sql for condition in conditions])
    return Condition(f"({sql})", tuple(value for condition in conditions for value in condition.params))
