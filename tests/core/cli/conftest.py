"""`altus4` as it is typed, on a migration store in memory."""

from contextlib import asynccontextmanager

import pytest
from click.testing import CliRunner

from altus4_core.cli.main import main
from altus4_core.commands import CommandContext
from altus4_core.composing.manager import Selection
from altus4_core.hookspecs import hookimpl
from altus4_core.plugin import Plugin
from altus4_core.seams import Migrations, Service
from altus4_core.store import MigrationStore
from altus4_core.testing.composing import found
from altus4_core.testing.memory import MemoryMigrationStore


class Keeper(Plugin):
    """Offers the store in memory, and a schema of two files."""

    name = "keeper"

    def __init__(self, store, folder):
        super().__init__()
        self.store = store
        self.folder = folder

    @hookimpl
    def altus4_services(self):
        @asynccontextmanager
        async def hold():
            yield self.store

        return [Service(MigrationStore, hold, name="migrations")]

    @hookimpl
    def altus4_migrations(self):
        return [Migrations("", str(self.folder))]


@pytest.fixture
def store():
    return MemoryMigrationStore()


@pytest.fixture
def folder(tmp_path):
    folder = tmp_path / "sql"
    folder.mkdir()
    for name, table in (("001_a", "a"), ("002_b", "b")):
        (folder / f"{name}.up.sql").write_text(f"-- makes {table}\nCREATE TABLE {table} (id INT);\nSELECT 1;\n")
        (folder / f"{name}.down.sql").write_text(f"DROP TABLE {table};\n")
    return folder


@pytest.fixture
def altus4(store, folder, tmp_path):
    """Run a command line: `altus4("migrate", "status", plugins=[...], environ={...})`."""

    def run(*arguments, plugins=(), environ=None, toml=""):
        config = tmp_path / "altus4.toml"
        config.write_text(toml)
        extra = [found(plugin) for plugin in (Keeper(store, folder), *plugins)]
        context = CommandContext(config, environ or {}, Selection(extra=extra, none=True))
        result = CliRunner().invoke(main, arguments, obj=context)
        assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
        return result

    return run
