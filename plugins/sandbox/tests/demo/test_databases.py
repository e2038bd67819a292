import pytest
from altus4_mysql import Pool
from altus4_sandbox import Flavour
from altus4_sandbox.demo.accounts import admin_pool
from altus4_sandbox.demo.databases import DATABASES, build_databases
from altus4_sandbox.demo.table import DemoTable
from altus4_sandbox.testing import PrivateServerFactory

from altus4_core.progress import SilentProgress

pytestmark = pytest.mark.mysql
TEXT_COLUMNS = """
SELECT TABLE_NAME, GROUP_CONCAT(COLUMN_NAME ORDER BY ORDINAL_POSITION) FROM information_schema.COLUMNS
WHERE TABLE_SCHEMA = %s AND DATA_TYPE IN ('varchar', 'text', 'mediumtext') AND COLUMN_NAME <> 'version'
GROUP BY TABLE_NAME
"""
INDEXES = """
SELECT TABLE_NAME, INDEX_NAME, GROUP_CONCAT(COLUMN_NAME ORDER BY SEQ_IN_INDEX) FROM information_schema.STATISTICS
WHERE TABLE_SCHEMA = %s AND INDEX_TYPE = 'FULLTEXT' GROUP BY TABLE_NAME, INDEX_NAME
"""


async def rows(admin: Pool, statement: str, *values: str) -> list[list[object]]:
    return [list(row) for row in (await admin.fetch(statement, values)).rows]


@pytest.mark.parametrize("flavour", list(Flavour), ids=str)
async def test_both_databases_are_built_and_searchable(flavour: Flavour, private_server: PrivateServerFactory) -> None:
    admin = admin_pool(private_server(flavour).address)
    try:
        assert await build_databases(admin, SilentProgress()) == ["python_docs", "packages"]
        for schema in DATABASES:
            columns = dict(await rows(admin, TEXT_COLUMNS, schema))
            indexes = await rows(admin, INDEXES, schema)
            for table, names in columns.items():
                own = [covered for name, _, covered in indexes if name == table]
                assert names in own, "no FULLTEXT index over all searchable columns"
                assert len(own) > 1
        assert await rows(
            admin,
            "SELECT module, name FROM python_docs.functions WHERE MATCH (module, name, signature, docstring)"
            " AGAINST ('+\"regular expression\" +pattern +compile' IN BOOLEAN MODE)"
            " AND module = 're' AND name = 'compile'",
        ) == [["re", "compile"]]
        found = await rows(admin, "SELECT name FROM packages.packages WHERE MATCH (summary) AGAINST ('pytest')")
        assert found
        for table, least in (("modules", 200), ("classes", 500), ("functions", 3000)):
            [[count]] = await rows(admin, f"SELECT COUNT(*) FROM python_docs.{table}")
            assert isinstance(count, int)
            assert count > least
    finally:
        await admin.close()


async def test_odd_texts_and_large_tables_arrive_whole(private_server: PrivateServerFactory) -> None:
    admin = admin_pool(private_server("mariadb").address)
    texts = ["100 % of `quotes' \\ \"", "nul\0inside", "lone \ud800 surrogate", "käse 🧀", "x" * 2_000_000, ""]
    table = DemoTable("odd`table", "id INT PRIMARY KEY, body MEDIUMTEXT", ("id", "body"), {}, list(enumerate(texts)))
    try:
        await admin.fetch("CREATE DATABASE `a%%b` CHARACTER SET utf8mb4")
        await table.build(admin, "a%b")
        stored = await rows(admin, "SELECT body FROM `a%%b`.`odd``table` ORDER BY id")
        expected = [*texts]
        expected[1], expected[2] = "nulinside", "lone ? surrogate"
        assert stored == [[text] for text in expected]
    finally:
        await admin.close()
