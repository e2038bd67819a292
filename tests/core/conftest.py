"""Sets of migration files."""

from datetime import UTC, datetime

import pytest

from altus4_core.seams import Migrations

AT = datetime(2030, 5, 1, 12, 0, tzinfo=UTC)


@pytest.fixture
def write(tmp_path):
    """Write scripts of a namespace: `write("", a_up="...")` makes `a.up.sql`; gives the namespace."""

    def make(name="", after=(), **scripts):
        folder = tmp_path / (name or "metadata")
        folder.mkdir(exist_ok=True)
        for script, text in scripts.items():
            stem, way = script.removeprefix("n").rsplit("_", 1)
            (folder / f"{stem}.{way}.sql").write_bytes(text if isinstance(text, bytes) else text.encode())
        return Migrations(name, str(folder), after)

    return make


@pytest.fixture
def two(write):
    """Two files of two statements each."""
    return write(
        n001_a_up="CREATE TABLE a (id INT);\nCREATE TABLE a2 (id INT);",
        n001_a_down="DROP TABLE a2;\nDROP TABLE a;",
        n002_b_up="CREATE TABLE b (id INT);\nCREATE TABLE b2 (id INT);",
        n002_b_down="DROP TABLE b2;\nDROP TABLE b;",
    )
