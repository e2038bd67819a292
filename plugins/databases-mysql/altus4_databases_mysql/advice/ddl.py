"""The statements of advice, and what running them takes.

Measured while building an index over 25 MB of text (MySQL 9.7: 17 s, MariaDB 10.11: 4 s, on two busy cores; the index
took 0.8 to 0.95 bytes for each byte of text). Forms tried on both servers: InnoDB builds one FULLTEXT index at a time,
so each has a statement of its own; the columns of an index must share a collation, so they change in one statement.
"""

import re
from collections.abc import Iterable, Mapping, Sequence

from altus4_mysql import Table

from altus4_databases_mysql.advice.record import Estimate
from altus4_databases_mysql.advice.sample import CHARACTERS, ColumnSample

_SECONDS_PER_MB = {"mysql": 0.7, "mariadb": 0.2}
_INDEX_BYTES_PER_TEXT_BYTE = 0.9
_LEAST_INDEX_BYTES = 700_000  # the auxiliary tables of an empty one
_MOST_COLUMNS = 16


def quoted(name: str) -> str:
    """Quote a name for a person to paste; `%` stays as it is, since nothing formats it."""
    return "`" + name.replace("`", "``") + "`"


def index_name(columns: Sequence[str], table: Table) -> str:
    """Make a name that the table has not used."""
    taken = {index.name.casefold() for index in table.fulltext_indexes}
    base = re.sub(r"\W+", "_", f"ft_{'_'.join(columns)}")[:60].rstrip("_")
    name, number = base, 2
    while name.casefold() in taken:
        name, number = f"{base}_{number}", number + 1
    return name


def add_index(table: Table, columns: Sequence[str], *, name: str | None = None, ngram: bool = False) -> str:
    """Give ALTER TABLE ... ADD FULLTEXT INDEX."""
    chosen = list(columns)[:_MOST_COLUMNS]
    parser = " WITH PARSER ngram" if ngram else ""
    listed = ", ".join(map(quoted, chosen))
    called = quoted(name or index_name(chosen, table))
    return f"ALTER TABLE {quoted(table.name)} ADD FULLTEXT INDEX {called} ({listed}){parser}"


def drop_index(table: Table, name: str) -> str:
    """Give ALTER TABLE ... DROP INDEX."""
    return f"ALTER TABLE {quoted(table.name)} DROP INDEX {quoted(name)}"


def recollate(table: Table, definitions: Iterable[str], collation: str) -> str:
    """Give one ALTER TABLE that changes columns to a collation.

    Args:
        table: The table.
        definitions: The columns' lines of SHOW CREATE TABLE.
        collation: The new one.
    """
    parts = ", ".join(f"MODIFY COLUMN {_with_collation(line, collation)}" for line in definitions)
    return f"ALTER TABLE {quoted(table.name)} {parts}"


def column_definitions(created: str) -> Mapping[str, str]:
    """Read the columns' lines of SHOW CREATE TABLE, by the columns' names."""
    found: dict[str, str] = {}
    for line in created.splitlines():
        match = re.match(r"\s*`((?:[^`]|``)+)`\s", line)
        if match is not None:
            found[match[1].replace("``", "`")] = line.strip().removesuffix(",")
    return found


def building(table: Table, columns: Sequence[str], samples: Mapping[str, ColumnSample], flavour: str) -> Estimate:
    """Estimate what building an index takes."""
    rows = table.estimated_rows or 0
    data = table.data_bytes or 0
    sampled = sum(samples[name].characters for name in columns if name in samples)
    # Values were cut while sampling: where they may go on, the table's own size is the better guess.
    long = any(samples[name].characters >= CHARACTERS * 0.9 for name in columns if name in samples)
    text = int(data * 0.8) if long or not sampled else min(int(rows * sampled), data or int(rows * sampled))
    seconds = text / 1e6 * _SECONDS_PER_MB.get(flavour, 0.7)
    size = max(_LEAST_INDEX_BYTES, int(text * _INDEX_BYTES_PER_TEXT_BYTE))
    basis = (
        f"about {text / 1e6:.1f} MB of text in {rows} rows, {_SECONDS_PER_MB.get(flavour, 0.7)} s for each MB "
        f"(measured on two cores), {_INDEX_BYTES_PER_TEXT_BYTE} bytes of index for each byte; the first FULLTEXT index "
        f"of a table rebuilds it; writes wait meanwhile"
    )
    return Estimate(rows, round(seconds, 1), size, basis)


def dropping(table: Table, columns: Sequence[str], samples: Mapping[str, ColumnSample], flavour: str) -> Estimate:
    """Estimate what dropping an index gives back."""
    built = building(table, columns, samples, flavour)
    return Estimate(built.rows, 0.1, -built.bytes, "dropping changes no rows; the space is what building would take")


def _with_collation(definition: str, collation: str) -> str:
    charset = collation.partition("_")[0]
    without = re.sub(r"\s+CHARACTER SET \w+", "", definition)
    without = re.sub(r"\s+COLLATE \w+", "", without)
    head = re.match(r"(`(?:[^`]|``)+`\s+\w+(?:\([^)]*\))?)", without)
    end = head.end() if head else len(without)
    return f"{without[:end]} CHARACTER SET {charset} COLLATE {collation}{without[end:]}"
