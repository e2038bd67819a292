"""Schemas on real servers for the tests of this plugin."""

import asyncio
import logging
import secrets

import attrs
import pytest
from altus4_metadata_mysql.link import Link, options_of
from altus4_metadata_mysql.plugin import shipped
from altus4_metadata_mysql.store import MySQLMetadataStore
from altus4_metadata_mysql.tracking import MySQLMigrationStore
from altus4_mysql import make_driver, parse_url

from altus4_core.clock import SystemClock
from altus4_core.migrate.plan import plan_up, read_files
from altus4_core.migrate.run import run_steps
from altus4_core.settings import Secret


def new_name():
    """Give a name nobody else uses. The test of the contract runs where there is no server to be had."""
    return f"meta_{secrets.token_hex(6)}"


FACTS = {
    "columns": "table_name, ordinal_position, column_name, column_type, is_nullable, column_default, collation_name,"
    " extra, generation_expression, column_comment",
    "statistics": "table_name, index_name, seq_in_index, column_name, non_unique, index_type, collation, sub_part",
    "key_column_usage": "table_name, constraint_name, column_name, referenced_table_name, referenced_column_name",
    "referential_constraints": "table_name, constraint_name, delete_rule, update_rule, unique_constraint_name",
    "table_constraints": "table_name, constraint_name, constraint_type",
    "tables": "table_name, engine, table_collation, row_format, table_comment",
}


class Schema:
    """One schema of its own on a server; statements run on a fresh connection as its administrator."""

    def __init__(self, server, name):
        self.server = server
        self.name = name
        self.url = server.url_of(name)

    async def snapshot(self):
        """Everything that information_schema knows of the schema's tables."""
        known = {}
        for view, columns in FACTS.items():
            place = "constraint_schema" if "constraints" in view else "table_schema"
            sql = f"SELECT {columns} FROM information_schema.{view} WHERE {place} = '{self.name}'"
            known[view] = sorted(map(repr, await self.query(sql)))
        return known

    async def tables(self):
        sql = f"SELECT table_name FROM information_schema.tables WHERE table_schema = '{self.name}'"
        return sorted(row[0] for row in await self.query(sql) if row[0] != "migrations")

    async def query(self, *statements, schema=True):
        options = parse_url(self.url if schema else self.server.url)
        connection = await make_driver().connect(options)
        try:
            for statement in statements:
                rows = await connection.query(statement)
            return rows.rows
        finally:
            connection.close()
            await connection.wait_closed()

    def migrations(self, **changes):
        options = options_of(Secret(self.url), query_timeout=60)
        return MySQLMigrationStore(attrs.evolve(options, **changes), "aiomysql")

    async def migrate(self):
        store = self.migrations()
        async with store.session(wait=30) as session:
            applied = await session.applied()
            await run_steps(session, plan_up(read_files([shipped()]), applied), applied, SystemClock())

    def link(self, **changes):
        options = attrs.evolve(options_of(Secret(self.url), query_timeout=10), **changes)
        return Link(options, "aiomysql", 8, logging.getLogger("altus4.metadata-mysql"))


@pytest.fixture
def schema_of():
    """Make a schema's handle: `schema_of(address, name)`."""
    return Schema


@pytest.fixture
async def schema(any_server):
    """A schema that does not exist yet; dropped at the end."""
    found = Schema(any_server, new_name())
    yield found
    await found.query(f"DROP DATABASE IF EXISTS `{found.name}`", schema=False)


@pytest.fixture(scope="session")
def migrated_schemas():
    """Schemas that this run has migrated, by port: migrating for each test would take a second."""
    made = {}
    yield made
    for schema in made.values():
        asyncio.run(schema.query(f"DROP DATABASE IF EXISTS `{schema.name}`", schema=False))


@pytest.fixture
async def migrated(any_server, migrated_schemas):
    """A migrated schema, emptied."""
    found = migrated_schemas.get(any_server.port)
    if found is not None:
        await found.query("DELETE FROM users", "DELETE FROM audit_log")
        return found
    found = Schema(any_server, new_name())
    await found.migrate()
    migrated_schemas[any_server.port] = found
    return found


@pytest.fixture
async def link(migrated):
    """A link to a migrated, empty schema."""
    link = migrated.link()
    yield link
    await link.close()


@pytest.fixture
def store(link):
    """The store on a migrated, empty schema."""
    return MySQLMetadataStore(link)
