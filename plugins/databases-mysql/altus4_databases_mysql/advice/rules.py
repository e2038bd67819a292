"""The rules: what a table's indexes and texts say about how well it can be searched. Pure."""

from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import datetime

import attrs
from altus4_mysql import FulltextIndex, ServerFacts, Table

from altus4_databases_mysql.advice import ddl
from altus4_databases_mysql.advice.record import Advice
from altus4_databases_mysql.advice.sample import ColumnSample

ENOUGH_SEARCHES = 100
"""Searches of a table before an index that none of them used counts as unused."""

_PROSE = 0.5
_CJK = 0.1
_NAMES = frozenset(
    {
        *("title", "name", "subject", "headline", "summary", "description", "content", "body", "text", "note", "notes"),
        *("comment", "message", "question", "answer", "abstract", "bio", "address", "label", "caption", "keywords"),
        "tags",
    }
)


@attrs.frozen
class Facts:
    """Everything the rules look at.

    Attributes:
        server: The server.
        table: The table.
        samples: Of its text columns; empty when they could not be read.
        usage: How often each list of columns was matched by this process.
        since: When counting began.
        definitions: Columns' lines of SHOW CREATE TABLE, where something is wrong with a collation.
    """

    server: ServerFacts
    table: Table
    samples: Mapping[str, ColumnSample]
    usage: Counter[tuple[str, ...]]
    since: datetime
    definitions: Mapping[str, str]


def advice_for(facts: Facts) -> list[Advice]:
    """Apply all rules to one table."""
    if facts.table.kind != "table":
        return []
    if not facts.table.fulltext_indexes:
        return list(_missing(facts))
    return [*_incomplete(facts), *_overlapping(facts), *_unused(facts), *_cjk(facts), *_collation(facts)]


def searchable_columns(facts: Facts) -> list[str]:
    """Name the columns that hold prose, in their order; judged by name and type where the table is empty."""
    found = []
    for column in sorted(facts.table.columns, key=lambda column: column.ordinal):
        sample = facts.samples.get(column.name)
        if sample is None:
            continue
        if sample.values:
            prose = sample.prose >= _PROSE and sample.words >= _PROSE
        else:
            prose = column.data_type.endswith("text") or column.name.casefold() in _NAMES
        if prose:
            found.append(column.name)
    return found


def _missing(facts: Facts) -> Iterator[Advice]:
    columns = searchable_columns(facts)
    if not columns:
        return
    cjk = _is_cjk(facts, columns) and facts.server.flavour == "mysql"
    yield Advice(
        type="missing",
        table=facts.table.name,
        columns=tuple(columns),
        description=f"No FULLTEXT index, so the table cannot be searched; {_named(columns)} hold(s) text.",
        impact="high",
        ddl=(ddl.add_index(facts.table, columns, ngram=cjk),),
        estimate=ddl.building(facts.table, columns, facts.samples, facts.server.flavour),
    )


def _incomplete(facts: Facts) -> Iterator[Advice]:
    indexes = facts.table.fulltext_indexes
    indexed = {name for index in indexes for name in index.columns}
    columns = searchable_columns(facts)
    new = [name for name in columns if name not in indexed]
    spanning = max(indexes, key=lambda index: len(index.columns))
    wanted = [*spanning.columns, *(name for name in (*sorted(indexed), *new) if name not in spanning.columns)]
    if len(wanted) == len(spanning.columns):
        return
    apart = [name for name in wanted if name not in spanning.columns and name not in new]
    told = []
    if new:
        told.append(f"{_named(new)} hold(s) text and is in no FULLTEXT index")
    if apart:
        told.append(f"{_named(apart)} is indexed apart from '{spanning.name}'")
    yield Advice(
        type="incomplete",
        table=facts.table.name,
        columns=tuple(new or apart),
        index=spanning.name,
        description=(
            f"{'; '.join(told)}. MATCH names exactly one index's columns, so a search of the whole table needs an "
            f"index over all of them."
        ),
        impact="medium",
        ddl=(ddl.add_index(facts.table, wanted, ngram=spanning.parser == "ngram"),),
        estimate=ddl.building(facts.table, wanted, facts.samples, facts.server.flavour),
    )


def _overlapping(facts: Facts) -> Iterator[Advice]:
    indexes = facts.table.fulltext_indexes
    for place, index in enumerate(indexes):
        twin = next((other for other in indexes[:place] if _same(index, other)), None)
        if twin is not None:
            yield _superfluous(
                facts,
                index,
                "duplicate",
                "high",
                f"'{index.name}' has the same columns as '{twin.name}': it serves nothing and costs with each write.",
            )
            continue
        wider = next(
            (other for other in indexes if set(index.columns) < set(other.columns) and index.parser == other.parser),
            None,
        )
        if wider is not None:
            yield _superfluous(
                facts,
                index,
                "overlapping",
                "low",
                f"'{index.name}' is contained in '{wider.name}'. Keep it for searches of {_named(index.columns)} alone "
                f"(`columns` in a request): MATCH must name exactly its columns. Nothing else uses it.",
            )


