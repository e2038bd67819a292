"""The statements of this plugin: all of them. Names come from the discovered schema alone, values are placeholders.

Forms measured on MySQL 9.7 and MariaDB 10.11 (InnoDB): MySQL sorts by score inside the FULLTEXT index and keeps equal
scores in insertion order for every LIMIT, as long as nothing else is sorted by. MariaDB's FULLTEXT index gives ranked
rows by itself, also consistently; with ORDER BY it sorts a temporary table, slower and in an order of equal scores that
changes with LIMIT. Other engines rank nothing, hence the primary key as second criterion there.
"""

import re
from collections.abc import Sequence
from typing import Literal

import attrs
from altus4_mysql import Column, Scalar, quote_identifier

from altus4_search_fulltext.conditions import Condition
from altus4_search_fulltext.planner import SortColumn, TablePlan
from altus4_search_fulltext.values import BINARY_TYPES, GEOMETRY_TYPES, is_shown
from altus4_search_fulltext.wishes.sorting import expression, sorted_expression

Mode = Literal["natural", "boolean"]

_IN_MODE: dict[Mode, str] = {"natural": "NATURAL LANGUAGE", "boolean": "BOOLEAN"}
_GEOMETRY_BYTES = 16_384
HASHED = 200
"""Characters of a value that count for the id, and so the place, of a row without a key."""
_PLACEHOLDER = re.compile("%[%s]")


@attrs.frozen(eq=False)
class Selection:
    """A ranking statement; its parameters are the query, what `where_params` gives, and the number of rows.

    Attributes:
        sql: The template. Its columns are those of `plan.read`, then perhaps keys, what it sorts by, and the score.
        key: Where the values of the primary key stand.
        order: Where the values stand that the rows are sorted by.
        longest: Characters after which texts are cut; one more is read, so that a cut can be seen.
    """

    sql: str
    key: tuple[int, ...]
    longest: int
    order: tuple[int, ...] = ()


def selection(plan: TablePlan, mode: Mode, longest: int) -> Selection:
    """Build the ranking statement of a table.

    Args:
        plan: The table.
        mode: Of MATCH.
        longest: Characters after which texts are cut.
    """
    match = match_expression(plan, mode)
    score = _score_name(plan)
    wanted = [_expression(column, longest) for column in plan.read]
    key: list[int] = []
    for column in plan.key:
        name = quote_identifier(column.name)
        if name not in wanted:  # not shown, or not as it is
            wanted.append(name)
        key.append(wanted.index(name))
    sorted_by = [expression(each, _quoted(each)) for each in plan.order if each.column is not None or each.absent]
    places = tuple(range(len(wanted), len(wanted) + len(sorted_by)))
    order = ""
    if plan.order:
        order = f" ORDER BY {', '.join(_order(plan, score))}"
    elif not plan.sorted_by_index:
        order = f" ORDER BY {', '.join([f'{score} DESC', *_apart(plan)])}"
    elif not plan.mariadb:
        order = f" ORDER BY {score} DESC"
    listed = ", ".join([*wanted, *sorted_by, f"{match} AS {score}"])
    sql = f"SELECT {listed} FROM {table_name(plan)} WHERE {where(plan, mode)}{order} LIMIT %s"
    return Selection(sql, tuple(key), longest, places)


def where(plan: TablePlan, mode: Mode) -> str:
    """Give the condition of all statements that look a query up; its parameters are those of `where_params`."""
    match = match_expression(plan, mode)
    least = "" if plan.least is None else f" AND {match} >= %s"
    return f"{match}{plan.condition.beside}{least}"


def where_params(plan: TablePlan, text: str) -> tuple[Scalar, ...]:
    """Give the values for `where`."""
    least = () if plan.least is None else (text, plan.least)
    return (text, *plan.condition.params, *least)


def unmatched(plan: TablePlan, mode: Mode, text: str) -> Condition:
    """Give the condition that a query does not find a row by the plan's index."""
    match = match_expression(plan, mode)
    if plan.least is not None:
        return Condition(f"{match} < %s", (text, plan.least))
    return Condition(f"NOT {match}", (text,))


def is_narrowed(plan: TablePlan) -> bool:
    """Say whether rows that MATCH finds are left out, so that the index alone cannot count them."""
    return bool(plan.condition) or plan.least is not None


def count_statement(plan: TablePlan, mode: Mode) -> str:
    """Give the counting statement, which the index answers alone unless there is another condition."""
    return f"SELECT COUNT(*) FROM {table_name(plan)} WHERE {where(plan, mode)}"


def capped_count_statement(plan: TablePlan, mode: Mode) -> str:
    """Give the statement that counts up to a number, its last parameter.

    Another condition makes counting read every row: 800 ms instead of 85 for 221,000 rows, 172 up to 1,001.
    """
    rows = f"SELECT 1 FROM {table_name(plan)} WHERE {where(plan, mode)} LIMIT %s"
    return f"SELECT COUNT(*) FROM ({rows}) AS counted"


