"""Restoring on real servers: into an empty schema, over a full one, and what is refused before anything is touched."""

import asyncio
import gzip
import shutil

import pytest
from altus4_metadata_mysql.plugin import shipped_files

pytestmark = pytest.mark.mysql
# The schema's own tables with the table of migrations, and `odd`; 300 users, an entry, two odd rows, the migrations.
MADE = sum("CREATE TABLE" in statement.sql for file in shipped_files() for statement in file.up)
HELD = f"{MADE + 2} tables, {303 + len(shipped_files())} rows"


@pytest.fixture
async def taken(filled, altus4, backups):
    """A backup of the filled schema."""
    assert (await altus4(filled, "backup", "--to", str(backups))).code == 0
    (path,) = backups.iterdir()
    return path


def one_line(outcome):
    told = [line for line in outcome.err.splitlines() if line.startswith("altus4:")]
    assert outcome.code == 1
    assert len(told) == 1, outcome.err
    return told[0]


def rewritten(path, change):
    """The same backup with other content."""
    other = path.with_name("changed.sql.gz")
    other.write_bytes(gzip.compress(change(gzip.decompress(path.read_bytes()))))
    return other


async def test_everything_comes_back(filled, taken, altus4, content_of):
    whole = await content_of(filled)
    await filled.query(f"DROP DATABASE `{filled.name}`", schema=False)
    done = await altus4(filled, "restore", str(taken))
    assert done.code == 0, done.err
    assert done.out == f"{taken}: {HELD}, restored and verified\n"
    assert await content_of(filled) == whole
    assert (await altus4(filled, "migrate", "up")).err == "nothing to do\n"


async def test_full_schema_is_refused_and_emptied_only_by_force(filled, taken, altus4, content_of):
    whole = await content_of(filled)
    await filled.query(
        "CREATE TABLE later (id INT)", "DELETE FROM users LIMIT 100", "CREATE VIEW v2 AS SELECT 1 AS one"
    )
    assert "is not empty" in one_line(await altus4(filled, "restore", str(taken)))
    assert "later" in await filled.tables()
    assert (await altus4(filled, "restore", str(taken), "--force")).code == 0
    assert await content_of(filled) == whole


async def test_plain_gunzip_and_client_work_too(filled, taken, altus4, content_of, tmp_path):
    """The file is SQL; and a plain dump of anybody's can be restored."""
    whole = await content_of(filled)
    plain = tmp_path / "plain.sql"
    lines = gzip.decompress(taken.read_bytes()).splitlines(keepends=True)
    plain.write_bytes(b"".join(line for line in lines if not line.startswith(b"-- Altus 4")))
    assert (await altus4(filled, "restore", str(plain), "--force")).code == 0
    assert await content_of(filled) == whole


@pytest.mark.parametrize("kept", [0.0, 0.3, 0.9, 0.999])
async def test_half_a_file_is_refused(filled, taken, altus4, kept, counts_of):
    before = await counts_of(filled)
    half = taken.with_name("half.sql.gz")
    half.write_bytes(taken.read_bytes()[: int(taken.stat().st_size * kept)])
    line = one_line(await altus4(filled, "restore", str(half), "--force"))
    assert "use another one" in line
    assert await counts_of(filled) == before


