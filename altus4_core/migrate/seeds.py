"""Seed files: rows for development, in `seeds/NNN_name.sql` beside the migrations. Each runs in one transaction."""

import re
from collections.abc import Iterable, Sequence
from pathlib import Path

import attrs

from altus4_core.errors import MigrationFailed, Problem
from altus4_core.migrate.files import METADATA, MigrationsRefused
from altus4_core.migrate.sqlsplit import SplitError, Statement, split_statements
from altus4_core.seams import Migrations
from altus4_core.store import MigrationSession

FOLDER = "seeds"
FILE = re.compile(r"\d{3,}_[a-z0-9_]+\.sql\Z")


@attrs.frozen
class Seed:
    """One file. It runs as often as it is asked for: it says itself what to do with rows that are there."""

    name: str
    statements: tuple[Statement, ...]


def read_seeds(namespaces: Iterable[Migrations]) -> Sequence[Seed]:
    """Read the seed files of all namespaces, in the order of their numbers.

    Raises:
        MigrationsRefused: a name is not `NNN_name.sql`, or a file cannot be read or split.
    """
    problems: list[Problem] = []
    seeds = []
    for namespace in namespaces:
        who = namespace.name or METADATA
        folder = Path(namespace.folder) / FOLDER
        for path in sorted(folder.glob("*.sql")) if folder.is_dir() else []:
            if not FILE.match(path.name):
                problems.append(Problem(who, "the name of a seed is not NNN_name.sql", str(path), "rename the file"))
                continue
            try:
                statements = tuple(split_statements(path.read_text(encoding="utf-8")))
            except (OSError, ValueError) as error:
                what = str(error) if isinstance(error, SplitError) else f"cannot be read ({type(error).__name__})"
                problems.append(Problem(who, what, str(path), "correct the file"))
                continue
            seeds.append(Seed(f"{namespace.name}/{path.stem}" if namespace.name else path.stem, statements))
    if problems:
        raise MigrationsRefused(problems)
    return seeds


async def run_seed(session: MigrationSession, seed: Seed) -> None:
    """Run one seed: all of it or nothing, unless it changes tables.

    Raises:
        MigrationFailed: a statement was refused; the text names the file and the line.
    """
    await session.run("START TRANSACTION")
    for statement in seed.statements:
        try:
            await session.run(statement.sql)
        except MigrationFailed as error:
            message = f"seed {seed.name} (line {statement.line}): {error.message}; nothing of this seed is kept"
            raise MigrationFailed(message) from error
    await session.run("COMMIT")