def facet_sample_statement(plan: TablePlan, mode: Mode, columns: Sequence[Column], longest: int) -> str:
    """Give the statement that reads columns of the first rows; its parameters are `ranked_params` and a number."""
    listed = ", ".join([_expression(column, longest) for column in columns])
    order = f" ORDER BY {match_expression(plan, mode)} DESC" if is_sorted_apart(plan) else ""
    return f"SELECT {listed} FROM {table_name(plan)} WHERE {where(plan, mode)}{order} LIMIT %s"


def facet_statement(plan: TablePlan, mode: Mode, column: Column, longest: int) -> str:
    """Give the statement that counts all values of a column; its parameters are `where_params` and a number."""
    listed = f"{_expression(column, longest)}, COUNT(*)"
    return f"SELECT {listed} FROM {table_name(plan)} WHERE {where(plan, mode)} GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT %s"


def ranked_params(plan: TablePlan, text: str) -> tuple[Scalar, ...]:
    """Give the values of a statement that ranks only to choose its first rows."""
    return (*where_params(plan, text), text) if is_sorted_apart(plan) else where_params(plan, text)


def is_sorted_apart(plan: TablePlan) -> bool:
    """Say whether the server gives rows ranked only if it is told to."""
    return plan.sorted_by_index and not plan.mariadb


def _order(plan: TablePlan, score: str) -> list[str]:
    """Give what rows are sorted by: what is missing last, equal ones by score, then by what tells rows apart."""
    parts: list[str] = []
    for each in plan.order:
        direction = "DESC" if each.descending else "ASC"
        if each.column is not None:
            name = _quoted(each)
            parts += [f"{name} IS NULL"] if each.column.nullable else []
            parts.append(f"{sorted_expression(each, name)} {direction}")
        elif not each.absent:
            parts.append(f"{score} {direction}")
    return [*parts, f"{score} DESC", *_apart(plan)]


def _apart(plan: TablePlan) -> list[str]:
    """Give what rows are sorted by at last: their key, or where there is none a digest of what their ids are made of.

    A sort puts equal rows in another order for every LIMIT, so that pages would lose some and repeat others.
    """
    if plan.key:
        return [quote_identifier(column.name) for column in plan.key]
    parts = [f"IFNULL(HEX({_written(column)}), '-')" for column in plan.table.columns if is_shown(column)]
    return [f"SHA2(CONCAT_WS(',', {', '.join(parts)}), 256)"]  # MySQL 9.6 and later have no MD5()


def _written(column: Column) -> str:
    """Give the beginning of a value as bytes; HEX of a number would be of the whole number next to it."""
    name = quote_identifier(column.name)
    if column.data_type in GEOMETRY_TYPES:
        return name
    if column.is_text or column.data_type == "json":
        return f"LEFT({name}, {HASHED})"
    return f"CAST({name} AS CHAR)"


def _quoted(sorted_by: SortColumn) -> str:
    return quote_identifier(sorted_by.column.name) if sorted_by.column is not None else ""


def match_expression(plan: TablePlan, mode: Mode) -> str:
    """Give MATCH over exactly the columns of the index, with one placeholder."""
    columns = ", ".join(quote_identifier(name) for name in plan.index.columns)
    return f"MATCH ({columns}) AGAINST (%s IN {_IN_MODE[mode]} MODE)"


def table_name(plan: TablePlan) -> str:
    """Give the table's full name."""
    return f"{quote_identifier(plan.table.schema)}.{quote_identifier(plan.table.name)}"


def masked(sql: str) -> str:
    """Give a statement as it may be shown: every value a question mark."""
    return _PLACEHOLDER.sub(lambda found: "?" if found[0] == "%s" else "%", sql)


def is_cut(column: Column, longest: int) -> bool:
    """Say whether values of a column may be longer than that: characters of texts, bytes of others."""
    if column.data_type in BINARY_TYPES:
        return True
    return column.is_text and column.data_type not in ("enum", "set") and (column.max_length or 0) > longest


def json_length(longest: int) -> int:
    """Give the characters after which JSON is cut; a cut one cannot be parsed, so there is more room."""
    return 4 * longest


def _expression(column: Column, longest: int) -> str:
    name = quote_identifier(column.name)
    if column.data_type == "json":
        return f"LEFT({name}, {json_length(longest) + 1})"
    if column.data_type == "vector":
        return f"TO_BASE64({name})"  # as it is, drivers cannot read it
    if column.data_type == "bit":
        return f"{name} + 0"
    if column.data_type in GEOMETRY_TYPES:
        return f"IF(LENGTH({name}) <= {_GEOMETRY_BYTES}, {name}, NULL)"
    if is_cut(column, longest):
        return f"LEFT({name}, {longest + 1})"
    return name


def _score_name(plan: TablePlan) -> str:
    """Give an alias that no column has: ORDER BY must not mean a column."""
    name = "altus4_score"
    taken = {column.name.casefold() for column in plan.table.columns}
    while name in taken:
        name += "_"
    return quote_identifier(name)