async def test_damaged_file_is_refused(filled, taken, altus4, counts_of):
    before = await counts_of(filled)
    data = bytearray(taken.read_bytes())
    data[len(data) // 2] ^= 0xFF
    taken.write_bytes(data)
    one_line(await altus4(filled, "restore", str(taken), "--force"))
    assert await counts_of(filled) == before


async def test_rows_that_are_missing_are_noticed(filled, taken, altus4):
    changed = rewritten(taken, lambda script: script.replace(b"INSERT INTO `audit_log`", b"-- INSERT INTO `audit_log`"))
    assert "holds other rows" in one_line(await altus4(filled, "restore", str(changed), "--force"))


async def test_dump_of_another_version_or_family(filled, taken, altus4):
    product = "MySQL" if filled.server.flavour.value == "mysql" else "MariaDB"
    other = "MariaDB" if product == "MySQL" else "MySQL"
    version = f'"version":"{filled.server.version}"'.encode()
    newer = rewritten(taken, lambda script: script.replace(version, b'"version":"99.1.0"'))
    line = one_line(await altus4(filled, "restore", str(newer), "--force"))
    assert f"the backup is of {product} 99.1.0 and the server is {product} {filled.server.version}" in line
    assert f"restore it into {product} 99.1 or newer" in line
    foreign = rewritten(
        taken, lambda script: script.replace(f'"product":"{product}"'.encode(), f'"product":"{other}"'.encode())
    )
    assert f"the backup is of {other}" in one_line(await altus4(filled, "restore", str(foreign), "--force"))
    assert len(await filled.query("SELECT id FROM users")) == 300


async def test_backup_of_a_newer_schema(filled, taken, altus4):
    newer = rewritten(taken, lambda script: script.replace(b'"migrations":[', b'"migrations":["999_later",'))
    assert "999_later is unknown here" in one_line(await altus4(filled, "restore", str(newer), "--force"))


async def test_dump_that_leaves_the_schema(filled, taken, altus4):
    leaving = rewritten(taken, lambda script: script.replace(b"\n-- Table", b"\nUSE `mysql`;\n-- Table", 1))
    assert "leaves the schema" in one_line(await altus4(filled, "restore", str(leaving), "--force"))


@pytest.mark.parametrize("text", [b"", b"hello", b"\x1f\x8b", b"-- MySQL dump\nDROP TABLE users;\n"])
async def test_no_dump_at_all(filled, altus4, tmp_path, text):
    (tmp_path / "x.sql").write_bytes(text)
    one_line(await altus4(filled, "restore", str(tmp_path / "x.sql"), "--force"))
    assert len(await filled.query("SELECT id FROM users")) == 300


async def test_statement_that_is_refused_leaves_no_schema_that_looks_whole(filled, taken, altus4):
    """The table of migrations comes last, so nobody serves half a restore."""
    last = b"-- Table structure for table `users`"
    broken = rewritten(taken, lambda script: script.replace(last, b"NONSENSE;\n" + last))
    line = one_line(await altus4(filled, "restore", str(broken), "--force"))
    assert "half full" in line
    assert "restore again with --force" in line
    assert await filled.query("SHOW TABLES LIKE 'migrations'") == []
    assert (await altus4(filled, "restore", str(taken), "--force")).code == 0


async def test_server_goes_away_in_the_middle(large, altus4, backups):
    server, schema = large
    rows = (await schema.query("SELECT COUNT(*) FROM audit_log"))[0][0]
    assert (await altus4(schema, "backup", "--to", str(backups))).code == 0
    (path,) = backups.iterdir()
    await schema.query("DROP TABLE audit_log")  # so that it is seen when it comes
    running = asyncio.ensure_future(altus4(schema, "restore", str(path), "--force"))
    while not await schema.query("SHOW TABLES LIKE 'audit_log'"):
        await asyncio.sleep(0.01)
    await asyncio.to_thread(server.kill)
    line = one_line(await running)
    assert "half full" in line
    assert "restore again with --force" in line
    await asyncio.to_thread(server.restart)
    refused = await altus4(schema, "migrate", "status")
    assert "applied" not in refused.out, "half a restore looks like a schema"
    done = await altus4(schema, "restore", str(path), "--force")
    assert done.code == 0, done.err
    assert (await schema.query("SELECT COUNT(*) FROM audit_log"))[0][0] == rows


async def test_restore_and_migrate_do_not_meet(filled, taken, altus4):
    async with filled.migrations().session(wait=5):
        done = await altus4(filled, "restore", str(taken), "--force")
    assert done.code == 75
    assert "somebody else is migrating" in done.err


async def test_into_another_schema(filled, taken, altus4, schema_of, content_of):
    other = schema_of(filled.server, f"{filled.name}_copy")
    try:
        done = await altus4(filled, "restore", str(taken), "--database", other.name)
        assert done.code == 0, done.err
        assert len(await other.query("SELECT id FROM users")) == 300
    finally:
        await other.query(f"DROP DATABASE IF EXISTS `{other.name}`", schema=False)


async def test_production_needs_force_only_where_something_is_lost(filled, taken, altus4):
    production = {"ALTUS4_ENVIRONMENT": "production"}
    await filled.query(f"DROP DATABASE `{filled.name}`", schema=False)
    assert (await altus4(filled, "restore", str(taken), **production)).code == 0
    one_line(await altus4(filled, "restore", str(taken), **production))


async def test_missing_client(filled, taken, altus4, tmp_path):
    (tmp_path / "none").mkdir()
    shutil.copy(taken, tmp_path / "x.sql.gz")
    none = {"ALTUS4_PLUGINS__METADATA_MYSQL__CLIENT_PROGRAMS": str(tmp_path / "none")}
    line = one_line(await altus4(filled, "restore", str(taken), "--force", **none))
    assert "there is no" in line
    assert len(await filled.query("SELECT id FROM users")) == 300
