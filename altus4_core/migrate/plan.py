"""Planning migrations: what runs in which order, where a run that was cut off goes on, and what is wrong. Pure.

MySQL commits around every DDL statement, so a file is never one transaction: progress is recorded per statement,
with a hash of each, and what has run may not be edited any more; what has not may.
"""

from collections.abc import Collection, Sequence

import attrs

from altus4_core.clock import iso
from altus4_core.errors import Problem
from altus4_core.migrate.files import MigrationFile, MigrationsRefused, digest, read_files
from altus4_core.migrate.sqlkind import Kind, kind_of, shown
from altus4_core.migrate.sqlsplit import Statement
from altus4_core.store import AppliedMigration

__all__ = [
    "MigrationFile",
    "MigrationsRefused",
    "Status",
    "Step",
    "drift",
    "out_of_order",
    "pending",
    "plan_down",
    "plan_up",
    "read_files",
    "status",
]

APPLIED = "applied"
GOING_UP = "going-up"
FAILED_UP = "failed-up"
GOING_DOWN = "going-down"
FAILED_DOWN = "failed-down"
UNDOING = "undoing"
UPWARDS = frozenset({GOING_UP, FAILED_UP})


@attrs.frozen
class Step:
    """One file to run in one direction, from statement `begin` (0 unless it stopped there before).

    Statements before number `uncertain` may have run already, unrecorded: "exists already" is no failure of theirs.
    `undoing` is the rollback of a file that was never applied as a whole.
    """

    file: MigrationFile
    way: str  # up | down
    begin: int = 0
    uncertain: int = 0
    undoing: bool = False

    @property
    def statements(self) -> tuple[Statement, ...]:
        """Give all statements of this direction."""
        return self.file.up if self.way == "up" else (self.file.down or ())

    @property
    def state(self) -> str:
        """Give the state of the row in the tracking table while this runs."""
        if self.way == "up":
            return GOING_UP
        return UNDOING if self.undoing else GOING_DOWN

    @property
    def state_when_refused(self) -> str:
        """Give the state of the row after a statement was refused: then it has had no effect, which is certain."""
        if self.way == "up":
            return FAILED_UP
        return UNDOING if self.undoing else FAILED_DOWN


@attrs.frozen
class Status:
    """One line of `altus4 migrate status`. `state`: applied, pending, partial, changed or missing."""

    filename: str
    state: str
    batch: int | None = None
    applied_at: str | None = None
    duration_ms: int | None = None
    applied_by: str | None = None


def plan_up(files: Sequence[MigrationFile], applied: Sequence[AppliedMigration]) -> list[Step]:
    """Plan what is pending, in order; a file that was cut off goes on where it stopped.

    A rollback that was cut off is finished first, and the file applied again: half of it is gone.

    Raises:
        MigrationsRefused: what has run was edited, or is gone.
    """
    rows = {row.filename: row for row in applied}
    problems = drift(files, applied)
    steps = []
    for file in files:
        row = rows.get(file.filename)
        if row is None:
            steps.append(Step(file, "up"))
        elif row.state in UPWARDS:
            uncertain = row.statements_done + (row.state == GOING_UP)
            steps.append(Step(file, "up", row.statements_done, uncertain))
            problems += _in_doubt(steps[-1])
        elif row.state != APPLIED:
            steps += [_resumed_down(file, row, problems), Step(file, "up")]
    if problems:
        raise MigrationsRefused(problems)
    return steps


def plan_down(
    files: Sequence[MigrationFile],
    applied: Sequence[AppliedMigration],
    *,
    most: int | None = None,
    only: Collection[str] | None = None,
) -> list[Step]:
    """Plan the rollback of the newest `most` applied files (all for None), newest first; of `only` these if given.

    Raises:
        MigrationsRefused: one of them is gone or has no down script, or what of it has run was edited.
    """
    by_name = {file.filename: file for file in files}
    problems: list[Problem] = []
    steps = []
    newest = [row for row in reversed(applied) if only is None or row.filename in only]
    for row in newest if most is None else newest[:most]:
        file = by_name.get(row.filename)
        if file is None:
            problems.append(_missing(row))
        elif file.down is None:
            problems.append(_no_down(row))
        elif row.state == APPLIED:
            steps.append(Step(file, "down"))
        elif row.state in UPWARDS:
            steps.append(Step(file, "down", uncertain=len(file.down), undoing=True))
        else:
            problems += _edited(file, row)
            steps.append(_resumed_down(file, row, problems))
    if problems:
        raise MigrationsRefused(problems)
    return steps


def _resumed_down(file: MigrationFile, row: AppliedMigration, problems: list[Problem]) -> Step:
    if file.down is None:
        problems.append(_no_down(row))
        return Step(file, "down")
    if row.state == UNDOING:
        return Step(file, "down", row.statements_done, len(file.down), undoing=True)
    step = Step(file, "down", row.statements_done, row.statements_done + (row.state == GOING_DOWN))
    problems += _in_doubt(step)
    return step


