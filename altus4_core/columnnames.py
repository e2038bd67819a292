"""Names of columns as requests write them: `price`, `products.price`, and "`a.b`" where a name itself has a dot."""

import re

import attrs

_QUOTED = re.compile(r"`((?:[^`]|``)+)`")
_RESERVED = frozenset({"and", "or", "not"})  # of filters
_LONGEST = 64  # characters of a name, MySQL's own bound


@attrs.frozen
class ColumnName:
    """A column; `table` confines it to that table."""

    column: str
    table: str | None = None

    @property
    def plain(self) -> str:
        """Give the name without backticks, as a column whose own name has a dot would be called."""
        return self.column if self.table is None else f"{self.table}.{self.column}"


def read_column(text: str) -> ColumnName:
    """Read a name.

    Raises:
        ValueError: it is none; the text says why.
    """
    table: str | None = None
    rest = text
    quoted = _QUOTED.match(rest)
    if quoted and rest[quoted.end() :].startswith("."):
        table, rest = _unquoted(quoted), rest[quoted.end() + 1 :]
    elif not quoted and "." in rest:
        table, _, rest = rest.partition(".")
    if rest.startswith("`"):
        quoted = _QUOTED.fullmatch(rest)
        if quoted is None:
            message = "has a backtick without its twin; write one inside a name twice"
            raise ValueError(message)
        rest = _unquoted(quoted)
    for part in (table, rest):
        if part is not None and not 0 < len(part) <= _LONGEST:
            message = f"must be a column or table.column, names of 1 to {_LONGEST} characters"
            raise ValueError(message)
    return ColumnName(rest, table)


def spelt(column: str) -> str:
    """Give a column's name as a request must write it."""
    if column in _RESERVED or "." in column or column.startswith("`"):
        return f"`{column.replace('`', '``')}`"
    return column


def _unquoted(quoted: "re.Match[str]") -> str:
    return quoted[1].replace("``", "`")
