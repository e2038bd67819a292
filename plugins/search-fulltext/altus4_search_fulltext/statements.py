"""The statements of this plugin: all of them. Names come from the discovered schema alone, values are placeholders.

Forms measured on MySQL 9.7 and MariaDB 10.11 (InnoDB): MySQL sorts by score inside the FULLTEXT index and keeps equal
scores in insertion order for every LIMIT, as long as nothing else is sorted by. MariaDB's FULLTEXT index gives ranked
rows by itself, also consistently; with ORDER BY it sorts a temporary table, slower and in an order of equal scores that
changes with LIMIT. Other engines rank nothing, hence the primary key as second criterion there.
"""

import re
from typing import Literal

import attrs
from altus4_mysql import Column, quote_identifier

from altus4_search_fulltext.planner import TablePlan
from altus4_search_fulltext.values import GEOMETRY_TYPES

Mode = Literal["natural", "boolean"]

_IN_MODE: dict[Mode, str] = {"natural": "NATURAL LANGUAGE", "boolean": "BOOLEAN"}
_GEOMETRY_BYTES = 16_384
_PLACEHOLDER = re.compile("%[%s]")


@attrs.frozen(eq=False)
class Selection:
    """A ranking statement; its parameters are the query, the query and the number of rows.

    Attributes:
        sql: The template. Its columns are those of `plan.shown`, then perhaps keys, then the score.
        key: Where the values of the primary key stand.
        longest: Characters after which texts are cut; one more is read, so that a cut can be seen.
    """

    sql: str
    key: tuple[int, ...]
    longest: int


def selection(plan: TablePlan, mode: Mode, longest: int) -> Selection:
    """Build the ranking statement of a table.

    Args:
        plan: The table.
        mode: Of MATCH.
        longest: Characters after which texts are cut.
    """
    match = match_expression(plan, mode)
    score = _score_name(plan)
    wanted = [_expression(column, longest) for column in plan.shown]
    key: list[int] = []
    for column in plan.key:
        name = quote_identifier(column.name)
        if name not in wanted:  # not shown, or not as it is
            wanted.append(name)
        key.append(wanted.index(name))
    order = ""
    if not plan.sorted_by_index:
        by_key = [quote_identifier(column.name) for column in plan.key]
        order = f" ORDER BY {', '.join([f'{score} DESC', *by_key])}"
    elif not plan.mariadb:
        order = f" ORDER BY {score} DESC"
    listed = ", ".join([*wanted, f"{match} AS {score}"])
    sql = f"SELECT {listed} FROM {table_name(plan)} WHERE {match}{order} LIMIT %s"
    return Selection(sql, tuple(key), longest)


def count_statement(plan: TablePlan, mode: Mode) -> str:
    """Give the counting statement, which the index answers alone; its parameter is the query."""
    return f"SELECT COUNT(*) FROM {table_name(plan)} WHERE {match_expression(plan, mode)}"


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
    """Say whether texts of a column may be longer than that."""
    return column.is_text and column.data_type not in ("enum", "set") and (column.max_length or 0) > longest


def json_length(longest: int) -> int:
    """Give the characters after which JSON is cut; a cut one cannot be parsed, so there is more room."""
    return 4 * longest


def _expression(column: Column, longest: int) -> str:
    name = quote_identifier(column.name)
    if column.data_type == "json":
        return f"LEFT({name}, {json_length(longest) + 1})"
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
