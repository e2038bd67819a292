"""Planning migrations: which files there are, in which order they run, and what is wrong. Pure but for reading files.

Execution goes through the store. MySQL commits around every DDL statement, so a file is never one transaction:
progress is recorded per statement, and a run that was cut off goes on where it stopped.
"""

import hashlib
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path

import attrs

from altus4_core.clock import Clock
from altus4_core.errors import Altus4Error, Problem
from altus4_core.seams import Migrations
from altus4_core.sqlsplit import SplitError, Statement, split_statements
from altus4_core.store import AppliedMigration, MigrationSession

FILE = re.compile(r"(?P<stem>\d{3,}_[a-z0-9_]+)\.(?P<way>up|down)\.sql\Z")
APPLIED = "applied"
GOING_UP = "going-up"
GOING_DOWN = "going-down"


class MigrationsRefused(Altus4Error):
    """The plan is wrong; nothing was run. `problems` says why, one located line each."""

    code = "MIGRATIONS_REFUSED"

    def __init__(self, problems: Sequence[Problem]) -> None:
        super().__init__("\n".join(problem.line() for problem in problems))
        self.problems = tuple(problems)


@attrs.frozen
class MigrationFile:
    """A pair of scripts. `filename` is `NNN_name`, or `namespace/NNN_name` for outside plugins."""

    filename: str
    up: tuple[Statement, ...]
    down: tuple[Statement, ...] | None
    checksum: str


@attrs.frozen
class Step:
    """One file to run in one direction, from statement `begin` (0 unless it was cut off there)."""

    file: MigrationFile
    way: str  # up | down
    begin: int = 0
    resumed: bool = False

    @property
    def statements(self) -> tuple[Statement, ...]:
        """Give all statements of this direction."""
        return self.file.up if self.way == "up" else (self.file.down or ())


@attrs.frozen
class Status:
    """One line of `altus4 migrate status`. `state`: applied, pending, partial, changed or missing."""

    filename: str
    state: str
    batch: int | None = None
    applied_at: str | None = None


def read_files(namespaces: Iterable[Migrations]) -> list[MigrationFile]:
    """Read all files in the order in which they run.

    Raises:
        MigrationsRefused: a folder is missing, a name is not `NNN_name.up.sql`, a number occurs twice, a file
            cannot be read or split, namespaces follow each other in a circle.
    """
    problems: list[Problem] = []
    files: list[MigrationFile] = []
    for namespace in _ordered(list(namespaces), problems):
        files += _read_namespace(namespace, problems)
    if problems:
        raise MigrationsRefused(problems)
    return files


def _ordered(namespaces: list[Migrations], problems: list[Problem]) -> list[Migrations]:
    by_name = {namespace.name: namespace for namespace in namespaces}
    ordered: list[Migrations] = []
    state: dict[str, int] = {}

    def visit(namespace: Migrations) -> None:
        if state.get(namespace.name) == 2:
            return
        if state.get(namespace.name) == 1:
            problems.append(Problem(namespace.name or "metadata", "migration namespaces follow each other in a circle"))
            return
        state[namespace.name] = 1
        # Outsiders come after the metadata schema even when they do not say so: they may reference its tables.
        after = namespace.after or (("",) if namespace.name else ())
        for name in after:
            if name in by_name:
                visit(by_name[name])
            elif name:
                problems.append(Problem(namespace.name, f"comes after {name!r}, which no enabled plugin offers"))
        state[namespace.name] = 2
        ordered.append(namespace)

    for namespace in namespaces:
        visit(namespace)
    return ordered


def _read_namespace(namespace: Migrations, problems: list[Problem]) -> list[MigrationFile]:
    folder = Path(namespace.folder)
    who = namespace.name or "metadata"
    if not folder.is_dir():
        problems.append(Problem(who, "the migrations folder does not exist", str(folder)))
        return []
    scripts: dict[str, dict[str, tuple[Path, tuple[Statement, ...], str]]] = {}
    for path in sorted(folder.glob("*.sql")):
        match = FILE.match(path.name)
        if not match:
            problems.append(Problem(who, "the name is not NNN_name.up.sql or NNN_name.down.sql", str(path)))
            continue
        try:
            text = path.read_text(encoding="utf-8")
            statements = tuple(split_statements(text))
        except (OSError, UnicodeDecodeError, SplitError) as error:
            problems.append(Problem(who, f"cannot be read: {error}", str(path), "correct the file"))
            continue
        scripts.setdefault(match["stem"], {})[match["way"]] = (path, statements, text)
    numbers: dict[int, str] = {}
    files = []
    for stem, ways in sorted(scripts.items(), key=lambda item: (int(item[0].split("_")[0]), item[0])):
        number = int(stem.split("_")[0])
        if number in numbers:
            problems.append(
                Problem(who, f"{numbers[number]} and {stem} have the same number", str(folder), "renumber one")
            )
        numbers[number] = stem
        if "up" not in ways:
            problems.append(Problem(who, f"{stem} has a down script but no up script", str(folder)))
            continue
        _, up, text = ways["up"]
        if not up:
            problems.append(Problem(who, "holds no statement", str(ways["up"][0])))
        down = ways["down"][1] if "down" in ways else None
        filename = f"{namespace.name}/{stem}" if namespace.name else stem
        files.append(MigrationFile(filename, up, down, checksum(text)))
    return files


