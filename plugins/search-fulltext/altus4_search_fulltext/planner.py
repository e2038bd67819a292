"""Which FULLTEXT index of a table answers a search, and how its rows are read. Made once per schema and wish."""

from collections.abc import Callable, Sequence

import attrs
from altus4_mysql import Column, FulltextIndex, ServerFacts, Table

from altus4_core.records import Notice
from altus4_search_fulltext import notices
from altus4_search_fulltext.conditions import EVERY_ROW, Condition
from altus4_search_fulltext.covering import best_for, covering, together, widest
from altus4_search_fulltext.tokens import TokenRules
from altus4_search_fulltext.values import is_shown


@attrs.frozen
class SortColumn:
    """What rows are sorted by.

    Attributes:
        column: None: the score.
        descending: Whether the greatest comes first; what is missing is last in both directions.
        numbered: Whether it sorts by the places of its members, as ENUM and SET do where tables define them alike.
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
        indexes: Several that are searched together; `index` then stands for all of them. Empty: `index` alone.
        joint: The plan with several indexes, for queries that can be searched so.
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
    indexes: tuple[FulltextIndex, ...] = ()
    joint: "TablePlan | None" = None

    @property
    def single(self) -> tuple["TablePlan", ...]:
        """Give a plan for each index, which MATCH can name."""
        if not self.indexes:
            return (self,)
        return tuple([attrs.evolve(self, index=index, indexes=()) for index in self.indexes])

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
        named: list[str] | None = None
        columns = _spanned(table.fulltext_indexes)
        index = widest(table.fulltext_indexes)
    else:
        named = [column.name for name in wanted if (column := table.column(name)) is not None]
        unknown = [name for name in wanted if table.column(name) is None]
        if unknown:
            found.append(notices.unknown_columns(table.name, unknown))
        columns = frozenset(named)
        chosen = best_for(table.fulltext_indexes, columns) if named else None
        if chosen is None:
            if named:
                found.append(notices.columns_not_indexed(table.name, named, index_remedy(table, named)))
            return Skipped(table.name, tuple(found))
        index = chosen
    key = tuple(column for name in table.primary_key if (column := table.column(name)) is not None)
    keyless = () if key else (notices.no_primary_key(table.name, table.prefixed_key),)
    rules = rules_for(table, index)
    plan = TablePlan(
        table=table,
        index=index,
        rules=rules,
        shown=tuple(column for column in table.columns if is_shown(column)),
        key=key,
        sorted_by_index=(table.engine or "").casefold() == "innodb",
        mariadb=server.flavour == "mariadb",
        notices=(*found, *_about_one(table, index, named), *keyless),
    )
    indexes = covering(table.fulltext_indexes, columns, index, lambda other: rules_for(table, other) is rules)
    if len(indexes) == 1:
        return plan
    told = (*found, *_about_several(table, indexes, named), *keyless)
    return attrs.evolve(plan, joint=attrs.evolve(plan, index=together(indexes), indexes=indexes, notices=told))


def _about_one(table: Table, index: FulltextIndex, named: Sequence[str] | None) -> list[Notice]:
    """Tell what one index does not have of the wanted columns, or has besides."""
    if named is None:
        missing = sorted(_spanned(table.fulltext_indexes).difference(index.columns))
        return [notices.index_partial(table.name, index.name, missing)] if missing else []
    without = [name for name in dict.fromkeys(named) if name not in index.columns]
    besides = [name for name in index.columns if name not in named]
    if not without and not besides:
        return []
    return [notices.columns_not_exact(index.name, named, without, besides, index_remedy(table, named))]


def _about_several(table: Table, indexes: Sequence[FulltextIndex], named: Sequence[str] | None) -> list[Notice]:
    """Tell that several indexes are searched, and what even they do not have of the wanted columns."""
    index = together(indexes)
    names = [each.name for each in indexes]
    if named is not None:
        without = [name for name in dict.fromkeys(named) if name not in index.columns]
        remedy = index_remedy(table, named)
        return [notices.columns_not_exact(index.name, named, without, (), remedy, together=names)]
    told = [notices.indexes_joined(table.name, names, index_remedy(table, index.columns))]
    missing = sorted(_spanned(table.fulltext_indexes).difference(index.columns))
    return [*told, notices.index_partial(table.name, index.name, missing)] if missing else told


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
