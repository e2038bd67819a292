"""The demo's two databases: `python_docs` and `packages`, from what is on this machine."""

import asyncio
from collections.abc import Callable, Mapping, Sequence

import attrs
from altus4_mysql import Pool, quote_identifier

from altus4_core.progress import Progress
from altus4_sandbox.demo.packages import read_packages
from altus4_sandbox.demo.pythondocs import read_python_docs
from altus4_sandbox.demo.table import DemoTable

_ID = "id INT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY, "


def python_docs_tables() -> Sequence[DemoTable]:
    """Read the standard library; takes a second or two of CPU."""
    docs = read_python_docs()
    return [
        DemoTable(
            "modules",
            _ID + "name VARCHAR(190) NOT NULL UNIQUE, summary TEXT, docstring MEDIUMTEXT,"
            " `lines` INT UNSIGNED NOT NULL",
            ("name", "summary", "docstring", "lines"),
            {"ft_modules": ("name", "summary", "docstring"), "ft_modules_summary": ("summary",)},
            [attrs.astuple(module) for module in docs.modules],
        ),
        DemoTable(
            "classes",
            _ID + "module VARCHAR(190) NOT NULL, name VARCHAR(190) NOT NULL, bases VARCHAR(500) NOT NULL,"
            " docstring MEDIUMTEXT, line INT UNSIGNED NOT NULL, INDEX (module)",
            ("module", "name", "bases", "docstring", "line"),
            {"ft_classes": ("module", "name", "bases", "docstring"), "ft_classes_docstring": ("docstring",)},
            [attrs.astuple(item) for item in docs.classes],
        ),
        DemoTable(
            "functions",
            _ID + "module VARCHAR(190) NOT NULL, name VARCHAR(190) NOT NULL,"
            " kind ENUM('function', 'method') NOT NULL, signature TEXT NOT NULL, docstring MEDIUMTEXT,"
            " line INT UNSIGNED NOT NULL, INDEX (module)",
            ("module", "name", "kind", "signature", "docstring", "line"),
            {"ft_functions": ("module", "name", "signature", "docstring"), "ft_functions_name": ("name",)},
            [attrs.astuple(function) for function in docs.functions],
        ),
    ]


def packages_tables() -> Sequence[DemoTable]:
    """Read the installed distributions' metadata."""
    return [
        DemoTable(
            "packages",
            _ID + "name VARCHAR(190) NOT NULL UNIQUE, version VARCHAR(100) NOT NULL, summary TEXT, keywords TEXT,"
            " description MEDIUMTEXT",
            ("name", "version", "summary", "keywords", "description"),
            {
                "ft_packages": ("name", "summary", "keywords", "description"),
                "ft_packages_summary": ("summary",),
                "ft_packages_description": ("description",),
            },
            [attrs.astuple(package) for package in read_packages()],
        )
    ]


DATABASES: Mapping[str, Callable[[], Sequence[DemoTable]]] = {
    "python_docs": python_docs_tables,
    "packages": packages_tables,
}


async def build_databases(admin: Pool, progress: Progress) -> list[str]:
    """Create and fill both databases through the administrator's pool.

    Returns:
        Their names.

    Raises:
        MySQLError: a statement failed; for instance because a database of that name exists.
    """
    for schema, read in DATABASES.items():
        progress.note(f"building {schema}")
        tables = await asyncio.to_thread(read)
        await admin.fetch(f"CREATE DATABASE {quote_identifier(schema)} CHARACTER SET utf8mb4")
        for table in tables:
            await table.build(admin, schema)
    return list(DATABASES)