def _unused(facts: Facts) -> Iterator[Advice]:
    searches = sum(facts.usage.values())
    if searches < ENOUGH_SEARCHES:
        return
    for index in facts.table.fulltext_indexes:
        if not any(set(columns) == set(index.columns) for columns in facts.usage):
            yield _superfluous(
                facts,
                index,
                "unused",
                "medium",
                f"None of the {searches} searches of this table that this process of the gateway sent since "
                f"{facts.since:%Y-%m-%d %H:%M} UTC used '{index.name}'. Others may: the server does not count "
                f"FULLTEXT reads.",
            )


def _superfluous(facts: Facts, index: FulltextIndex, kind: str, impact: str, description: str) -> Advice:
    return Advice(
        type=kind,  # type: ignore[arg-type]  # one of the literals, given by the rules above
        table=facts.table.name,
        columns=index.columns,
        index=index.name,
        description=description,
        impact=impact,  # type: ignore[arg-type]
        ddl=(ddl.drop_index(facts.table, index.name),),
        estimate=ddl.dropping(facts.table, index.columns, facts.samples, facts.server.flavour),
    )


def _cjk(facts: Facts) -> Iterator[Advice]:
    for index in facts.table.fulltext_indexes:
        if index.parser is not None or not _is_cjk(facts, index.columns):
            continue
        why = (
            f"{_named(index.columns)} hold(s) Chinese, Japanese or Korean text, and the built-in parser of "
            f"'{index.name}' takes everything between two spaces for one word."
        )
        if facts.server.flavour != "mysql":
            yield Advice(
                "cjkParser",
                facts.table.name,
                index.columns,
                f"{why} MariaDB has no ngram parser: only whole passages will be found here.",
                "high",
                index=index.name,
            )
            continue
        yield Advice(
            type="cjkParser",
            table=facts.table.name,
            columns=index.columns,
            index=index.name,
            description=f"{why} The ngram parser indexes every pair of characters.",
            impact="high",
            ddl=(
                ddl.drop_index(facts.table, index.name),
                ddl.add_index(facts.table, index.columns, name=index.name, ngram=True),
            ),
            estimate=ddl.building(facts.table, index.columns, facts.samples, facts.server.flavour),
        )


def _collation(facts: Facts) -> Iterator[Advice]:
    """Indexes whose columns distinguish case or accents. Columns of one index share a collation and change together."""
    by_collation: dict[str, list[str]] = {}
    for index in facts.table.fulltext_indexes:
        for name in index.columns:
            column = facts.table.column(name)
            collation = (column.collation if column else None) or ""
            if collation.endswith(("_bin", "_cs", "_as_cs")) and name not in by_collation.get(collation, ()):
                by_collation.setdefault(collation, []).append(name)
    for collation, columns in by_collation.items():
        better = _insensitive(collation, facts.server)
        lines = [facts.definitions[name] for name in columns if name in facts.definitions]
        complete = len(lines) == len(columns)
        yield Advice(
            type="collation",
            table=facts.table.name,
            columns=tuple(columns),
            description=(
                f"{_named(columns)} has collation {collation}, which tells capitals and accents apart: a search for "
                f"'tea' does not find 'Tea'. The statement rebuilds the table and its indexes."
            ),
            impact="medium",
            ddl=(ddl.recollate(facts.table, lines, better),) if complete else (),
            estimate=ddl.building(facts.table, columns, facts.samples, facts.server.flavour),
        )


def _insensitive(collation: str, server: ServerFacts) -> str:
    """Give a collation of the same character set that ignores case and accents, and that the server has."""
    charset = collation.partition("_")[0]
    if charset == "utf8mb4":
        return "utf8mb4_0900_ai_ci" if server.flavour == "mysql" else "utf8mb4_unicode_ci"
    if charset in {"utf8", "utf8mb3"}:
        return f"{charset}_unicode_ci"
    return "latin1_swedish_ci" if charset == "latin1" else f"{charset}_general_ci"


def _is_cjk(facts: Facts, columns: "tuple[str, ...] | list[str]") -> bool:
    return any(facts.samples[name].cjk >= _CJK for name in columns if name in facts.samples)


def _same(index: FulltextIndex, other: FulltextIndex) -> bool:
    return set(index.columns) == set(other.columns) and index.parser == other.parser


def _named(columns: "tuple[str, ...] | list[str]") -> str:
    return ", ".join(f"'{name}'" for name in columns)