def _in_doubt(step: Step) -> list[Problem]:
    """Refuse to repeat a statement that may have run and does harm when it runs twice; only a person can tell."""
    statement = doubtful(step)
    if statement is None:
        return []
    name = step.file.filename
    what = f"statement {step.begin + 1} of its {step.way} script may have run when a run was cut off: "
    where = f"{name.rpartition('/')[2]}.{step.way}.sql:{statement.line}"
    repair = "altus4 migrate repair"
    hint = f"it must not run twice: see whether it did; if so: {repair} --ran {name}; if not: {repair} --not-run {name}"
    return [Problem(name, what + shown(statement.sql), where, hint)]


def doubtful(step: Step) -> Statement | None:
    """Give the statement at which a step goes on, if it may have run and must not run twice."""
    if step.uncertain <= step.begin or step.begin >= len(step.statements):
        return None
    statement = step.statements[step.begin]
    return statement if kind_of(statement.sql) is Kind.ONCE else None


def drift(files: Sequence[MigrationFile], applied: Sequence[AppliedMigration]) -> list[Problem]:
    """Say what has run and was edited since, or is gone.

    Files of a namespace that nobody offers any more are no problem here: a plugin that was disabled keeps its
    tables, and must not keep the others from being migrated.
    """
    by_name = {file.filename: file for file in files}
    offered = {"", *(_namespace(file.filename) for file in files)}
    problems = []
    for row in applied:
        file = by_name.get(row.filename)
        if file is None:
            if _namespace(row.filename) in offered:
                problems.append(_missing(row, renamed(row, files, applied)))
        elif row.state == APPLIED:
            if row.checksum and row.checksum != file.checksum:
                hint = (
                    "restore the file as it was applied, and write the change as a new migration; if the edit changes"
                    f" nothing in the schema, run: altus4 migrate repair --accept {row.filename}"
                )
                problems.append(Problem(row.filename, "was edited after it was applied", hint=hint))
        else:
            problems += _edited(file, row)
    return problems


def _edited(file: MigrationFile, row: AppliedMigration) -> list[Problem]:
    """Compare what has run of a file that is under way with what the file says now."""
    way = "up" if row.state in UPWARDS else "down"
    statements = file.up if way == "up" else (file.down or ())
    hint = "restore that statement; only what has not run yet may be changed"
    if row.statements_done > len(statements):
        what = f"{row.statements_done} statements of its {way} script have run, but it holds {len(statements)}"
        return [Problem(row.filename, what, hint="restore the file")]
    for number, (statement, ran) in enumerate(zip(statements, row.statement_hashes, strict=False), 1):
        if digest(statement) != ran:
            where = f"{row.filename.rpartition('/')[2]}.{way}.sql:{statement.line}"
            what = f"statement {number} of its {way} script was edited after it had run"
            return [Problem(row.filename, what, where, hint)]
    return []


def _namespace(filename: str) -> str:
    return filename.rpartition("/")[0]


def renamed(
    row: AppliedMigration, files: Sequence[MigrationFile], applied: Sequence[AppliedMigration]
) -> MigrationFile | None:
    """Give the file that nobody applied and that has the content of an applied one which is gone."""
    there = {each.filename for each in applied}
    alike = (file for file in files if file.filename not in there and file.checksum == row.checksum)
    return next((file for file in alike if _namespace(file.filename) == _namespace(row.filename)), None)


def _missing(row: AppliedMigration, now: MigrationFile | None = None) -> Problem:
    if now is not None:
        what = f"is applied but its file is gone; {now.filename} has the same content"
        hint = f"if it was renamed, name it back, or run: altus4 migrate repair --renamed {row.filename} {now.filename}"
        return Problem(row.filename, what, hint=hint)
    return Problem(row.filename, "is applied but its file is gone", hint="bring the file or its plugin back")


def _no_down(row: AppliedMigration) -> Problem:
    name = row.filename.rpartition("/")[2]
    return Problem(row.filename, "has no down script", hint=f"add {name}.down.sql")


def status(files: Sequence[MigrationFile], applied: Sequence[AppliedMigration]) -> list[Status]:
    """Give every file and every applied row with its state."""
    rows = {row.filename: row for row in applied}
    lines = []
    for file in files:
        row = rows.pop(file.filename, None)
        if row is None:
            lines.append(Status(file.filename, "pending"))
        elif row.state != APPLIED:
            lines.append(_line(row, "partial"))
        else:
            changed = row.checksum and row.checksum != file.checksum
            lines.append(_line(row, "changed" if changed else "applied"))
    return lines + [_line(row, "missing") for row in rows.values()]


def _line(row: AppliedMigration, state: str) -> Status:
    return Status(row.filename, state, row.batch, iso(row.applied_at), row.duration_ms, row.applied_by or None)


def out_of_order(files: Sequence[MigrationFile], applied: Sequence[AppliedMigration]) -> list[str]:
    """Name pending files that come before files of their namespace that are applied already.

    They run all the same: two branches of a project were merged. But somebody should know.
    """
    there = {row.filename for row in applied}
    newest: dict[str, int] = {}
    for position, file in enumerate(files):
        if file.filename in there:
            newest[_namespace(file.filename)] = position
    return [
        file.filename
        for position, file in enumerate(files)
        if file.filename not in there and position < newest.get(_namespace(file.filename), -1)
    ]


def pending(files: Sequence[MigrationFile], applied: Sequence[AppliedMigration]) -> list[str]:
    """Name what keeps the schema from being at head."""
    return [line.filename for line in status(files, applied) if line.state in {"pending", "partial"}]
