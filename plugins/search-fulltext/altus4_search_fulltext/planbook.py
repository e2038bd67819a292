"""The plans of a schema: which tables a request means, and how each is searched. Made once, then looked up."""

from collections import OrderedDict
from collections.abc import Callable
from functools import partial

import attrs
from altus4_mysql import FulltextIndex, Table, TargetSchema

from altus4_core.errors import Unsearchable
from altus4_core.nearest import nearest
from altus4_core.records import Notice, SearchRequest, TableHits
from altus4_search_fulltext import notices
from altus4_search_fulltext.costs import CostBook, CostLimits
from altus4_search_fulltext.jointsearch import JointSearch
from altus4_search_fulltext.lane import Lane
from altus4_search_fulltext.planner import Skipped, TablePlan, index_remedy, plan_table
from altus4_search_fulltext.statements import Mode
from altus4_search_fulltext.tablesearch import TableSearch
from altus4_search_fulltext.tokens import TokenRules, rules_of
from altus4_search_fulltext.wishes.refining import Refined, is_plain, refined, skipped_notices, sorted_alike

_CHOICES = 64  # remembered for one schema
_DATABASES = 1024  # remembered at all
_REMEDIES = 20  # shown in one refusal

RowsWith = Callable[[str, str, str, str], int | None]
"""Estimates how many rows have a word, given the database's id, the table, the index and the word."""

Wish = tuple[tuple[str, ...] | None, tuple[str, ...] | None]


@attrs.frozen(eq=False)
class Choice:
    """The tables of a request, and what is already known about those that are not searched."""

    searches: tuple[TableSearch, ...]
    skipped: tuple[TableHits, ...]


