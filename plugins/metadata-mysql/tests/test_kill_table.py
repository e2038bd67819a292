"""What `up` does after a `kill -9` at each boundary, as a table:

pytest -s plugins/metadata-mysql/tests/test_kill_table.py
"""

import asyncio
import shutil
import sys
from pathlib import Path

import pytest
from altus4_metadata_mysql.plugin import MetadataMySQL, shipped
from click.testing import CliRunner

from altus4_core.cli.main import main
from altus4_core.commands import CommandContext
from altus4_core.composing.manager import Selection
from altus4_core.testing.composing import found

pytestmark = pytest.mark.mysql
FILES = ("001_create_users_table", "006_add_kind_and_version_to_databases")
PER_FILE = (
    "the note that it is under way",
    "its statement",
    "the note of the statement",
    "the note that it is applied",
)
# What one run sends after its plan, with the two statements that set the session again after each file.
SENT = [
    "the table of migrations",
    "a look at its columns",
    *(
        f"{step} of {name[:3]}"
        for name in FILES
        for step in (*PER_FILE, "the session, set again", "the schema, chosen again")
    ),
]


@pytest.fixture
def folder(tmp_path):
    """A table and a change of a table, each in a file."""
    for name in FILES:
        for way in ("up", "down"):
            shutil.copy(Path(shipped().folder) / f"{name}.{way}.sql", tmp_path)
    (tmp_path / f"{FILES[1]}.up.sql").write_text("ALTER TABLE users ADD COLUMN kind INT, ADD INDEX idx_kind (kind);")
    (tmp_path / f"{FILES[1]}.down.sql").write_text("ALTER TABLE users DROP INDEX idx_kind, DROP COLUMN kind;")
    return tmp_path


async def killed(schema, folder, place):
    process = await asyncio.create_subprocess_exec(
        sys.executable, Path(__file__).with_name("cut_off.py"), folder, f"up:{place}",
        stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    out, err = await process.communicate(schema.url.encode())
    assert out.decode().strip() == "[-9]", err.decode()


async def altus4(schema, *arguments):
    context = CommandContext(
        None, {"ALTUS4_METADATA_URL": schema.url}, Selection(extra=[found(MetadataMySQL)], none=True)
    )
    result = await asyncio.to_thread(CliRunner().invoke, main, ["migrate", *arguments], obj=context)
    assert result.exit_code == 0, result.output
    return result.output.split("\n")[0] if "nothing" in result.output else ", ".join(result.output.split("\n")[:-1])


async def test_table(schema, folder):
    await altus4(schema, "up", "--path", str(folder))
    whole = await schema.snapshot()
    await altus4(schema, "down", "--path", str(folder))
    lines = []
    for number, what in enumerate(SENT, 1):
        for kind, word in (("~", "while"), ("+", "after")):
            if kind == "~" and "its statement" not in what:
                continue
            await killed(schema, folder, f"{number}{kind}")
            applied = await schema.migrations().applied()
            left = ", ".join(f"{row.filename[:3]} {row.state} {row.statements_done}" for row in applied) or "-"
            did = await altus4(schema, "up", "--path", str(folder))
            lines.append((f"{word} {what}", left, did))
            assert await schema.snapshot() == whole, what
            assert {row.state for row in await schema.migrations().applied()} == {"applied"}
            await altus4(schema, "down", "--path", str(folder))
    widths = [max(len(line[column]) for line in lines) for column in (0, 1)]
    print(f"\n{schema.server.flavour}: {'killed'.ljust(widths[0])}  {'left'.ljust(widths[1])}  what up then did")
    for boundary, left, did in lines:
        print(f"  {boundary.ljust(widths[0])}  {left.ljust(widths[1])}  {did}")
    assert len(lines) == len(SENT) + len(FILES)
