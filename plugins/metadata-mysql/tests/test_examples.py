"""The example migrations in docs/migrations, on real servers, as a namespace of their own."""

import json
from pathlib import Path

import pytest
from altus4_metadata_mysql.plugin import shipped

from altus4_core.clock import SystemClock
from altus4_core.migrate.plan import Step, plan_down, plan_up, read_files
from altus4_core.migrate.run import run_steps
from altus4_core.seams import Migrations

pytestmark = pytest.mark.mysql
FOLDER = Path(__file__).parents[3] / "docs" / "migrations"


def examples():
    return [shipped(), Migrations("examples", str(FOLDER))]


async def run(schema, plan):
    async with schema.migrations().session(wait=30) as session:
        applied = await session.applied()
        await run_steps(session, plan(read_files(examples()), applied), applied, SystemClock())


def examples_down(files, applied):
    return plan_down(files, applied, only={file.filename for file in files if "/" in file.filename})


async def add_searches(schema):
    await schema.query(
        "INSERT INTO users (id, name, email, password) VALUES ('u', 'n', 'e', 'p')",
        "INSERT INTO searches (id, user_id, query, search_params) VALUES"
        " ('s1', 'u', 'one', '{\"limit\": 5}'), ('s2', 'u', 'two', NULL)",
    )


async def test_up_down_up_leaves_the_same_schema(schema):
    await schema.migrate()
    before = await schema.snapshot()
    await run(schema, plan_up)
    after = await schema.snapshot()
    assert after != before
    await run(schema, examples_down)
    assert await schema.snapshot() == before
    await run(schema, plan_up)
    assert await schema.snapshot() == after


async def test_indexes_are_those_of_the_files(schema):
    await schema.migrate()
    await run(schema, plan_up)
    names = await schema.query(
        f"SELECT DISTINCT index_name FROM information_schema.statistics WHERE table_schema = '{schema.name}'"
    )
    assert {
        "idx_users_timezone", "idx_searches_user_created", "idx_api_keys_usage", "idx_api_keys_active_tier",
        "idx_databases_user_active_name",
    } <= {name for (name,) in names}  # fmt: skip


async def test_data_is_kept_when_it_runs_twice(schema):
    await schema.migrate()
    await add_searches(schema)
    await run(schema, plan_up)
    read = "SELECT id, search_metadata FROM searches ORDER BY id"
    first = await schema.query(read)
    metadata = json.loads(first[0][1]) if isinstance(first[0][1], str) else first[0][1]
    assert metadata["legacy_params"] == {"limit": 5}
    assert first[1][1] is None
    await schema.query("UPDATE searches SET search_params = '{}' WHERE id = 's1'")

    def again(files, _applied):
        file = next(file for file in files if file.filename == "examples/102_migrate_search_data")
        return [Step(file, "up", uncertain=len(file.up))]

    await run(schema, again)
    assert await schema.query(read) == first
