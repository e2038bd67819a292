"""How a query would be run on a table: the server's plan of the very statement, and how many rows have each word.

The query travels as a value of an EXPLAIN made from the same template as the search; its text is never SQL.
"""

import time
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from altus4_mysql import MySQLError, MySQLTarget

from altus4_core.errors import TargetFailed, Unsearchable
from altus4_core.explanations import TableAnalysis
from altus4_core.records import Notice
from altus4_search_fulltext.failures import is_refused_statement
from altus4_search_fulltext.query import IndexQuery
from altus4_search_fulltext.statements import Mode, count_statement, masked
from altus4_search_fulltext.tablesearch import TableSearch

_ROWS = 20  # of the page that is planned
_MOST_TERMS = 8  # counted, each with a statement


async def analyze_table(
    target: MySQLTarget, search: TableSearch, mode: Mode, query: IndexQuery, ends: float
) -> TableAnalysis:
    """Plan a search of one table.

    Args:
        target: The database.
        search: Of the table.
        mode: Of MATCH.
        query: Prepared for its index.
        ends: `time.monotonic()` of the deadline.

    Raises:
        TargetFailed, MySQLError: as the target does.
    """
    statement = search.form(search.length(_ROWS)).selection.sql
    told: list[Notice] = [*query.notices]
    dropped = [word for notice in query.notices for word in notice.details.get("tokens", ())]
    plan: list[Mapping[str, Any]] = []
    terms: dict[str, int] = {}
    seconds = 0.0
    if query.text:
        for term in query.terms[:_MOST_TERMS]:
            terms[term] = await _frequency(target, search, mode, term, ends)
        try:
            seconds = search.lane.predict(query).seconds
            plan = await _plan(target, search, statement, query, ends)
        except Unsearchable as refusal:
            told.append(Notice(refusal.error_code, refusal.message))
    rows = search.plan.table.estimated_rows or 0
    return TableAnalysis(
        table=search.name,
        index=search.plan.index.name,
        statement=masked(statement),
        plan=plan,
        terms=terms,
        rows=rows,
        seconds=round(seconds, 4),
        dropped=dropped,
        notices=told,
    )


async def _plan(
    target: MySQLTarget, search: TableSearch, statement: str, query: IndexQuery, ends: float
) -> list[Mapping[str, Any]]:
    form = "" if search.plan.mariadb else "FORMAT=TRADITIONAL "
    deadline = max(ends - time.monotonic(), 0.001)
    values = (query.text, query.text, _ROWS + 1)
    try:
        found = await target.fetch(f"EXPLAIN {form}{statement}", values, deadline=deadline, slow=True)
    except (MySQLError, TargetFailed) as error:
        if not is_refused_statement(error):
            raise
        return []  # some views cannot be explained by those who may only read them
    names = [column.name for column in found.columns]
    return [{name: _ready(value) for name, value in zip(names, row, strict=True)} for row in found.rows]


async def _frequency(target: MySQLTarget, search: TableSearch, mode: Mode, term: str, ends: float) -> int:
    alone = IndexQuery(term, (), alternatives=True)
    sql = count_statement(search.plan, mode)
    return int((await search.lane.fetch(target, alone, sql, (term,), ends)).scalar())


def _ready(value: Any) -> Any:
    if isinstance(value, Decimal):
        return float(value)
    return value if value is None or isinstance(value, int | float | str) else str(value)
