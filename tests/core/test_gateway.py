"""What keeps a gateway from starting."""

from contextlib import asynccontextmanager

import pytest

from altus4_core import Plugin, hookimpl
from altus4_core.errors import StartupRefused
from altus4_core.migrate.files import read_files
from altus4_core.migrate.plan import plan_up
from altus4_core.migrate.run import run_steps
from altus4_core.seams import Migrations, Service
from altus4_core.store import MigrationStore
from altus4_core.testing.memory import MemoryMigrationStore


@pytest.fixture
def notes(write):
    """A plugin with a migration of its own, and the store that it would be applied in."""
    offered = write("notes", n001_a_up="CREATE TABLE a (id INT);", n001_a_down="DROP TABLE a;")

    class Notes(Plugin):
        name = "notes"
        store = MemoryMigrationStore()
        namespace: Migrations = offered

        @hookimpl
        def altus4_services(self):
            @asynccontextmanager
            async def opened():
                yield self.store

            return [Service(MigrationStore, opened, name="migration-store")]

        @hookimpl
        def altus4_migrations(self):
            return [self.namespace]

    return Notes


async def test_a_pending_migration_of_a_plugin_refuses_the_start(gateway_factory, notes):
    gateway = gateway_factory(notes)
    with pytest.raises(StartupRefused) as caught:
        await gateway.start()
    lines = [problem.line() for problem in caught.value.problems]
    assert "notes: its migration notes/001_a is pending; run: altus4 migrate up" in lines
    assert not gateway.registry.has(MigrationStore)


async def test_an_applied_migration_of_a_plugin_lets_it_start(gateway_factory, notes):
    gateway = gateway_factory(notes)
    files = read_files([entry.provider for entry in gateway.composition.of("migrations")])
    async with notes.store.session(wait=1) as session:
        await run_steps(session, plan_up(files, []), [], gateway.clock)
    await gateway.start()
    await gateway.stop()


async def test_the_operator_may_start_all_the_same(gateway_factory, notes):
    gateway = gateway_factory(notes, toml="[metadata]\nrequire_migrated = false\n")
    await gateway.start()
    await gateway.stop()
