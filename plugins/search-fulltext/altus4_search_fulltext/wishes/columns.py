"""Which column of a table a request means."""

import attrs
from altus4_mysql import Column, Table

from altus4_core.columnnames import ColumnName
from altus4_core.filters import Misfit
from altus4_core.nearest import nearest


@attrs.frozen
class Columns:
    """Finds the columns of one table.

    Attributes:
        table: The table.
        case_sensitive: Whether the server tells tables by case.
    """

    table: Table
    case_sensitive: bool = True

    def find(self, name: ColumnName, place: str) -> Column | Misfit:
        """Give the column, or say what is wrong with asking this table for it.

        Args:
            name: As the request has it.
            place: Where it stands there.
        """
        if name.table is not None:
            whole = self.table.column(name.plain)  # a column whose own name has a dot
            if whole is not None:
                return whole
            if not self._is_called(name.table):
                message = f"no searched table is called '{name.table}'"
                return Misfit(place, message, "unknown_table", concerned=False)
        found = self.table.column(name.column)
        if found is not None:
            return found
        near = nearest(name.column, [column.name for column in self.table.columns])
        hint = f"; did you mean '{near}'?" if near else ""
        return Misfit(place, f"table '{self.table.name}' has no column '{name.column}'{hint}", "unknown_column")

    def _is_called(self, name: str) -> bool:
        if self.case_sensitive:
            return name == self.table.name
        return name.casefold() == self.table.name.casefold()
