"""What every `MigrationStore` promises, as tests: the one in memory and the one in MySQL pass them alike."""

import asyncio
from datetime import UTC, datetime

import attrs
import pytest

from altus4_core.errors import Busy, MigrationFailed
from altus4_core.store import AppliedMigration, MigrationStore

AT = datetime(2030, 5, 1, 12, 0, 30, tzinfo=UTC)
MAKE = "CREATE TABLE contract_notes (id INT PRIMARY KEY)"
DROP = "DROP TABLE contract_notes"
NONSENSE = "NONSENSE OF 'no' server"
HASH = "0123456789abcdef"


class MigrationStoreContract:
    """Derive from it and give the fixture `migration_store`: a place without tracking table, new for each test."""

    async def test_satisfies_the_protocol(self, migration_store: MigrationStore) -> None:
        """It has the methods."""
        assert isinstance(migration_store, MigrationStore)

    async def test_nothing_is_applied_at_first(self, migration_store: MigrationStore) -> None:
        """Where there is no table, nothing is applied; to look is no error."""
        for _ in range(2):
            assert list(await migration_store.applied()) == []
        async with migration_store.session(wait=5) as session:
            assert list(await session.applied()) == []

    async def test_row_round_trip(self, migration_store: MigrationStore) -> None:
        """A row comes back as it was given, its time in whole seconds, with who wrote it."""
        row = AppliedMigration(
            "outsider/001_first",
            AT.replace(microsecond=900_000),
            batch=3,
            checksum="c" * 64,
            state="going-up",
            statements_done=2,
            statement_hashes=(HASH, HASH[::-1]),
            duration_ms=2**40,
        )
        async with migration_store.session(wait=5) as session:
            await session.record(row)
            inside = list(await session.applied())
        outside = list(await migration_store.applied())
        assert inside == outside
        assert [attrs.evolve(found, applied_by="") for found in outside] == [attrs.evolve(row, applied_at=AT)]
        assert outside[0].applied_by

    async def test_rows_keep_the_order_of_application(self, migration_store: MigrationStore) -> None:
        """Rows come in the order in which they were first written."""
        names = ["002_b", "001_a", "x/001_c", "003_d"]
        async with migration_store.session(wait=5) as session:
            for name in names:
                await session.record(AppliedMigration(name, AT))
            await session.record(AppliedMigration("001_a", AT, batch=7, state="failed-down"))
            await session.mark("002_b", "going-down")
            await session.mark("999_unknown", "going-down")
            await session.forget("003_d")
            await session.forget("003_d")
        rows = await migration_store.applied()
        assert [(row.filename, row.batch, row.state) for row in rows] == [
            ("002_b", 1, "going-down"),
            ("001_a", 7, "failed-down"),
            ("x/001_c", 1, "applied"),
        ]

    async def test_renamed_row_keeps_its_place(self, migration_store: MigrationStore) -> None:
        """A row that gets another name stays where it is; a name that is taken is refused."""
        async with migration_store.session(wait=5) as session:
            for name in ("001_a", "002_b"):
                await session.record(AppliedMigration(name, AT, checksum=name))
            await session.rename("001_a", "005_c")
            await session.rename("999_unknown", "006_d")
            with pytest.raises(MigrationFailed):
                await session.rename("005_c", "002_b")
        rows = [(row.filename, row.checksum) for row in await migration_store.applied()]
        assert rows == [("005_c", "001_a"), ("002_b", "002_b")]

    async def test_wiped_schema_is_empty(self, migration_store: MigrationStore) -> None:
        """Tables and the tracking table are dropped; the session goes on, and everything can be made again."""
        async with migration_store.session(wait=5) as session:
            await session.run(MAKE)
            await session.record(AppliedMigration("001_a", AT))
            assert "contract_notes" in await session.wipe(views=True)
            assert list(await session.applied()) == []
            assert list(await session.wipe(views=False)) == []
            await session.run(MAKE)
            await session.run(DROP)

    async def test_statement_runs_with_its_progress(self, migration_store: MigrationStore) -> None:
        """Progress is recorded when a statement has run, and not when it was refused."""
        row = AppliedMigration("001_a", AT, state="going-up")
        async with migration_store.session(wait=5) as session:
            await session.record(row)
            await session.run(MAKE, progress=attrs.evolve(row, statements_done=1, statement_hashes=(HASH,)))
            with pytest.raises(MigrationFailed):
                await session.run(MAKE, progress=attrs.evolve(row, statements_done=2))
            found = (await session.applied())[0]
        assert (found.statements_done, found.statement_hashes) == (1, (HASH,))

    async def test_refused_statement_is_named(self, migration_store: MigrationStore) -> None:
        """A refused statement is named in one line, without the words of the server, and harms no other."""
        async with migration_store.session(wait=5) as session:
            for resumed in (False, True):
                with pytest.raises(MigrationFailed) as caught:
                    await session.run(NONSENSE, resumed=resumed)
                assert NONSENSE in caught.value.message
                assert "\n" not in caught.value.message
                assert "syntax" not in caught.value.message.lower(), "the server's own text is for the log"
            await session.run(MAKE)
            await session.run(DROP)

    async def test_what_is_done_already_counts_only_when_resumed(self, migration_store: MigrationStore) -> None:
        """What exists, or is gone, already is a failure unless a run is resumed."""
        row = AppliedMigration("001_a", AT, state="going-up")
        async with migration_store.session(wait=5) as session:
            with pytest.raises(MigrationFailed):
                await session.run(DROP)
            await session.run(DROP, resumed=True)
            await session.run(MAKE)
            with pytest.raises(MigrationFailed):
                await session.run(MAKE)
            await session.run(MAKE, resumed=True, progress=attrs.evolve(row, statements_done=1))
            assert [found.statements_done for found in await session.applied()] == [1]
            await session.run(DROP)

    async def test_one_at_a_time(self, migration_store: MigrationStore) -> None:
        """Of many sessions one is open at a time, and each gets its turn."""
        inside = 0

        async def migrate(number: int) -> None:
            nonlocal inside
            async with migration_store.session(wait=30) as session:
                inside += 1
                assert inside == 1
                await session.record(AppliedMigration(f"{number:03}_a", AT))
                await asyncio.sleep(0.01)
                inside -= 1

        await asyncio.gather(*(migrate(number) for number in range(10)))
        assert len(await migration_store.applied()) == 10

    async def test_busy_while_somebody_else_migrates(self, migration_store: MigrationStore) -> None:
        """Who cannot wait is told that somebody else holds the lock."""
        async with migration_store.session(wait=0) as session:
            with pytest.raises(Busy) as caught:
                async with migration_store.session(wait=0):
                    pytest.fail("the lock was given twice")
            assert caught.value.exit_code == 75
            await session.record(AppliedMigration("001_a", AT))
            assert len(await migration_store.applied()) == 1, "reading needs no lock"

    async def test_lock_is_free_at_once_after_a_failure(self, migration_store: MigrationStore) -> None:
        """However a session ends, the next one begins at once."""
        for error in (RuntimeError, MigrationFailed, asyncio.CancelledError):
            with pytest.raises(error):
                async with migration_store.session(wait=0):
                    raise error("out")
