"""Running a plan of migrations in a held session."""

from collections.abc import Callable, Sequence
from contextlib import suppress

import attrs

from altus4_core.clock import Clock
from altus4_core.errors import MigrationFailed
from altus4_core.migrate.files import digest
from altus4_core.migrate.plan import APPLIED, Step
from altus4_core.migrate.sqlkind import Kind, kind_of
from altus4_core.store import AppliedMigration, MigrationSession

Report = Callable[[Step, int], None]


async def run_steps(
    session: MigrationSession,
    steps: Sequence[Step],
    applied: Sequence[AppliedMigration],
    clock: Clock,
    report: Report = lambda _step, _done: None,
) -> None:
    """Run a plan, recording progress with each statement.

    Args:
        session: The held lock.
        steps: The plan.
        applied: The tracking table, as the plan saw it.
        clock: Source of time.
        report: Called after each statement with the step and how many of its statements have run; once for a file
            of which nothing is left to run.

    Raises:
        MigrationFailed: a statement failed; what ran before it is recorded, and the next run goes on there.
    """
    newest = max((row.batch for row in applied), default=0) + 1
    before = {row.filename: row for row in applied}
    for step in steps:
        row = before.pop(step.file.filename, None)
        begun = clock.monotonic()
        row = AppliedMigration(
            step.file.filename,
            clock.now(),
            newest if row is None else row.batch,
            step.file.checksum,
            step.state,
            step.begin,
            tuple(digest(statement) for statement in step.statements[: step.begin]),
        )
        await session.record(row)
        for statement in step.statements[: step.begin]:
            if kind_of(statement.sql) is Kind.SESSION:  # set in the session that was cut off, and gone with it
                await session.run(statement.sql)
        for index in range(step.begin, len(step.statements)):
            row = await _run(session, step, index, row)
            report(step, index + 1)
        if step.begin == len(step.statements):  # all of it had run, and nobody had noted it
            report(step, step.begin)
        if step.way == "down":
            await session.forget(row.filename)
        else:
            took = round((clock.monotonic() - begun) * 1000)
            await session.record(attrs.evolve(row, state=APPLIED, duration_ms=took))


async def _run(session: MigrationSession, step: Step, index: int, row: AppliedMigration) -> AppliedMigration:
    statement = step.statements[index]
    hashes = (*row.statement_hashes, digest(statement))
    progress = attrs.evolve(row, statements_done=index + 1, statement_hashes=hashes)
    try:
        await session.run(statement.sql, resumed=index < step.uncertain, progress=progress)
    except MigrationFailed as error:
        place = f"statement {index + 1} of {len(step.statements)} (line {statement.line})"
        message = f"{row.filename} {step.way}, {place}: {error.message}"
        # Where the connection is lost nothing can be noted, and it stays uncertain whether the statement has run.
        with suppress(MigrationFailed):
            await session.mark(row.filename, step.state_when_refused)
            message += f"; what ran before it is kept: correct the file and run: altus4 migrate {step.way}"
        raise MigrationFailed(message) from error
    return progress
