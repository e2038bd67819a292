"""The contract of migrations."""

from datetime import UTC, datetime
from pathlib import Path
from typing import ClassVar

from altus4_core.composing.composition import NAME
from altus4_core.migrate.plan import MigrationFile, plan_down, plan_up, read_files
from altus4_core.seams import Migrations
from altus4_core.store import AppliedMigration
from altus4_core.testing.contracts.base import RecordContract


class MigrationsContract(RecordContract):
    """`provider` is the namespace, `valid` the number of its files.

    Switches:
        reversible: Each has a down script.
        metadata: It is the metadata schema itself, whose namespace is empty.
    """

    seam = "migrations"
    reversible: ClassVar[bool] = True
    metadata: ClassVar[bool] = False

    def test_namespace(self, provider: Migrations) -> None:
        """The name is one that files can be recorded under; the folder is given absolutely."""
        assert (provider.name == "") is self.metadata
        assert self.metadata or NAME.match(provider.name)
        assert Path(provider.folder).is_absolute()

    def test_plan_up(self, provider: Migrations, valid: int) -> None:
        """All files are planned, in the order of their numbers."""
        files = self._files(provider)
        assert len(files) == valid
        steps = plan_up(files, [])
        assert [step.file.filename for step in steps] == [file.filename for file in files]
        assert all(step.statements for step in steps)
        prefix = "" if self.metadata else f"{provider.name}/"
        assert all(file.filename.startswith(prefix) for file in files)

    def test_plan_is_empty_at_head(self, provider: Migrations) -> None:
        """What is applied is not planned again."""
        files = self._files(provider)
        assert plan_up(files, self._applied(files)) == []

    def test_plan_down(self, provider: Migrations) -> None:
        """All of it can be taken back, newest first."""
        files = self._files(provider)
        if self.reversible:
            steps = plan_down(files, self._applied(files))
            assert [step.file.filename for step in steps] == [file.filename for file in reversed(files)]
            assert all(step.statements for step in steps)

    def test_checksums_differ(self, provider: Migrations) -> None:
        """No two files are the same."""
        files = self._files(provider)
        assert len({file.checksum for file in files}) == len(files)

    @staticmethod
    def _files(provider: Migrations) -> list[MigrationFile]:
        return read_files([Migrations(provider.name, provider.folder)])

    @staticmethod
    def _applied(files: list[MigrationFile]) -> list[AppliedMigration]:
        at = datetime(2030, 1, 1, tzinfo=UTC)
        return [AppliedMigration(file.filename, at, checksum=file.checksum) for file in files]