class PlanBook:
    """The plans of one schema.

    Args:
        database_id: Whose they are.
        schema: As discovered.
        mode: Of MATCH.
        longest: Characters after which values are cut.
        costs: Remembers what searches cost.
        limits: When they cost too much.
        rows_with: Knows words from samples of tables.
    """

    def __init__(
        self,
        database_id: str,
        schema: TargetSchema,
        mode: Mode,
        longest: int,
        costs: CostBook,
        limits: CostLimits,
        rows_with: RowsWith | None = None,
    ) -> None:
        self._database_id = database_id
        self._schema = schema
        self._costs = costs
        self._limits = limits
        self._rows_with = rows_with
        self._mode: Mode = mode
        self._longest = longest
        self._choices: OrderedDict[Wish, Choice] = OrderedDict()
        self._rules: dict[tuple[str | None, ...], TokenRules] = {}

    def choose(self, request: SearchRequest) -> Choice:
        """Give the tables to search.

        Raises:
            Unsearchable: none of them has a FULLTEXT index.
        """
        wish: Wish = (request.tables, request.columns)
        choice = self._choices.get(wish)
        if choice is None:
            choice = self._choose(*wish)
            self._choices[wish] = choice
            if len(self._choices) > _CHOICES:
                self._choices.popitem(last=False)
        return choice if is_plain(request) else self._refined(choice, request)

    def _refined(self, choice: Choice, request: SearchRequest) -> Choice:
        """Fit a request's wishes to each table; one that they do not fit is skipped."""
        searches: list[tuple[TableSearch, Refined]] = []
        skipped = list(choice.skipped)
        case_sensitive = self._schema.server.case_sensitive_tables
        for search in choice.searches:
            fitted = refined(search.plan, request, case_sensitive=case_sensitive)
            if fitted.skipped:
                told = skipped_notices(search.name, fitted.skipped)
                skipped.append(TableHits(search.name, "", (), 0, "eq", notices=told, misfits=fitted.misfits))
            else:
                searches.append((search, fitted))
        plans = sorted_alike([fitted.plan for _, fitted in searches])
        found = [search.refined(plan, fitted.misfits) for (search, fitted), plan in zip(searches, plans, strict=True)]
        return Choice(tuple(found), tuple(skipped))

    def _choose(self, names: tuple[str, ...] | None, columns: tuple[str, ...] | None) -> Choice:
        missing: list[Notice] = []
        if names is None:
            tables = list(self._schema.searchable)
            if not tables:
                raise self._unsearchable(self._schema.tables)
        else:
            tables, missing = self._named(names)
        searches: list[TableSearch] = []
        skipped: list[Skipped] = []
        for table in tables:
            plan = plan_table(self._schema.server, table, columns, self._rules_for)
            if isinstance(plan, Skipped):
                skipped.append(plan)
            else:
                searches.append(self._search(plan))
        if not searches and any(not table.searchable for table in tables):
            raise self._unsearchable([table for table in tables if not table.searchable])
        if names is None and searches:
            # Nobody named these tables: one that has none of the wanted columns is simply not meant.
            skipped = [one for one in skipped if any(notice.code != "UNKNOWN_COLUMN" for notice in one.notices)]
        told = [_nothing(one.table, one.notices) for one in skipped]
        return Choice(tuple(searches), (*told, *(_nothing(str(each.details["table"]), (each,)) for each in missing)))

    def _search(self, plan: TablePlan) -> TableSearch:
        joint = None
        if plan.joint is not None:
            lanes = [self._lane(plan.table, index, plan.joint.index) for index in plan.joint.indexes]
            joint = JointSearch(plan.joint, self._mode, self._longest, lanes)
        lane = self._lane(plan.table, plan.index, plan.index)
        return TableSearch(plan, self._mode, self._longest, lane, joint=joint)

    def _lane(self, table: Table, index: FulltextIndex, sampled: FulltextIndex) -> Lane:
        """Give the lane of an index; words are known from a sample of it, or of all that are searched together."""
        place = "\0".join((self._database_id, table.name, index.name))
        names = (self._database_id, table.name, sampled.name)
        frequency = partial(self._rows_with, *names) if self._rows_with is not None else None
        return Lane(self._costs, self._limits, place, table.name, frequency)

    def _named(self, names: tuple[str, ...]) -> tuple[list[Table], list[Notice]]:
        found: dict[str, Table] = {}
        missing: list[Notice] = []
        known = [table.name for table in self._schema.tables]
        for name in dict.fromkeys(names):
            table = self._schema.table(name) or self._other_spelling(name)
            if table is None:
                missing.append(notices.unknown_table(name, nearest(name, known)))
            else:
                found[table.name] = table
        return list(found.values()), missing

    def _other_spelling(self, name: str) -> Table | None:
        """Find a table whose name differs in case only, where the server does not tell them apart."""
        if self._schema.server.case_sensitive_tables:
            return None
        wanted = name.casefold()
        return next((table for table in self._schema.tables if table.name.casefold() == wanted), None)

    def _rules_for(self, table: Table, index: FulltextIndex) -> TokenRules:
        """Share rules between indexes that tokenize alike, so that a query is prepared once for all of them."""
        column = table.column(index.columns[0])
        key = (table.engine, index.parser, column.collation if column else table.collation)
        if key not in self._rules:
            self._rules[key] = rules_of(self._schema.server, table, index)
        return self._rules[key]

    def _unsearchable(self, tables: "tuple[Table, ...] | list[Table]") -> Unsearchable:
        remedies = [
            {"database": self._schema.database, "table": table.name, "sqlSuggestion": remedy}
            for table in tables
            if (remedy := index_remedy(table))
        ]
        message = f"No searched table of database '{self._schema.database}' has a FULLTEXT index"
        message += f"; create one: {remedies[0]['sqlSuggestion']}" if remedies else "."
        return Unsearchable(message, code="NO_FULLTEXT_INDEX", details=remedies[:_REMEDIES])


class PlanBooks:
    """The plan books of the databases in use, the least recently used forgotten."""

    def __init__(
        self, mode: Mode, longest: int, costs: CostBook, limits: CostLimits, rows_with: RowsWith | None = None
    ) -> None:
        self._mode: Mode = mode
        self._longest = longest
        self._costs = costs
        self._limits = limits
        self._rows_with = rows_with
        self._books: OrderedDict[str, tuple[TargetSchema, PlanBook]] = OrderedDict()

    def of(self, database_id: str, schema: TargetSchema) -> PlanBook:
        """Give the plans of a database. A schema that was read again is another object, and gets new ones."""
        held = self._books.get(database_id)
        if held is not None and held[0] is schema:
            self._books.move_to_end(database_id)
            return held[1]
        book = PlanBook(database_id, schema, self._mode, self._longest, self._costs, self._limits, self._rows_with)
        self._books[database_id] = (schema, book)
        if len(self._books) > _DATABASES:
            self._books.popitem(last=False)
        return book


def _nothing(table: str, told: "tuple[Notice, ...]") -> TableHits:
    return TableHits(table, "", (), 0, "eq", notices=told)