def checksum(text: str) -> str:
    """Give the SHA-256 of a script, the same for every way of ending lines and with or without a BOM."""
    return hashlib.sha256(text.removeprefix("\ufeff").replace("\r\n", "\n").strip().encode()).hexdigest()


def plan_up(files: Sequence[MigrationFile], applied: Sequence[AppliedMigration]) -> list[Step]:
    """Plan what is pending, in order; a file that was cut off goes on where it stopped.

    Raises:
        MigrationsRefused: an applied file was edited or is gone, or a rollback was cut off.
    """
    rows = {row.filename: row for row in applied}
    problems = drift(files, applied)
    steps = []
    for file in files:
        row = rows.get(file.filename)
        if row is None:
            steps.append(Step(file, "up"))
        elif row.state == GOING_UP:
            steps.append(Step(file, "up", row.statements_done, resumed=True))
        elif row.state == GOING_DOWN:
            hint = "finish it with: altus4 migrate down"
            problems.append(Problem(file.filename, "its rollback was cut off", hint=hint))
    if problems:
        raise MigrationsRefused(problems)
    return steps


def plan_down(
    files: Sequence[MigrationFile], applied: Sequence[AppliedMigration], *, most: int | None = None
) -> list[Step]:
    """Plan the rollback of the newest `most` applied files (all for None), newest first.

    Raises:
        MigrationsRefused: one of them is gone or has no down script.
    """
    by_name = {file.filename: file for file in files}
    problems = []
    steps = []
    newest = list(reversed(applied))
    for row in newest if most is None else newest[:most]:
        file = by_name.get(row.filename)
        if file is None:
            problems.append(_missing(row))
        elif file.down is None:
            problems.append(Problem(row.filename, "has no down script", hint=f"add {row.filename}.down.sql"))
        else:
            going = row.state == GOING_DOWN
            steps.append(Step(file, "down", row.statements_done if going else 0, resumed=row.state != APPLIED))
    if problems:
        raise MigrationsRefused(problems)
    return steps


def drift(files: Sequence[MigrationFile], applied: Sequence[AppliedMigration]) -> list[Problem]:
    """Say which applied files were edited or are gone."""
    by_name = {file.filename: file for file in files}
    problems = []
    for row in applied:
        file = by_name.get(row.filename)
        if file is None:
            problems.append(_missing(row))
        elif row.checksum and row.checksum != file.checksum:
            hint = "restore the file as it was applied, and write the change as a new migration"
            problems.append(Problem(row.filename, "was edited after it was applied", hint=hint))
    return problems


def _missing(row: AppliedMigration) -> Problem:
    return Problem(row.filename, "is applied but its file is gone", hint="bring the file or its plugin back")


def status(files: Sequence[MigrationFile], applied: Sequence[AppliedMigration]) -> list[Status]:
    """Give every file and every applied row with its state."""
    rows = {row.filename: row for row in applied}
    lines = []
    for file in files:
        row = rows.pop(file.filename, None)
        if row is None:
            lines.append(Status(file.filename, "pending"))
            continue
        state = "partial" if row.state != APPLIED else ("changed" if row.checksum != file.checksum else "applied")
        lines.append(Status(file.filename, state, row.batch, row.applied_at.isoformat()))
    lines += [Status(row.filename, "missing", row.batch, row.applied_at.isoformat()) for row in rows.values()]
    return lines


def pending(files: Sequence[MigrationFile], applied: Sequence[AppliedMigration]) -> list[str]:
    """Name what keeps the schema from being at head."""
    return [line.filename for line in status(files, applied) if line.state in {"pending", "partial"}]


async def run_steps(
    session: MigrationSession,
    steps: Sequence[Step],
    applied: Sequence[AppliedMigration],
    clock: Clock,
    report: Callable[[Step, int], None] = lambda _step, _done: None,
) -> None:
    """Run a plan, recording progress after each statement.

    Raises:
        MigrationFailed: a statement failed; what ran before it is recorded, and the next run goes on there.
    """
    batch = max((row.batch for row in applied), default=0) + 1
    batches: Mapping[str, int] = {row.filename: row.batch for row in applied}
    for step in steps:
        name = step.file.filename
        state = GOING_UP if step.way == "up" else GOING_DOWN
        begun = clock.monotonic()
        row = AppliedMigration(name, clock.now(), batches.get(name, batch), step.file.checksum, state, step.begin)
        await session.record(row)
        for index, statement in enumerate(step.statements[step.begin :], step.begin):
            await session.run(statement.sql, resumed=step.resumed and index == step.begin)
            await session.record(attrs.evolve(row, statements_done=index + 1))
            report(step, index + 1)
        if step.way == "down":
            await session.forget(name)
        else:
            duration = round((clock.monotonic() - begun) * 1000)
            done = len(step.statements)
            await session.record(attrs.evolve(row, state=APPLIED, statements_done=done, duration_ms=duration))
