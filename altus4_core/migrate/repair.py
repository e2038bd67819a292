"""Correcting the tracking table after something that only a person can judge. Each repair is one row; no SQL of a
migration is run.
"""

from collections.abc import Sequence

import attrs

from altus4_core.errors import ValidationFailed
from altus4_core.migrate.files import MigrationFile, digest
from altus4_core.migrate.plan import APPLIED, FAILED_DOWN, FAILED_UP, GOING_UP, Step, doubtful, renamed
from altus4_core.store import AppliedMigration, MigrationSession


@attrs.frozen
class Book:
    """The files and the tracking table, as a repair finds them in the session that it holds."""

    files: Sequence[MigrationFile]
    applied: Sequence[AppliedMigration]
    session: MigrationSession

    async def accept(self, name: str) -> str:
        """Take the edited file of an applied row for what was applied."""
        row, file = self._row(name), self._file(name)
        if row.state != APPLIED:
            message = f"{name} is not applied as a whole: run altus4 migrate up, or correct its file"
            raise ValidationFailed(message)
        if row.checksum == file.checksum:
            return f"{name} is as it was applied: nothing to accept"
        await self.session.record(attrs.evolve(row, checksum=file.checksum))
        return f"accepted {name} as it is now"

    async def forget(self, name: str) -> str:
        """Remove the row of a file that is gone."""
        row = self._row(name)
        if any(file.filename == name for file in self.files):
            message = f"the file of {name} is there: roll it back with altus4 migrate down --file {name}"
            raise ValidationFailed(message)
        await self.session.forget(row.filename)
        return f"forgot {name}; what it made in the schema is still there"

    async def rename(self, old: str, new: str) -> str:
        """Give the row of a file that was renamed the file's new name."""
        row, file = self._row(old), self._file(new)
        if any(each.filename == old for each in self.files):
            message = f"the file of {old} is there: only a file that is gone was renamed"
            raise ValidationFailed(message)
        if renamed(row, [file], self.applied) is None:
            message = f"{new} is applied already, or has not the content that was applied as {old}"
            raise ValidationFailed(message)
        await self.session.rename(old, new)
        return f"renamed {old} to {new}"

    async def ran(self, name: str, *, has_run: bool) -> str:
        """Settle whether the statement in doubt of a file that was cut off has run."""
        row, file = self._row(name), self._file(name)
        way = "up" if row.state in {GOING_UP, FAILED_UP} else "down"
        step = Step(file, way, row.statements_done, row.statements_done + 1)
        statement = doubtful(step) if row.state not in {APPLIED, FAILED_UP, FAILED_DOWN} else None
        if statement is None:
            message = f"no statement of {name} is in doubt: altus4 migrate status"
            raise ValidationFailed(message)
        number = row.statements_done + 1
        if not has_run:
            await self.session.mark(name, FAILED_UP if way == "up" else FAILED_DOWN)
            return f"statement {number} of {name} has not run: altus4 migrate {way} goes on with it"
        hashes = (*row.statement_hashes, digest(statement))
        await self.session.record(attrs.evolve(row, statements_done=number, statement_hashes=hashes))
        return f"statement {number} of {name} has run: altus4 migrate {way} goes on after it"

    def _row(self, name: str) -> AppliedMigration:
        found = next((row for row in self.applied if row.filename == name), None)
        if found is None:
            message = f"{name} is not in the table of migrations: altus4 migrate status lists what is"
            raise ValidationFailed(message)
        return found

    def _file(self, name: str) -> MigrationFile:
        return find_file(self.files, name)


def find_file(files: Sequence[MigrationFile], name: str) -> MigrationFile:
    """Find a file by `NNN_name`, `namespace/NNN_name`, either with `.up.sql` or `.down.sql`, or by its number alone.

    Raises:
        ValidationFailed: there is none, or several have this number.
    """
    wanted = name.removesuffix(".sql").removesuffix(".up").removesuffix(".down")
    found = [file for file in files if file.filename == wanted]
    if not found and wanted.isdecimal():
        found = [file for file in files if "/" not in file.filename and file.filename.split("_")[0] == wanted]
    if len(found) == 1:
        return found[0]
    message = f"there is no migration {name!r}: altus4 migrate status lists them"
    raise ValidationFailed(message)
