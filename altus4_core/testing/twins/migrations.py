"""Migrations in a temporary folder."""

from pathlib import Path

from altus4_core.seams import Migrations


def write_migrations(folder: Path, name: str = "memory", after: tuple[str, ...] = ()) -> Migrations:
    """Write one table, up and down, and give its namespace."""
    folder.mkdir(parents=True, exist_ok=True)
    table = f"{name.replace('-', '_')}_notes"
    (folder / "001_create_notes.up.sql").write_text(f"CREATE TABLE {table} (id INT PRIMARY KEY, text VARCHAR(200));\n")
    (folder / "001_create_notes.down.sql").write_text(f"DROP TABLE {table};\n")
    return Migrations(name, str(folder), after)
