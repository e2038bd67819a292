"""Which FULLTEXT index of a table answers a search, and how its rows are read. Made once per schema and wish."""

from collections.abc import Callable, Sequence

import attrs
from altus4_mysql import Column, FulltextIndex, ServerFacts, Table

from altus4_core.records import Notice
from altus4_search_fulltext import notices
from altus4_search_fulltext.conditions import EVERY_ROW, Condition
from altus4_search_fulltext.tokens import TokenRules
from altus4_search_fulltext.values import is_shown


@attrs.frozen
class SortColumn:
    """What rows are sorted by.

    Attributes:
        column: None: the score.
        descending: Whether the greatest comes first; what is missing is last in both directions.
        numbered: Whether it sorts by the places of its members, as ENUM and SET do.
        absent: Whether this table has nothing to sort by here.
    """

    column: Column | None
    descending: bool = False
    numbered: bool = False
    absent: bool = False


@attrs.frozen
class Facet:
    """A column whose values are counted; `name` is how the request has it."""

    name: str
    column: Column


@attrs.frozen(eq=False)
class TablePlan:
    """How one table is searched.

    Attributes:
        table: The table.
        index: The index that MATCH names.
        rules: How the index tokenizes.
        shown: Columns of the results.
        key: Columns of the primary key, in order; empty when there is none.
        sorted_by_index: Whether the server's FULLTEXT index gives rows ranked (InnoDB).
        mariadb: Whether the server is a MariaDB.
        notices: What the caller should know about the choice.
        unseen: Columns that are read and not shown.
        condition: On the rows, beside MATCH.
        order: Of the rows; empty: by score.
        least: Score below which rows are left out.
        facets: Columns whose values are counted.
        marked: Columns whose matches are marked where that is wanted; None: all of the index.
    """

    table: Table
    index: FulltextIndex
    rules: TokenRules
    shown: tuple[Column, ...]
    key: tuple[Column, ...]
    sorted_by_index: bool
    mariadb: bool
    notices: tuple[Notice, ...] = ()
    unseen: tuple[Column, ...] = ()
    condition: Condition = EVERY_ROW
    order: tuple[SortColumn, ...] = ()
    least: float | None = None
    facets: tuple[Facet, ...] = ()
    marked: frozenset[str] | None = None

    @property
    def read(self) -> tuple[Column, ...]:
        """Give all columns that are read."""
        return (*self.shown, *self.unseen)


@attrs.frozen(eq=False)
class Skipped:
    """A table that is not searched, and why."""

    table: str
    notices: tuple[Notice, ...]


def plan_table(
    server: ServerFacts,
    table: Table,
    wanted: Sequence[str] | None,
    rules_for: Callable[[Table, FulltextIndex], TokenRules],
) -> TablePlan | Skipped:
    """Choose the index and the columns.

    Args:
        server: What the server is.
        table: A table of the discovered schema.
        wanted: Names of the columns to search in; None: all that are indexed.
        rules_for: Gives the rules of an index.
    """
    if not table.fulltext_indexes:
        return Skipped(table.name, (notices.no_fulltext_index(table.name, index_remedy(table)),))
    found: list[Notice] = []
    if wanted is None:
        index = widest(table.fulltext_indexes)
        missing = _spanned(table.fulltext_indexes).difference(index.columns)
        if missing:
            found.append(notices.index_partial(table.name, index.name, sorted(missing)))
    else:
        known = [column.name for name in wanted if (column := table.column(name)) is not None]
        unknown = [name for name in wanted if table.column(name) is None]
        if unknown:
            found.append(notices.unknown_columns(table.name, unknown))
        chosen = best_for(table.fulltext_indexes, frozenset(known)) if known else None
        if chosen is None:
            if known:
                found.append(notices.columns_not_indexed(table.name, known, index_remedy(table, known)))
            return Skipped(table.name, tuple(found))
        index = chosen
        without = [name for name in dict.fromkeys(known) if name not in index.columns]
        besides = [name for name in index.columns if name not in known]
        if without or besides:
            found.append(notices.columns_not_exact(index.name, known, without, besides, index_remedy(table, known)))
    key = tuple(column for name in table.primary_key if (column := table.column(name)) is not None)
    if not key:
        found.append(notices.no_primary_key(table.name))
    return TablePlan(
        table=table,
        index=index,
        rules=rules_for(table, index),
        shown=tuple(column for column in table.columns if is_shown(column)),
        key=key,
        sorted_by_index=(table.engine or "").casefold() == "innodb",
        mariadb=server.flavour == "mariadb",
        notices=tuple(found),
    )


def widest(indexes: Sequence[FulltextIndex]) -> FulltextIndex:
    """Give the index with most columns; of equals the built-in parser's, then the first."""
    return max(indexes, key=lambda index: (len(index.columns), index.parser is None))


def best_for(indexes: Sequence[FulltextIndex], wanted: frozenset[str]) -> FulltextIndex | None:
    """Give the widest index inside the wanted columns, else the one with fewest others; None: none touches them."""
    inside = [index for index in indexes if wanted.issuperset(index.columns)]
    if inside:
        return widest(inside)
    touching = [index for index in indexes if not wanted.isdisjoint(index.columns)]
    if not touching:
        return None
    return max(touching, key=lambda index: (len(wanted.intersection(index.columns)), -len(index.columns)))


def index_remedy(table: Table, wanted: Sequence[str] | None = None) -> str:
    """Give the statement that would make a table searchable.

    Args:
        table: The table.
        wanted: Names of the columns to index; None: all of text.

    Returns:
        the statement; empty when it is a view, has no text, or a wanted column has none.
    """
    columns = [column.name for column in table.columns if column.is_text and column.data_type not in _NOT_INDEXED]
    if wanted is not None:
        columns = list(dict.fromkeys(wanted)) if set(columns).issuperset(wanted) else []
    if table.kind != "table" or not columns:
        return ""
    listed = ", ".join(_quoted(name) for name in columns[:16])  # an index has at most 16 columns
    return f"ALTER TABLE {_quoted(table.name)} ADD FULLTEXT INDEX {_quoted(_index_name(columns))} ({listed})"


_NOT_INDEXED = frozenset(("enum", "set", "json"))


def _index_name(columns: Sequence[str]) -> str:
    return f"ft_{'_'.join(columns)}"[:64]


def _quoted(name: str) -> str:
    return "`" + name.replace("`", "``") + "`"


def _spanned(indexes: Sequence[FulltextIndex]) -> frozenset[str]:
    return frozenset(name for index in indexes for name in index.columns)
